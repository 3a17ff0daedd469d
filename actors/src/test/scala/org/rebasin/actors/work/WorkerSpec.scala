package org.rebasin.actors.work

import java.util.concurrent.{CompletableFuture, CompletionStage, CountDownLatch, TimeUnit}
import java.util.concurrent.atomic.AtomicInteger
import java.util.function.Consumer

import scala.concurrent.duration._

import akka.actor.testkit.typed.scaladsl.{ManualTime, TestProbe}
import akka.actor.typed.ActorRef
import com.typesafe.config.ConfigFactory
import org.rebasin.actors.ActorSpec

class WorkerSpec extends ActorSpec(ManualTime.config.withFallback(ConfigFactory.load())) {
  // Pauses pass only when a test says so.
  private val time = ManualTime()

  private def done(label: String): CompletionStage[TaskResult] =
    CompletableFuture.completedFuture[TaskResult](trained(label))

  private class Fixture(body: (Task, Consumer[Progress]) => CompletionStage[TaskResult]) {
    val queue: TestProbe[WorkQueue.Command] = createTestProbe[WorkQueue.Command]()
    val runner: TaskRunner = (task, progress) => body(task, progress)
    val worker: ActorRef[Worker.Command] = spawn(Worker.create(Role.TRAINER, queue.ref, runner))

    def expectPull(): Unit = {
      queue.expectMessage(new WorkQueue.Pull(Role.TRAINER, worker))
      ()
    }

    /** The queue hears of a failure before the pause begins, so time passes until it is over. */
    def expectPullAfterPause(): Unit = {
      queue.expectNoMessage(100.millis)
      eventually {
        time.timePasses(1.second)
        queue.expectMessage(50.millis, new WorkQueue.Pull(Role.TRAINER, worker))
      }
      ()
    }
  }

  "A worker" should {
    "pull when it starts, and again when it is done" in new Fixture((_, _) => done("product")) {
      expectPull()
      worker ! new Worker.Assigned(7, train("task"))
      queue.expectMessage(new WorkQueue.Completed(7, trained("product")))
      expectPull()
      queue.expectNoMessage(150.millis)
    }

    "tell the queue how far it is" in new Fixture((_, progress) => {
      progress.accept(new Progress("task", 1, 2, "half"))
      done("product")
    }) {
      expectPull()
      worker ! new Worker.Assigned(7, train("task"))
      queue.expectMessage(new WorkQueue.Progressed(7, new Progress("task", 1, 2, "half")))
      queue.expectMessage(new WorkQueue.Completed(7, trained("product")))
    }

    "report a task that throws, restart, and pull again" in {
      val calls = new AtomicInteger
      new Fixture((_, _) =>
        if (calls.incrementAndGet() == 1) throw new IllegalStateException("the disk is full")
        else done("product")
      ) {
        expectPull()
        worker ! new Worker.Assigned(1, train("task"))
        queue.expectMessage(new WorkQueue.Failed(1, false, "the disk is full"))
        expectPullAfterPause()
        worker ! new Worker.Assigned(2, train("task"))
        queue.expectMessage(new WorkQueue.Completed(2, trained("product")))
        expectPull()
      }
    }

    "report a failure that comes later, and an error as well" in new Fixture((_, _) =>
      CompletableFuture.supplyAsync[TaskResult](() => throw new OutOfMemoryError("no memory"))
    ) {
      expectPull()
      worker ! new Worker.Assigned(1, train("task"))
      queue.expectMessage(new WorkQueue.Failed(1, false, "OutOfMemoryError: no memory"))
      expectPullAfterPause()
    }

    "report bad input without a restart" in new Fixture((_, _) =>
      throw new IllegalArgumentException("no such data")
    ) {
      expectPull()
      worker ! new Worker.Assigned(1, train("task"))
      queue.expectMessage(new WorkQueue.Failed(1, true, "no such data"))
      expectPull()
    }

    "answer while it works" in {
      val release = new CountDownLatch(1)
      val started = new CountDownLatch(1)
      new Fixture((_, _) => {
        started.countDown()
        release.await(10, TimeUnit.SECONDS)
        done("product")
      }) {
        expectPull()
        worker ! new Worker.Assigned(1, train("long"))
        started.await(3, TimeUnit.SECONDS) shouldBe true
        // A worker that stood in its task could not stop now.
        testKit.stop(worker, 3.seconds)
        release.countDown()
      }
    }
  }
}
