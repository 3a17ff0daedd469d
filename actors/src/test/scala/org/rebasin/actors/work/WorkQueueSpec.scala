package org.rebasin.actors.work

import java.time.{Clock, Duration}
import java.util.Optional

import scala.concurrent.duration._
import scala.jdk.CollectionConverters._

import akka.actor.testkit.typed.scaladsl.TestProbe
import akka.actor.typed.ActorRef
import org.rebasin.actors.ActorSpec

class WorkQueueSpec extends ActorSpec {
  private val silence = 150.millis

  private val job = JobId.next(Clock.systemUTC())
  private val otherJob = JobId.next(Clock.systemUTC())

  /** A queue, and the one who submits to it. */
  private class Fixture(
      attempts: Int = 3,
      losses: Int = 3,
      pause: Duration = Duration.ofMillis(1),
      settling: Duration = Duration.ZERO
  ) {
    val queue: ActorRef[WorkQueue.Command] =
      spawn(WorkQueue.create(new WorkQueue.Rules(attempts, losses, pause, settling)))
    val replies: TestProbe[WorkQueue.Reply] = createTestProbe[WorkQueue.Reply]()
    val progress: TestProbe[Progress] = createTestProbe[Progress]()
    private var pulls = 0L

    def submitFor(job: JobId, priority: Int, tasks: Task*): Unit =
      tasks.foreach { task =>
        queue ! new WorkQueue.Submit(key(task, job), task, priority, progress.ref, replies.ref)
      }

    def submit(tasks: Task*): Unit = submitFor(job, 0, tasks: _*)

    def idleWorker(role: Role = Role.TRAINER): TestProbe[Worker.Command] = {
      val worker = createTestProbe[Worker.Command]()
      pull(worker, role)
      worker
    }

    /** A worker's next request; returns its number. */
    def pull(worker: TestProbe[Worker.Command], role: Role = Role.TRAINER): Long = {
      pulls += 1
      repeatPull(worker, pulls, role)
      pulls
    }

    def repeatPull(worker: TestProbe[Worker.Command], pull: Long, role: Role = Role.TRAINER): Unit =
      queue ! new WorkQueue.Pull(role, worker.ref, pull)

    def fail(
        worker: TestProbe[Worker.Command],
        assigned: Worker.Assigned,
        cause: String,
        badInput: Boolean = false
    ): Unit = {
      queue ! new WorkQueue.Failed(assigned.key, worker.ref, badInput, cause)
      worker.expectMessage(new Worker.Acknowledged(assigned.key))
      ()
    }

    def complete(
        worker: TestProbe[Worker.Command],
        assigned: Worker.Assigned,
        label: String
    ): Unit = {
      queue ! new WorkQueue.Completed(assigned.key, worker.ref, trained(label))
      worker.expectMessage(new Worker.Acknowledged(assigned.key))
      ()
    }

    def expectDone(label: String): Unit = {
      replies.expectMessageType[WorkQueue.Done].result shouldBe trained(label)
      ()
    }

    def expectGivenUp(): TaskFailure =
      replies.expectMessageType[WorkQueue.GivenUp].failure
  }

