package org.rebasin.actors.job

import java.time.{Clock, Duration, Instant}
import java.util.Optional

import scala.concurrent.duration._

import akka.actor.testkit.typed.scaladsl.TestProbe
import akka.persistence.testkit.PersistenceTestKitPlugin
import akka.persistence.testkit.scaladsl.PersistenceTestKit
import com.typesafe.config.ConfigFactory
import org.rebasin.actors.ActorSpec
import org.rebasin.actors.work.{Correction, JobId, TaskResult, WorkQueue}

/** What jobs do while nothing can be written. */
class JournalAwaySpec
    extends ActorSpec(
      ConfigFactory
        .parseString("akka.persistence.testkit.events.serialize = on")
        .withFallback(PersistenceTestKitPlugin.config)
        .withFallback(ConfigFactory.load())
    ) {
  private val journal = PersistenceTestKit(system)

  "A job whose journal is away" should {
    "begin nothing that is not written, and go on when it is back" in {
      val queue: TestProbe[WorkQueue.Command] = createTestProbe()
      val replies: TestProbe[MergeJob.Reply] = createTestProbe()
      val id = JobId.next(Clock.systemUTC)
      val hour = Duration.ofHours(1)
      val limits =
        new JobEnvironment.Limits(8, hour, hour, hour, Duration.ofMillis(20), Duration.ofMillis(40))
      val job = spawn(
        MergeJob.create(
          id,
          new JobEnvironment(queue.ref, limits, Optional.empty(), Optional.empty(), 0)
        )
      )
      val request = new MergeRequest(
        java.util.List.of(
          new MergeRequest.ToTrain(train("a")),
          new MergeRequest.Stored(model("b"))
        ),
        Optional.empty[MergeRequest.AlignmentPlan],
        Optional.of(java.util.List.of(Double.box(0.5), Double.box(0.5))),
        Optional.empty[Correction],
        Optional.empty[MergeRequest.EvaluationPlan]
      )
      job ! new MergeJob.Start(request, JobOptions.DEFAULT, Instant.now(), replies.ref)
      replies.expectMessageType[MergeJob.Viewed]

      // Each time the result is lost with the write, and the task submitted again.
      journal.failNextNPersisted(persistenceId(id), 3)
      for (_ <- 1 to 3) {
        val training = queue.expectMessageType[WorkQueue.Submit]
        training.key.phase shouldBe "train"
        training.replyTo ! new WorkQueue.Done(training.key, trained("a"))
      }
      val training = queue.expectMessageType[WorkQueue.Submit]
      training.key.phase shouldBe "train"
      queue.expectNoMessage(100.millis)
      training.replyTo ! new WorkQueue.Done(training.key, trained("a"))
      val merge = queue.expectMessageType[WorkQueue.Submit]
      merge.key.phase shouldBe "merge"
      merge.replyTo ! new WorkQueue.Done(merge.key, new TaskResult.Merged(model("merged")))
      queue.expectMessage(new WorkQueue.Withdraw(id))
      job ! new MergeJob.View(replies.ref)
      replies.expectMessageType[MergeJob.Viewed].view.status shouldBe JobStatus.SUCCEEDED
    }
  }

  private def persistenceId(job: JobId): String = s"job|$job"

  "A journal that cannot be reached at the start" should {
    "be named, with the cause" in {
      val elsewhere = ConfigFactory.load(
        ConfigFactory.parseString(
          """
            include "journal-postgresql.conf"
            rebasin.journal.url = "jdbc:postgresql://127.0.0.1:1/rebasin?password=secret"
          """
        )
      )
      val failure = intercept[JournalUnreachableException](JournalSchema.requireReachable(elsewhere))
      failure.getMessage should startWith("journal jdbc:postgresql://127.0.0.1:1/rebasin: ")
      failure.getMessage should include("refused")
      failure.getMessage should not include "secret"
    }
  }
}
