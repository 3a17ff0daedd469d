package org.rebasin.actors.job

import java.time.{Clock, Duration, Instant}
import java.util.Optional

import scala.concurrent.duration._
import scala.jdk.CollectionConverters._

import akka.actor.testkit.typed.scaladsl.TestProbe
import akka.actor.typed.ActorRef
import com.typesafe.config.Config
import org.rebasin.actors.ActorSpec
import org.rebasin.actors.work.{Correction, JobId, Task, TaskFailure, TaskResult, WorkQueue}

/** What jobs promise on every journal: their actors stop and start, and nothing is lost. */
abstract class JobRecovery(config: Config) extends ActorSpec(config) {
  private val silence = 100.millis

  JournalSchema.create(system)

  private def request(labels: String*): MergeRequest =
    new MergeRequest(
      labels.map(label => new MergeRequest.ToTrain(train(label)): MergeRequest.Source).asJava,
      Optional.empty[MergeRequest.AlignmentPlan],
      Optional.of(labels.map(_ => Double.box(1.0 / labels.size)).asJava),
      Optional.empty[Correction],
      Optional.empty[MergeRequest.EvaluationPlan]
    )

  private class Fixture(resubmission: Duration = Duration.ofHours(1), concurrent: Int = 8) {
    val id: JobId = JobId.next(Clock.systemUTC)
    val queue: TestProbe[WorkQueue.Command] = createTestProbe[WorkQueue.Command]()
    val replies: TestProbe[MergeJob.Reply] = createTestProbe[MergeJob.Reply]()
    private val limits = new JobEnvironment.Limits(
      concurrent,
      Duration.ofHours(1),
      resubmission,
      Duration.ofHours(1),
      Duration.ofMillis(10),
      Duration.ofMillis(100)
    )
    private val environment = new JobEnvironment(
      queue.ref,
      limits,
      Optional.empty(),
      Optional.empty(),
      JobEnvironment.snapshotEvery(system)
    )
    var job: ActorRef[MergeJob.Command] = spawn(MergeJob.create(id, environment))

    /** The actor stops, as when its node does, and another one starts. */
    def restart(): Unit = {
      job ! new MergeJob.Stop
      queue.expectTerminated(job)
      job = spawn(MergeJob.create(id, environment))
    }

    def start(request: MergeRequest, options: JobOptions = JobOptions.DEFAULT): JobView = {
      job ! new MergeJob.Start(request, options, Instant.now(), replies.ref)
      viewed()
    }

    def viewed(): JobView = replies.expectMessageType[MergeJob.Viewed](10.seconds).view

    def view(): JobView = {
      job ! new MergeJob.View(replies.ref)
      viewed()
    }

    def submitted(count: Int): Seq[WorkQueue.Submit] =
      (1 to count).map(_ => queue.expectMessageType[WorkQueue.Submit](10.seconds))

    def done(submit: WorkQueue.Submit, result: TaskResult): Unit =
      submit.replyTo ! new WorkQueue.Done(submit.key, result)

    def eventsAfter(sequence: Long): Seq[JobEvent] = {
      job ! new MergeJob.EventsAfter(sequence, replies.ref)
      replies.expectMessageType[MergeJob.Happened](10.seconds).events.asScala.toSeq
    }
  }

  private def label(submit: WorkQueue.Submit): String =
    submit.task.asInstanceOf[Task.Train].label

  private val failure = new TaskFailure(false, "the disk is full", java.util.List.of("no memory", "the disk is full"))

