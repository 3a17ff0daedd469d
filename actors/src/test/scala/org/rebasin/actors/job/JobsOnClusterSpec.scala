package org.rebasin.actors.job

import java.nio.file.Path
import java.time.{Clock, Duration, Instant}
import java.util.Optional
import java.util.concurrent.{CompletionException, CompletionStage, ConcurrentLinkedQueue, TimeUnit}

import scala.concurrent.duration._
import scala.jdk.CollectionConverters._

import akka.actor.testkit.typed.scaladsl.ActorTestKit
import akka.actor.typed.scaladsl.Behaviors
import akka.actor.typed.scaladsl.adapter._
import akka.cluster.typed.{Cluster, Join}
import akka.serialization.{SerializationExtension, Serializers}
import akka.stream.javadsl.Sink
import com.fasterxml.jackson.databind.ObjectMapper
import com.fasterxml.jackson.databind.node.ObjectNode
import com.fasterxml.jackson.dataformat.cbor.CBORFactory
import com.typesafe.config.{Config, ConfigFactory}
import org.rebasin.actors.TemporaryDirectory
import org.rebasin.actors.store.ModelId
import org.rebasin.actors.work.{Correction, JobId, TaskResult, WorkQueue}
import org.scalatest.concurrent.Eventually
import org.scalatest.matchers.should.Matchers
import org.scalatest.wordspec.AnyWordSpec

/** A cluster of one with its journal in a file; it is stopped and started as a whole. */
class JobsOnClusterSpec extends AnyWordSpec with Matchers with Eventually {
  implicit override val patienceConfig: PatienceConfig = PatienceConfig(20.seconds, 50.millis)

  private val directory: Path = TemporaryDirectory.create("jobs-on-cluster")

  private def config(journal: String, retention: String): Config =
    ConfigFactory.load(
      ConfigFactory.parseString(
        s"""
          include "journal-h2.conf"
          rebasin.journal.file = "$directory/$journal"
          rebasin.job.retention = $retention
          rebasin.job.resubmission = 300 ms
          akka.actor.provider = cluster
          akka.cluster.roles = ["coordinator"]
          akka.cluster.jmx.multi-mbeans-in-same-jvm = on
          akka.cluster.min-nr-of-members = 1
          akka.cluster.sharding.number-of-shards = 4
          akka.cluster.sharding.waiting-for-state-timeout = 500 ms
          akka.cluster.sharding.retry-interval = 200 ms
          akka.cluster.singleton.min-number-of-hand-over-retries = 2
          akka.remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
        """
      )
    )

  private def model(number: Int): ModelId = new ModelId(f"$number%064x")

  private def request(first: Int): MergeRequest =
    new MergeRequest(
      java.util.List.of(new MergeRequest.Stored(model(first)), new MergeRequest.Stored(model(2))),
      Optional.empty[MergeRequest.AlignmentPlan],
      Optional.of(java.util.List.of(Double.box(0.5), Double.box(0.5))),
      Optional.empty[Correction],
      Optional.empty[MergeRequest.EvaluationPlan]
    )

  private def options(key: String): JobOptions =
    new JobOptions(0, Optional.empty(), Optional.of(key), s"job $key")

  /** A node, and its queue, which does what it is told to only. */
  private class Node(journal: String = "journal", retention: String = "off") {
    val kit: ActorTestKit = ActorTestKit("rebasin", config(journal, retention))
    JournalSchema.create(kit.system)
    Cluster(kit.system).manager ! Join(Cluster(kit.system).selfMember.address)
    val submitted = new ConcurrentLinkedQueue[WorkQueue.Submit]
    private val queue = kit.spawn(Behaviors.receiveMessage[WorkQueue.Command] {
      case submit: WorkQueue.Submit =>
        submitted.add(submit)
        Behaviors.same
      case _ => Behaviors.same
    })
    val jobs: JobsOnCluster = JobsOnCluster.start(kit.system, queue)

    def of(job: JobId): Option[WorkQueue.Submit] =
      submitted.asScala.find(_.key.job == job)

    def done(job: JobId): Unit = {
      val submit = eventually(of(job).get)
      submit.replyTo ! new WorkQueue.Done(submit.key, new TaskResult.Merged(model(77)))
    }

    def status(job: JobId): JobStatus = await(jobs.view(job)).get.status
    def stop(): Unit = kit.shutdownTestKit()
  }

  private def await[T](stage: CompletionStage[T]): T =
    try stage.toCompletableFuture.get(20, TimeUnit.SECONDS)
    catch { case e: java.util.concurrent.ExecutionException => throw e.getCause }

  private def refused(stage: CompletionStage[_]): JobRefusedException.Reason =
    intercept[Throwable](await(stage)) match {
      case e: CompletionException => e.getCause.asInstanceOf[JobRefusedException].reason
      case e => e.asInstanceOf[JobRefusedException].reason
    }

