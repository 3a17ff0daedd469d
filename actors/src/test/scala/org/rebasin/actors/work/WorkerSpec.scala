package org.rebasin.actors.work

import java.time.Clock
import java.util.concurrent.{CompletableFuture, CompletionStage, CountDownLatch, TimeUnit}
import java.util.concurrent.atomic.AtomicInteger
import java.util.function.Consumer

import scala.concurrent.duration._
import scala.jdk.DurationConverters._

import akka.Done
import akka.actor.testkit.typed.scaladsl.{FishingOutcomes, ManualTime, TestProbe}
import akka.actor.typed.ActorRef
import com.typesafe.config.ConfigFactory
import org.rebasin.actors.ActorSpec

class WorkerSpec extends ActorSpec(ManualTime.config.withFallback(ConfigFactory.load())) {
  // Pauses pass only when a test says so.
  private val time = ManualTime()

  private def done(label: String): CompletionStage[TaskResult] =
    CompletableFuture.completedFuture[TaskResult](trained(label))

  private val heartbeat = 500.millis
  private val untilUnheard = 5.seconds
  private val deadline = 1.hour

  private def key(index: Int): TaskKey = new TaskKey(job, "train", index)

  private val job = JobId.next(Clock.systemUTC())

  private class Fixture(body: (Task, Consumer[Progress]) => CompletionStage[TaskResult]) {
    val queue: TestProbe[WorkQueue.Command] = createTestProbe[WorkQueue.Command]()
    val runner: TaskRunner = (task, progress) => body(task, progress)
    val worker: ActorRef[Worker.Command] = spawn(
      Worker.create(
        Role.TRAINER,
        queue.ref,
        new Worker.Rhythm(heartbeat.toJava, untilUnheard.toJava, deadline.toJava),
        runner
      )
    )

    def expectPull(number: Long): Unit = {
      queue.expectMessage(new WorkQueue.Pull(Role.TRAINER, worker, number))
      ()
    }

    def assign(index: Int, pull: Long): Unit =
      worker ! new Worker.Assigned(key(index), pull, train("task"))

    def expectCompleted(index: Int): Unit = {
      queue.expectMessage(new WorkQueue.Completed(key(index), worker, trained("product")))
      ()
    }

    def expectFailed(index: Int, badInput: Boolean, cause: String): Unit = {
      queue.expectMessage(new WorkQueue.Failed(key(index), worker, badInput, cause))
      ()
    }

    def acknowledge(index: Int): Unit = worker ! new Worker.Acknowledged(key(index))

    /** The pause begins when the queue has heard of the failure, so time passes until it is over. */
    def expectPullAfterPause(number: Long): Unit = {
      queue.expectNoMessage(100.millis)
      val expected = new WorkQueue.Pull(Role.TRAINER, worker, number)
      eventually {
        time.timePasses(heartbeat)
        queue.expectMessage(50.millis, expected)
      }
      // Time may have passed for a repetition as well.
      scala.util.Try(queue.receiveMessage(100.millis)).foreach(_ shouldBe expected)
    }
  }