  "A job" should {
    "go on where it was when its actor starts again" in new Fixture {
      start(request("a", "b", "c"))
      done(submitted(3).head, trained("a"))
      eventsAfter(1).map(_.done) shouldBe Seq(1)
      restart()
      val again = submitted(2)
      again.map(label) shouldBe Seq("b", "c")
      again.foreach(submit => done(submit, trained(label(submit))))
      submitted(1)
      restart()
      val merge = submitted(1).head
      merge.task.asInstanceOf[Task.Merge].members.asScala.map(_.model) shouldBe Seq("a", "b", "c").map(model)
      done(merge, new TaskResult.Merged(model("merged")))
      queue.expectMessageType[WorkQueue.Withdraw](10.seconds)
      restart()
      val now = view()
      now.status shouldBe JobStatus.SUCCEEDED
      now.outcome.get.merged.get shouldBe model("merged")
      now.outcome.get.trained.asScala shouldBe Seq("a", "b", "c").map(trained)
      eventsAfter(0).map(_.kind) shouldBe
        JobEvent.Kind.SUBMITTED +: Seq.fill(4)(JobEvent.Kind.PROGRESS) :+ JobEvent.Kind.SUCCEEDED
    }

    "submit again what it waits for, under the same names" in new Fixture(Duration.ofMillis(200)) {
      start(request("a", "b"))
      val first = submitted(2)
      submitted(2).map(_.key) shouldBe first.map(_.key)
    }

    "take a result once" in new Fixture {
      start(request("a", "b"))
      val trainings = submitted(2)
      done(trainings.head, trained("a"))
      done(trainings.head, trained("another a"))
      done(trainings(1), trained("b"))
      submitted(1).head.task.asInstanceOf[Task.Merge].members.asScala.map(_.model) shouldBe
        Seq("a", "b").map(model)
      done(trainings(1), trained("another b"))
      view().sequence shouldBe 3
    }

    "say what it waits for" in new Fixture(concurrent = 2) {
      start(request("a", "b", "c"))
      done(submitted(2).head, trained("a"))
      submitted(1)
      val now = view()
      now.status shouldBe JobStatus.RUNNING
      now.phase.get shouldBe "train"
      now.phases.asScala shouldBe Seq(new JobView.PhaseProgress("train", 1, 3))
      now.waitsFor.asScala.map(_.index) shouldBe Seq(1, 2)
      now.remaining shouldBe 0
      now.waitsFor.asScala.map(_.role.text).toSet shouldBe Set("trainer")
    }

    "be cancelled, stay so, and go on when retried" in new Fixture {
      start(request("a", "b"))
      val trainings = submitted(2)
      done(trainings.head, trained("a"))
      eventsAfter(1)
      job ! new MergeJob.Cancel(replies.ref)
      viewed().status shouldBe JobStatus.CANCELLED
      queue.expectMessage(new WorkQueue.Withdraw(id))
      done(trainings(1), trained("b"))
      restart()
      view().status shouldBe JobStatus.CANCELLED
      queue.expectMessage(new WorkQueue.Withdraw(id))
      queue.expectNoMessage(silence)
      job ! new MergeJob.Retry(replies.ref)
      viewed().status shouldBe JobStatus.RUNNING
      queue.expectMessage(new WorkQueue.Withdraw(id))
      label(submitted(1).head) shouldBe "b"
    }

    "fail with cause and history, keep what was done, and go on when retried" in new Fixture {
      start(request("a", "b"))
      val trainings = submitted(2)
      done(trainings.head, trained("a"))
      trainings(1).replyTo ! new WorkQueue.GivenUp(trainings(1).key, failure)
      queue.expectMessage(10.seconds, new WorkQueue.Withdraw(id))
      restart()
      view().failure.get shouldBe failure
      eventsAfter(2).map(event => (event.kind, event.detail)) shouldBe
        Seq((JobEvent.Kind.FAILED, "the disk is full"))
      job ! new MergeJob.Retry(replies.ref)
      viewed().failure.isPresent shouldBe false
      queue.expectMessageType[WorkQueue.Withdraw]
      queue.expectMessageType[WorkQueue.Withdraw]
      label(submitted(1).head) shouldBe "b"
    }

    "fail when its deadline passes, whatever died before" in new Fixture {
      start(
        request("a", "b"),
        new JobOptions(0, Optional.of(Duration.ofMillis(600)), Optional.empty(), "")
      )
      submitted(2)
      restart()
      submitted(2)
      queue.expectMessage(10.seconds, new WorkQueue.Withdraw(id))
      val now = view()
      now.status shouldBe JobStatus.FAILED
      now.failure.get.message should include("deadline")
    }

    "be the same job for the same request, and refuse another" in new Fixture {
      start(request("a", "b"))
      submitted(2)
      start(request("a", "b")).id shouldBe id
      job ! new MergeJob.Start(request("a", "c"), JobOptions.DEFAULT, Instant.now(), replies.ref)
      replies.expectMessageType[MergeJob.Refused].reason shouldBe JobRefusedException.Reason.KEY_REUSED
      queue.expectNoMessage(silence)
    }

    "hold those who wait for its events until one happens" in new Fixture {
      start(request("a", "b"))
      job ! new MergeJob.EventsAfter(1, replies.ref)
      replies.expectNoMessage(silence)
      done(submitted(2).head, trained("a"))
      replies.expectMessageType[MergeJob.Happened].events.asScala.map(_.sequence) shouldBe Seq(2)
    }

    "be unknown before it was requested" in new Fixture {
      job ! new MergeJob.View(replies.ref)
      replies.expectMessageType[MergeJob.Refused].reason shouldBe JobRefusedException.Reason.UNKNOWN
      replies.expectTerminated(job)
    }

    "refuse to be cancelled after its end" in new Fixture {
      start(request("a", "b"))
      submitted(2).foreach(submit => done(submit, trained(label(submit))))
      done(submitted(1).head, new TaskResult.Merged(model("merged")))
      queue.expectMessageType[WorkQueue.Withdraw](10.seconds)
      job ! new MergeJob.Cancel(replies.ref)
      val refused = replies.expectMessageType[MergeJob.Refused]
      refused.reason shouldBe JobRefusedException.Reason.CONFLICT
      refused.message should include("succeeded")
    }

    "fail when a result is of another kind than its task" in new Fixture {
      start(request("a", "b"))
      done(submitted(2).head, new TaskResult.Merged(model("a")))
      queue.expectMessageType[WorkQueue.Withdraw](10.seconds)
      view().failure.get.message should include("another kind")
    }
  }
}

class JobInMemorySpec extends JobRecovery(JobJournals.inMemory)

class JobOnH2Spec extends JobRecovery(JobJournals.h2())