  "Jobs on a cluster" should {
    "take the start of a job from a node of an earlier version, which tells no time" in {
      val node = new Node
      try {
        val start = new MergeJob.Start(
          request(1),
          options("a"),
          Instant.EPOCH,
          node.kit.system.ignoreRef[MergeJob.Reply]
        )
        val wire = SerializationExtension(node.kit.system.toClassic)
        val serializer = wire.findSerializerFor(start)
        val manifest = Serializers.manifestFor(serializer, start)
        val cbor = new ObjectMapper(new CBORFactory)
        val written = cbor.readTree(wire.serialize(start).get).asInstanceOf[ObjectNode]
        def read: AnyRef =
          wire.deserialize(cbor.writeValueAsBytes(written), serializer.identifier, manifest).get
        read shouldBe start
        Option(written.remove("at")).isDefined shouldBe true
        val earlier = read.asInstanceOf[MergeJob.Start]
        earlier.request shouldBe start.request
        Duration.between(earlier.at, Instant.now).abs should be < Duration.ofMinutes(1)
      } finally node.stop()
    }

    "go on by themselves after the whole cluster was started again" in {
      val first = new Node
      val a = await(first.jobs.submit(request(1), options("a")))
      val b = await(first.jobs.submit(request(3), options("b")))
      val c = await(first.jobs.submit(request(4), JobOptions.DEFAULT))
      first.done(a)
      eventually(first.status(a) shouldBe JobStatus.SUCCEEDED)
      eventually(first.of(b).isDefined shouldBe true)
      await(first.jobs.list(Optional.empty(), 2)).jobs.asScala.map(_.id) shouldBe Seq(c, b)
      first.stop()

      val second = new Node
      try {
        // Nobody asks for them.
        eventually(Seq(b, c).map(second.of(_).isDefined) shouldBe Seq(true, true))
        second.of(a) shouldBe None

        val events = second.jobs
          .events(b, 0)
          .map[JobEvent.Kind](_.kind)
          .runWith(Sink.seq[JobEvent.Kind], second.kit.system)
        second.done(b)
        await(events).asScala shouldBe
          Seq(JobEvent.Kind.SUBMITTED, JobEvent.Kind.PROGRESS, JobEvent.Kind.SUCCEEDED)
        await(second.jobs.view(b)).get.outcome.get.merged.get shouldBe model(77)

        await(second.jobs.submit(request(1), options("a"))) shouldBe a
        refused(second.jobs.submit(request(9), options("a"))) shouldBe
          JobRefusedException.Reason.KEY_REUSED

        eventually {
          val page = await(second.jobs.list(Optional.empty(), 10))
          page.jobs.asScala.map(job => (job.id, job.status)) shouldBe
            Seq((c, JobStatus.RUNNING), (b, JobStatus.SUCCEEDED), (a, JobStatus.SUCCEEDED))
          // The list and the job itself tell the same.
          page.jobs.asScala.map(_.submitted) shouldBe
            page.jobs.asScala.map(job => await(second.jobs.view(job.id)).get.submitted)
        }
        val next = await(second.jobs.list(Optional.of(b), 10))
        next.jobs.asScala.map(_.id) shouldBe Seq(a)
        next.next.isPresent shouldBe false

        await(second.jobs.namedModels).asScala shouldBe Set(1, 2, 3, 4, 77).map(model)

        await(second.jobs.cancel(c)).status shouldBe JobStatus.CANCELLED
        await(second.jobs.retry(c)).status shouldBe JobStatus.RUNNING
        refused(second.jobs.cancel(a)) shouldBe JobRefusedException.Reason.CONFLICT

        val unknown = JobId.next(Clock.systemUTC)
        await(second.jobs.view(unknown)).isPresent shouldBe false
        refused(second.jobs.retry(unknown)) shouldBe JobRefusedException.Reason.UNKNOWN
      } finally second.stop()
    }

    "forget those that ended long enough ago, and no others" in {
      val first = new Node("forgetful", "1 ms")
      val ended = await(first.jobs.submit(request(1), options("ended")))
      val running = await(first.jobs.submit(request(3), options("running")))
      first.done(ended)
      eventually {
        await(first.jobs.list(Optional.empty(), 10)).jobs.asScala.map(_.id) shouldBe Seq(running)
      }
      await(first.jobs.view(ended)).isPresent shouldBe false
      first.status(running) shouldBe JobStatus.RUNNING
      await(first.jobs.namedModels).asScala shouldBe Set(2, 3).map(model)
      first.stop()

      val second = new Node("forgetful")
      try {
        await(second.jobs.view(ended)).isPresent shouldBe false
        await(second.jobs.list(Optional.empty(), 10)).jobs.asScala.map(_.id) shouldBe Seq(running)
        // Its key means another job from now on.
        await(second.jobs.submit(request(1), options("ended"))) should not be ended
      } finally second.stop()
    }
  }
}
