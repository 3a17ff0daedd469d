package org.rebasin.actors.work

import akka.actor.testkit.typed.scaladsl.{ScalaTestWithActorTestKit, TestProbe}
import akka.actor.typed.ActorRef
import org.rebasin.actors.store.ModelId
import org.scalatest.wordspec.AnyWordSpecLike

import java.time.Duration
import scala.concurrent.duration._

class WorkQueueSpec extends ScalaTestWithActorTestKit with AnyWordSpecLike {
  private def task(n: Int): Task =
    Task.Evaluate.one(new ModelId(f"$n%064x"), "digits", Task.Split.TEST)

  private val result = new TaskResult.Merged(new ModelId("0" * 64))

  private class Setup(attempts: Int = 3) {
    val queue: ActorRef[WorkQueue.Command] =
      spawn(WorkQueue.create(new WorkQueue.Retries(attempts, Duration.ofMillis(10))))
    val replies: TestProbe[WorkQueue.Reply] = createTestProbe[WorkQueue.Reply]()
    val progress: TestProbe[Progress] = createTestProbe[Progress]()
    val worker: TestProbe[Worker.Command] = createTestProbe[Worker.Command]()
    val other: TestProbe[Worker.Command] = createTestProbe[Worker.Command]()

    def submit(n: Int): Unit =
      queue ! new WorkQueue.Submit(task(n), progress.ref, replies.ref)
    def pull(worker: TestProbe[Worker.Command]): Unit =
      queue ! new WorkQueue.Pull(Role.EVALUATOR, worker.ref)
    def assigned(worker: TestProbe[Worker.Command]): Worker.Assigned =
      worker.expectMessageType[Worker.Assigned]
    def fail(assigned: Worker.Assigned, badInput: Boolean = false): Unit =
      queue ! new WorkQueue.Failed(assigned.id, badInput, "it broke")
  }

  "A work queue" should {
    "hand a worker one task at a time, oldest first" in new Setup {
      submit(1)
      submit(2)
      pull(worker)
      assigned(worker).task shouldBe task(1)
      worker.expectNoMessage(50.millis)
      pull(worker)
      assigned(worker).task shouldBe task(2)
    }

    "keep no task waiting at a busy worker while another is idle" in new Setup {
      pull(worker)
      pull(other)
      submit(1)
      submit(2)
      Set(assigned(worker).task, assigned(other).task) shouldBe Set(task(1), task(2))
    }

    "hand nothing to workers of another role" in new Setup {
      queue ! new WorkQueue.Pull(Role.TRAINER, worker.ref)
      submit(1)
      worker.expectNoMessage(50.millis)
    }

    "answer with the result, once" in new Setup {
      submit(1)
      pull(worker)
      private val id = assigned(worker).id
      queue ! new WorkQueue.Completed(id, result)
      queue ! new WorkQueue.Completed(id, result)
      replies.expectMessage(new WorkQueue.Done(result))
      replies.expectNoMessage(50.millis)
    }

    "pass on a task's progress" in new Setup {
      submit(1)
      pull(worker)
      private val step = new Progress("train", 1, 2, "")
      queue ! new WorkQueue.Progressed(assigned(worker).id, step)
      progress.expectMessage(step)
    }

    "try a failed task again, on another worker if one is free" in new Setup {
      submit(1)
      pull(worker)
      private val first = assigned(worker)
      pull(worker)
      pull(other)
      fail(first)
      assigned(other).task shouldBe task(1)
      worker.expectNoMessage(50.millis)
    }

    "try it on the same worker if there is no other" in new Setup {
      submit(1)
      pull(worker)
      fail(assigned(worker))
      pull(worker)
      assigned(worker).task shouldBe task(1)
    }

    "give up after the set number of attempts, with the history" in new Setup(attempts = 2) {
      submit(1)
      pull(worker)
      fail(assigned(worker))
      pull(worker)
      fail(assigned(worker))
      private val failure = replies.expectMessageType[WorkQueue.GivenUp].failure
      failure.badInput shouldBe false
      failure.history shouldBe java.util.List.of("it broke", "it broke")
    }

    "not try bad input again" in new Setup {
      submit(1)
      pull(worker)
      fail(assigned(worker), badInput = true)
      replies.expectMessageType[WorkQueue.GivenUp].failure.badInput shouldBe true
    }

    "hand out again the task of a worker that stopped" in new Setup {
      submit(1)
      pull(worker)
      assigned(worker)
      worker.stop()
      pull(other)
      assigned(other).task shouldBe task(1)
    }
  }

  "A worker" should {
    def runner(run: Task => java.util.concurrent.CompletionStage[TaskResult]): TaskRunner =
      (task, _) => run(task)
    def completed(r: TaskResult) = java.util.concurrent.CompletableFuture.completedStage(r)

    "pull, do the task, tell the result, and pull again" in {
      val queue = createTestProbe[WorkQueue.Command]()
      val worker = spawn(Worker.create(Role.EVALUATOR, queue.ref, runner(_ => completed(result))))
      queue.expectMessageType[WorkQueue.Pull]
      worker ! new Worker.Assigned(7, task(1))
      queue.expectMessage(new WorkQueue.Completed(7, result))
      queue.expectMessageType[WorkQueue.Pull].worker shouldBe worker
    }

    "tell of a task that throws, restart, and pull again" in {
      val queue = createTestProbe[WorkQueue.Command]()
      val worker = spawn(
        Worker.create(
          Role.EVALUATOR,
          queue.ref,
          runner(_ => throw new IllegalStateException("it broke"))))
      queue.expectMessageType[WorkQueue.Pull]
      worker ! new Worker.Assigned(7, task(1))
      queue.expectMessage(new WorkQueue.Failed(7, false, "it broke"))
      queue.expectMessageType[WorkQueue.Pull].worker shouldBe worker
    }

    "tell bad input from failures" in {
      val queue = createTestProbe[WorkQueue.Command]()
      val worker = spawn(
        Worker.create(
          Role.EVALUATOR,
          queue.ref,
          runner(_ => throw new IllegalArgumentException("odd shape"))))
      queue.expectMessageType[WorkQueue.Pull]
      worker ! new Worker.Assigned(7, task(1))
      queue.expectMessage(new WorkQueue.Failed(7, true, "odd shape"))
      queue.expectMessageType[WorkQueue.Pull]
    }
  }
}