  /** Tasks are told apart by what they are. */
  private def key(task: Task, job: JobId = job): TaskKey = new TaskKey(job, task.toString, 0)

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
        complete(worker, assigned, label)
        expectDone(label)
        pull(worker)
      }
      worker.expectNoMessage(silence)
    }

    "give a worker that asks twice one task" in new Fixture {
      val worker = createTestProbe[Worker.Command]()
      repeatPull(worker, 1)
      repeatPull(worker, 1)
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

    "tell what waits and who works" in new Fixture {
      private val load = createTestProbe[QueueLoad]()
      private val busy = idleWorker()
      submit(train("first"), train("second"))
      submit(evaluate("model"))
      assignedTo(busy).task shouldBe train("first")
      queue ! new WorkQueue.Measure(load.ref)
      private val told = load.receiveMessage()
      told.waiting.asScala.map(each => (each.role, each.tasks)) shouldBe
        Seq((Role.TRAINER, 1), (Role.EVALUATOR, 1))
      told.workers.asScala.map(each => (each.role, each.workers, each.working)) shouldBe
        Seq((Role.TRAINER, 1, 1))
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
      fail(one, assignedTo(one), "the disk is full")
      pull(one)
      val other = idleWorker()
      val again = assignedTo(other)
      again.task shouldBe train("fragile")
      complete(other, again, "fragile")
      expectDone("fragile")
      one.expectNoMessage(silence)
    }

    "try a failed task on the same worker if no other is free" in new Fixture {
      val worker = idleWorker()
      submit(train("fragile"))
      fail(worker, assignedTo(worker), "the disk is full")
      pull(worker)
      val again = assignedTo(worker)
      complete(worker, again, "fragile")
      expectDone("fragile")
    }

    "give a task up after all attempts, with the cause of each" in new Fixture {
      val worker = idleWorker()
      submit(train("doomed"))
      for (cause <- List("one", "two", "three")) {
        fail(worker, assignedTo(worker), cause)
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
      fail(worker, assignedTo(worker), "no such data", badInput = true)
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
      complete(other, again, "orphan")
      expectDone("orphan")
    }

    "not hand a task to an idle worker that stopped" in new Fixture {
      val lost = idleWorker()
      lost.stop()
      val other = idleWorker()
      submit(train("task"))
      assignedTo(other).task shouldBe train("task")
    }

    "give a task up when every worker that had it stopped" in new Fixture(losses = 2) {
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
      complete(worker, assigned, "once")
      complete(worker, assigned, "once")
      fail(worker, assigned, "too late")
      expectDone("once")
      replies.expectNoMessage(silence)
      // And the queue goes on.
      pull(worker)
      submit(train("next"))
      complete(worker, assignedTo(worker), "next")
      expectDone("next")
    }

    "assign again what a worker seems not to have received, to the same worker" in new Fixture {
      val worker = createTestProbe[Worker.Command]()
      repeatPull(worker, 1)
      submit(train("lost on the way"))
      val assigned = assignedTo(worker)
      repeatPull(worker, 1)
      assignedTo(worker) shouldBe assigned
    }

    "hand out again what a worker has dropped" in new Fixture {
      val worker = createTestProbe[Worker.Command]()
      repeatPull(worker, 1)
      submit(train("dropped"))
      assignedTo(worker)
      repeatPull(worker, 2)
      assignedTo(worker).pull shouldBe 2
    }

    "do a task once, however often it is submitted, and answer the latest submitter" in new Fixture {
      submit(train("again"))
      val worker = idleWorker()
      val assigned = assignedTo(worker)
      val latest = createTestProbe[WorkQueue.Reply]()
      queue ! new WorkQueue.Submit(
        assigned.key,
        train("again"),
        0,
        progress.ref,
        latest.ref
      )
      idleWorker().expectNoMessage(silence)
      complete(worker, assigned, "again")
      latest.expectMessageType[WorkQueue.Done].result shouldBe trained("again")
      replies.expectNoMessage(silence)
      // Whoever missed the answer hears it again.
      submit(train("again"))
      expectDone("again")
    }

    "forget a job's tasks when they are withdrawn" in new Fixture {
      val worker = idleWorker()
      submit(train("at work"), train("waiting"))
      val assigned = assignedTo(worker)
      queue ! new WorkQueue.Withdraw(job)
      complete(worker, assigned, "at work")
      pull(worker)
      worker.expectNoMessage(silence)
      replies.expectNoMessage(silence)
    }

    "let jobs take turns" in new Fixture {
      submit(train("a1"), train("a2"), train("a3"))
      submitFor(otherJob, 0, train("b1"))
      val workers = List.fill(3)(createTestProbe[Worker.Command]())
      workers.foreach(pull(_))
      workers.map(assignedTo(_).task) shouldBe List(train("a1"), train("b1"), train("a2"))
    }

    "prefer the job of the higher priority" in new Fixture {
      submit(train("ordinary"))
      submitFor(otherJob, 5, train("urgent"))
      val worker = createTestProbe[Worker.Command]()
      val other = createTestProbe[Worker.Command]()
      pull(worker)
      pull(other)
      assignedTo(worker).task shouldBe train("urgent")
      assignedTo(other).task shouldBe train("ordinary")
    }

    "leave a task to the worker that got it from an earlier queue" in new Fixture(
      settling = Duration.ofMillis(300)
    ) {
      submit(train("at work"))
      val idle = idleWorker()
      val busy = createTestProbe[Worker.Command]()
      queue ! new WorkQueue.Holding(key(train("at work")), Role.TRAINER, busy.ref, 7)
      idle.expectNoMessage(600.millis)
      queue ! new WorkQueue.Completed(key(train("at work")), busy.ref, trained("at work"))
      expectDone("at work")
    }

    "not acknowledge the end of a task before its job asks for it" in new Fixture {
      val worker = createTestProbe[Worker.Command]()
      val completed =
        new WorkQueue.Completed(key(train("early")), worker.ref, trained("early"))
      queue ! completed
      worker.expectNoMessage(silence)
      submit(train("early"))
      queue ! completed
      worker.expectMessage(new Worker.Acknowledged(completed.key))
      expectDone("early")
    }

    "hand out at once a task that its worker gives back, and count no failure" in new Fixture(
      losses = 1
    ) {
      val stopping = idleWorker()
      submit(train("returned"))
      val assigned = assignedTo(stopping)
      queue ! new WorkQueue.HandedBack(assigned.key, stopping.ref)
      val other = idleWorker()
      val again = assignedTo(other)
      complete(other, again, "returned")
      expectDone("returned")
    }

    "pass progress to the submitter of the task, and none after its end" in new Fixture {
      val worker = idleWorker()
      submit(train("watched"))
      val assigned = assignedTo(worker)
      val half = new Progress("watched", 1, 2, "half")
      queue ! new WorkQueue.Progressed(assigned.key, half)
      progress.expectMessage(half)
      complete(worker, assigned, "watched")
      expectDone("watched")
      queue ! new WorkQueue.Progressed(assigned.key, new Progress("watched", 2, 2, "late"))
      progress.expectNoMessage(silence)
    }

    "have a task that is bound to a node wait for it, and others pass" in new Fixture {
      val bound = new Task.Placed(train("bound"), Optional.of("north"), java.util.List.of())
      submit(bound, train("free"))
      val south = idleWorker()
      val free = assignedTo(south)
      free.task shouldBe train("free")
      complete(south, free, "free")
      expectDone("free")
      pull(south)
      south.expectNoMessage(silence)
      val north = createTestProbe[Worker.Command]()
      queue ! new WorkQueue.Stationed(Role.TRAINER, north.ref, "north")
      pull(north)
      assignedTo(north).task shouldBe train("bound")
      south.expectNoMessage(silence)
    }

    "give a task that is bound to a node to that node again, however often it comes back" in
      new Fixture {
        val south = idleWorker()
        val north = createTestProbe[Worker.Command]()
        queue ! new WorkQueue.Stationed(Role.TRAINER, north.ref, "north")
        pull(north)
        val bound = new Task.Placed(train("bound"), Optional.of("north"), java.util.List.of())
        submit(bound)
        fail(north, assignedTo(north), "broke")
        pull(north)
        assignedTo(north).task shouldBe train("bound")
        south.expectNoMessage(silence)
      }

    "hand out a task that needs a node to be there as soon as it is" in new Fixture {
      val worker = idleWorker()
      val apart =
        new Task.Placed(train("apart"), Optional.empty(), java.util.List.of("north", "south"))
      submit(apart)
      queue ! new WorkQueue.Stationed(Role.TRAINER, worker.ref, "south")
      worker.expectNoMessage(silence)
      val other = createTestProbe[Worker.Command]()
      // Whatever it does itself.
      queue ! new WorkQueue.Stationed(Role.EVALUATOR, other.ref, "north")
      assignedTo(worker).task shouldBe train("apart")
    }
  }
}