  "A worker" should {
    "pull when it starts, and again when its result was heard" in new Fixture((_, _) =>
      done("product")
    ) {
      expectPull(1)
      assign(7, 1)
      expectCompleted(7)
      queue.expectNoMessage(100.millis)
      acknowledge(7)
      expectPull(2)
      queue.expectNoMessage(150.millis)
    }

    "repeat its request until a task comes" in new Fixture((_, _) => done("product")) {
      expectPull(1)
      time.timePasses(heartbeat)
      expectPull(1)
    }

    "tell what it holds, and do a task once that is assigned twice" in {
      val calls = new AtomicInteger
      new Fixture((_, _) => {
        calls.incrementAndGet()
        new CompletableFuture[TaskResult]()
      }) {
        expectPull(1)
        assign(7, 1)
        assign(7, 1)
        eventually(calls.get shouldBe 1)
        time.timePasses(heartbeat)
        queue.expectMessage(new WorkQueue.Holding(key(7), Role.TRAINER, worker, 1))
        calls.get shouldBe 1
      }
    }

    "not do what answers a request of before" in new Fixture((_, _) => done("product")) {
      expectPull(1)
      assign(7, 1)
      expectCompleted(7)
      acknowledge(7)
      expectPull(2)
      assign(8, 1)
      queue.expectNoMessage(150.millis)
    }

    "repeat its result until it is heard, and go on when nobody asks for it" in new Fixture((_, _) =>
      done("product")
    ) {
      expectPull(1)
      assign(7, 1)
      expectCompleted(7)
      time.timePasses(heartbeat)
      expectCompleted(7)
      time.timePasses(untilUnheard)
      queue.fishForMessage(3.seconds) {
        case _: WorkQueue.Completed => FishingOutcomes.continueAndIgnore
        case pull: WorkQueue.Pull =>
          pull.pull shouldBe 2
          FishingOutcomes.complete
        case other => FishingOutcomes.fail(s"unexpected $other")
      }
    }

    "tell the queue how far it is" in new Fixture((_, progress) => {
      progress.accept(new Progress("task", 1, 2, "half"))
      done("product")
    }) {
      expectPull(1)
      assign(7, 1)
      queue.expectMessage(new WorkQueue.Progressed(key(7), new Progress("task", 1, 2, "half")))
      expectCompleted(7)
    }

    "report a task that throws, restart, and pull again" in {
      val calls = new AtomicInteger
      new Fixture((_, _) =>
        if (calls.incrementAndGet() == 1) throw new IllegalStateException("the disk is full")
        else done("product")
      ) {
        expectPull(1)
        assign(1, 1)
        expectFailed(1, badInput = false, "the disk is full")
        acknowledge(1)
        expectPullAfterPause(2)
        assign(2, 2)
        expectCompleted(2)
      }
    }

    "report a failure that comes later, and an error as well" in new Fixture((_, _) =>
      CompletableFuture.supplyAsync[TaskResult](() => throw new OutOfMemoryError("no memory"))
    ) {
      expectPull(1)
      assign(1, 1)
      expectFailed(1, badInput = false, "OutOfMemoryError: no memory")
      acknowledge(1)
      expectPullAfterPause(2)
    }

    "report bad input without a restart" in new Fixture((_, _) =>
      throw new IllegalArgumentException("no such data")
    ) {
      expectPull(1)
      assign(1, 1)
      expectFailed(1, badInput = true, "no such data")
      acknowledge(1)
      expectPull(2)
    }

    "report a task that hangs, and take another" in new Fixture((_, _) =>
      new CompletableFuture[TaskResult]()
    ) {
      expectPull(1)
      assign(1, 1)
      time.timePasses(deadline)
      queue.fishForMessage(3.seconds) {
        case _: WorkQueue.Holding => FishingOutcomes.continueAndIgnore
        case failed: WorkQueue.Failed =>
          failed.cause shouldBe "took longer than 3600 s"
          FishingOutcomes.complete
        case other => FishingOutcomes.fail(s"unexpected $other")
      }
    }

    "give back what it is at when it is to stop" in new Fixture((_, _) =>
      new CompletableFuture[TaskResult]()
    ) {
      expectPull(1)
      assign(1, 1)
      val drained = createTestProbe[Done]()
      worker ! new Worker.Drain(drained.ref)
      queue.expectMessage(new WorkQueue.HandedBack(key(1), worker))
      drained.expectMessage(Done)
      queue.expectTerminated(worker)
    }

    "answer while it works" in {
      val release = new CountDownLatch(1)
      val started = new CountDownLatch(1)
      new Fixture((_, _) => {
        started.countDown()
        release.await(10, TimeUnit.SECONDS)
        done("product")
      }) {
        expectPull(1)
        assign(1, 1)
        started.await(3, TimeUnit.SECONDS) shouldBe true
        // A worker that stood in its task could not stop now.
        testKit.stop(worker, 3.seconds)
        release.countDown()
      }
    }
  }
}
