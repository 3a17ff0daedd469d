package org.rebasin.actors.work

import java.time.Duration

import scala.concurrent.duration._
import scala.jdk.CollectionConverters._

import akka.actor.testkit.typed.scaladsl.TestProbe
import akka.actor.typed.ActorRef
import org.rebasin.actors.ActorSpec

class WorkQueueSpec extends ActorSpec {
  private val silence = 150.millis

  /** A queue, and the one who submits to it. */
  private class Fixture(attempts: Int = 3, pause: Duration = Duration.ofMillis(1)) {
    val queue: ActorRef[WorkQueue.Command] =
      spawn(WorkQueue.create(new WorkQueue.Retries(attempts, pause)))
    val replies: TestProbe[WorkQueue.Reply] = createTestProbe[WorkQueue.Reply]()
    val progress: TestProbe[Progress] = createTestProbe[Progress]()

    def submit(tasks: Task*): Unit =
      tasks.foreach(task => queue ! new WorkQueue.Submit(task, progress.ref, replies.ref))

    def idleWorker(role: Role = Role.TRAINER): TestProbe[Worker.Command] = {
      val worker = createTestProbe[Worker.Command]()
      pull(worker, role)
      worker
    }

    def pull(worker: TestProbe[Worker.Command], role: Role = Role.TRAINER): Unit =
      queue ! new WorkQueue.Pull(role, worker.ref)

    def fail(assigned: Worker.Assigned, cause: String, badInput: Boolean = false): Unit =
      queue ! new WorkQueue.Failed(assigned.id, badInput, cause)

    def complete(assigned: Worker.Assigned, label: String): Unit =
      queue ! new WorkQueue.Completed(assigned.id, trained(label))

    def expectDone(label: String): Unit = {
      replies.expectMessage(new WorkQueue.Done(trained(label)))
      ()
    }

    def expectGivenUp(): TaskFailure =
      replies.expectMessageType[WorkQueue.GivenUp].failure
  }

  private def assignedTo(worker: TestProbe[Worker.Command]): Worker.Assigned =
    worker.expectMessageType[Worker.Assigned]

  "A work queue" should {
    "hand a worker one task at a time, oldest first" in new Fixture {
      submit(train("first"), train("second"), train("third"))
      val worker = idleWorker()
      for (label <- List("first", "second", "third")) {
        val assigned = assignedTo(worker)
        assigned.task shouldBe train(label)
        worker.expectNoMessage(silence)
        complete(assigned, label)
        expectDone(label)
        pull(worker)
      }
      worker.expectNoMessage(silence)
    }

    "give a worker that asks twice one task" in new Fixture {
      val worker = idleWorker()
      pull(worker)
      submit(train("first"), train("second"))
      assignedTo(worker).task shouldBe train("first")
      worker.expectNoMessage(silence)
    }

    "give a second task to an idle worker, never to the busy one" in new Fixture {
      val one = idleWorker()
      val other = idleWorker()
      submit(train("first"))
      assignedTo(one).task shouldBe train("first")
      submit(train("second"))
      assignedTo(other).task shouldBe train("second")
      one.expectNoMessage(silence)
    }

    "keep a task for a worker of its role" in new Fixture {
      val trainer = idleWorker()
      submit(evaluate("model"))
      trainer.expectNoMessage(silence)
      assignedTo(idleWorker(Role.EVALUATOR)).task shouldBe evaluate("model")
    }

    "try a failed task on another worker if one is free" in new Fixture(
      pause = Duration.ofMillis(500)
    ) {
      val one = idleWorker()
      submit(train("fragile"))
      fail(assignedTo(one), "the disk is full")
      pull(one)
      val other = idleWorker()
      val again = assignedTo(other)
      again.task shouldBe train("fragile")
      complete(again, "fragile")
      expectDone("fragile")
      one.expectNoMessage(silence)
    }

    "try a failed task on the same worker if no other is free" in new Fixture {
      val worker = idleWorker()
      submit(train("fragile"))
      fail(assignedTo(worker), "the disk is full")
      pull(worker)
      val again = assignedTo(worker)
      complete(again, "fragile")
      expectDone("fragile")
    }

    "give a task up after all attempts, with the cause of each" in new Fixture {
      val worker = idleWorker()
      submit(train("doomed"))
      for (cause <- List("one", "two", "three")) {
        fail(assignedTo(worker), cause)
        pull(worker)
      }
      val failure = expectGivenUp()
      failure.badInput shouldBe false
      failure.message shouldBe "three"
      failure.history.asScala shouldBe List("one", "two", "three")
      worker.expectNoMessage(silence)
    }

    "not retry a task whose input is at fault" in new Fixture {
      val worker = idleWorker()
      submit(train("wrong"))
      fail(assignedTo(worker), "no such data", badInput = true)
      pull(worker)
      expectGivenUp() shouldBe new TaskFailure(true, "no such data", java.util.List.of("no such data"))
      worker.expectNoMessage(silence)
    }

    "hand out again the task of a worker that stopped" in new Fixture {
      val lost = idleWorker()
      submit(train("orphan"))
      assignedTo(lost)
      lost.stop()
      val other = idleWorker()
      val again = assignedTo(other)
      again.task shouldBe train("orphan")
      complete(again, "orphan")
      expectDone("orphan")
    }

    "not hand a task to an idle worker that stopped" in new Fixture {
      val lost = idleWorker()
      lost.stop()
      val other = idleWorker()
      submit(train("task"))
      assignedTo(other).task shouldBe train("task")
    }

    "give a task up when every worker that had it stopped" in new Fixture(attempts = 2) {
      submit(train("deadly"))
      for (_ <- 1 to 2) {
        val worker = idleWorker()
        assignedTo(worker)
        worker.stop()
      }
      expectGivenUp().history.asScala shouldBe List("its worker stopped", "its worker stopped")
    }

    "ignore a late duplicate of a completion or failure" in new Fixture {
      val worker = idleWorker()
      submit(train("once"))
      val assigned = assignedTo(worker)
      complete(assigned, "once")
      complete(assigned, "once")
      fail(assigned, "too late")
      expectDone("once")
      replies.expectNoMessage(silence)
      // And the queue goes on.
      pull(worker)
      submit(train("next"))
      complete(assignedTo(worker), "next")
      expectDone("next")
    }

    "pass progress to the submitter of the task, and none after its end" in new Fixture {
      val worker = idleWorker()
      submit(train("watched"))
      val assigned = assignedTo(worker)
      val half = new Progress("watched", 1, 2, "half")
      queue ! new WorkQueue.Progressed(assigned.id, half)
      progress.expectMessage(half)
      complete(assigned, "watched")
      expectDone("watched")
      queue ! new WorkQueue.Progressed(assigned.id, new Progress("watched", 2, 2, "late"))
      progress.expectNoMessage(silence)
    }
  }
}
