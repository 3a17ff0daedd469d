package org.rebasin.actors.job

import org.rebasin.actors.work.Split
import java.time.{Clock, Duration, Instant}
import java.util.Optional

import scala.concurrent.duration._
import scala.jdk.CollectionConverters._

import akka.actor.testkit.typed.scaladsl.TestProbe
import akka.actor.typed.ActorRef
import org.rebasin.actors.ActorSpec
import org.rebasin.actors.store.ModelId
import org.rebasin.actors.job.MergeOutcome.CurveKind
import org.rebasin.actors.work.{Correction, JobId, Matching, Progress, Strategy, Task, TaskFailure, TaskResult, WorkQueue}
import org.rebasin.model.alignment.{Alignment, ManyAlignment}
import org.rebasin.model.evaluation.{Calibration, Evaluation, Score}
import org.rebasin.model.permutation.{Permutation, Permutations}

class MergeJobSpec extends ActorSpec {
  private val silence = 150.millis

  private def request(
      sources: Seq[MergeRequest.Source],
      controls: Boolean = true,
      curvePoints: Int = 0,
      matching: Matching = new Matching.Weight(0),
      correction: Option[Correction] = None
  ): MergeRequest =
    new MergeRequest(
      sources.asJava,
      Optional.of(MergeRequest.AlignmentPlan.toReference(matching, 5, false)),
      Optional.of(sources.map(_ => Double.box(1.0 / sources.size)).asJava),
      Optional.ofNullable(correction.orNull),
      Optional.of(
        new MergeRequest.EvaluationPlan(
          "digits",
          controls,
          curvePoints,
          java.util.Set.of(Split.TEST)
        )
      )
    )

  private def toTrain(labels: String*): Seq[MergeRequest.Source] =
    labels.map(label => new MergeRequest.ToTrain(train(label)))

  private def stored(labels: String*): Seq[MergeRequest.Source] =
    labels.map(label => new MergeRequest.Stored(model(label)))

  /** Told apart by their seed. */
  private def aligned(seed: Long, product: Option[ModelId] = None): TaskResult.Aligned =
    new TaskResult.Aligned(
      new Alignment(
        "weight",
        new Permutations(java.util.List.of(Permutation.identity(3))),
        0,
        1,
        1,
        0,
        seed
      ),
      java.util.List.of[TaskResult.GroupReport](),
      Optional.ofNullable(product.orNull)
    )

  private def evaluated(correct: Long): TaskResult =
    new TaskResult.Evaluated(new Evaluation(new Score(1, correct, 100), Calibration.none(10)))

  /** A job, and the queue that it submits to, played by the spec. */
  private class Fixture(request: MergeRequest, concurrentTasks: Int = 8) {
    val queue: TestProbe[WorkQueue.Command] = createTestProbe[WorkQueue.Command]()
    val replies: TestProbe[MergeJob.Reply] = createTestProbe[MergeJob.Reply]()
    val progress: TestProbe[Progress] = createTestProbe[Progress]()
    private val limits = new JobEnvironment.Limits(
      concurrentTasks,
      Duration.ofSeconds(10),
      Duration.ofSeconds(5),
      Duration.ofMillis(1),
      Duration.ofMillis(10),
      Duration.ofMillis(100)
    )
    val job: ActorRef[MergeJob.Command] = spawn(
      MergeJob.create(
        JobId.next(Clock.systemUTC),
        new JobEnvironment(queue.ref, limits, Optional.empty(), Optional.empty(), 0)
      )
    )
    job ! new MergeJob.Start(request, JobOptions.DEFAULT, Instant.now(), system.ignoreRef)
    job ! new MergeJob.Follow(progress.ref, replies.ref)

    def submitted(count: Int): Seq[WorkQueue.Submit] =
      (1 to count).map(_ => queue.expectMessageType[WorkQueue.Submit])

    def done(submit: WorkQueue.Submit, result: TaskResult): Unit =
      submit.replyTo ! new WorkQueue.Done(submit.key, result)

    def ended(): JobView = {
      val view = replies.expectMessageType[MergeJob.Viewed].view
      replies.expectTerminated(job)
      view
    }

    def outcome(): MergeOutcome = ended().outcome.get

    def failure(): TaskFailure = ended().failure.get
  }

  private def label(submit: WorkQueue.Submit): String =
    submit.task.asInstanceOf[Task.Train].label

  "A merge job" should {
    "train, align, merge and evaluate, one phase after the other" in new Fixture(
      request(toTrain("a", "b"))
    ) {
      val trainings = submitted(2)
      trainings.map(_.task) shouldBe Seq(train("a"), train("b"))
      done(trainings.head, trained("a"))
      // One of a phase is still out: the next phase waits.
      queue.expectNoMessage(silence)
      done(trainings(1), trained("b"))

      val alignment = submitted(1).head
      alignment.task shouldBe
        new Task.Align(
          model("a"),
          model("b"),
          new Matching.Weight(0),
          java.util.List.of(),
          5,
          false
        )
      done(alignment, aligned(1))

      val merge = submitted(1).head
      val members = merge.task.asInstanceOf[Task.Merge].members.asScala
      members.map(_.model) shouldBe Seq(model("a"), model("b"))
      members.map(_.permutations.isPresent) shouldBe Seq(false, true)
      done(merge, new TaskResult.Merged(model("merged")))

      val evaluations = submitted(5)
      evaluations.take(3).map(_.task) shouldBe Seq("merged", "a", "b").map(evaluate)
      evaluations.zipWithIndex.foreach { case (submit, i) => done(submit, evaluated(i)) }

      val controls = outcome().controls.get
      controls.merged.get.score.correct shouldBe 0
      controls.parents.asScala.map(_.score.correct) shouldBe Seq(1, 2)
      controls.naive.score.correct shouldBe 3
      controls.ensemble.score.correct shouldBe 4
    }

    "keep the request's order whatever order results come back in" in new Fixture(
      request(toTrain("a", "b", "c", "d"))
    ) {
      submitted(4).reverse.foreach(submit => done(submit, trained(label(submit))))
      submitted(3).zipWithIndex.reverse.foreach { case (submit, i) => done(submit, aligned(i)) }
      done(submitted(1).head, new TaskResult.Merged(model("merged")))
      submitted(7).zipWithIndex.reverse.foreach { case (submit, i) => done(submit, evaluated(i)) }
      val result = outcome()
      result.models.asScala shouldBe Seq("a", "b", "c", "d").map(model)
      result.trained.asScala shouldBe Seq("a", "b", "c", "d").map(trained)
      result.alignments.asScala.map(_.alignment.seed) shouldBe Seq(0, 1, 2)
      result.controls.get.parents.asScala.map(_.score.correct) shouldBe Seq(1, 2, 3, 4)
    }

    "have no more tasks in the queue than it may" in new Fixture(
      request(toTrain("a", "b", "c", "d", "e")),
      concurrentTasks = 2
    ) {
      val first = submitted(2)
      queue.expectNoMessage(silence)
      done(first.head, trained("a"))
      submitted(1)
      queue.expectNoMessage(silence)
    }

    "train only what is to be trained" in new Fixture(
      request(stored("a") ++ toTrain("b") ++ stored("c"))
    ) {
      done(submitted(1).head, trained("b"))
      submitted(2).map(_.task.asInstanceOf[Task.Align].model) shouldBe Seq("b", "c").map(model)
    }

    "draw the naive and the aligned curve" in new Fixture(
      request(stored("a", "b"), controls = false, curvePoints = 3)
    ) {
      val alignment = submitted(1).head
      alignment.task.asInstanceOf[Task.Align].keepModel shouldBe true
      done(alignment, aligned(1, Some(model("aligned b"))))
      done(submitted(1).head, new TaskResult.Merged(model("merged")))
      val points = submitted(6)
      points.map(_.task) shouldBe
        (for (end <- Seq("b", "aligned b"); lambda <- Seq(0.0, 0.5, 1.0))
          yield Task.Evaluate.between(model("a"), model(end), lambda, Optional.empty[Correction], "digits", Split.TEST))
      points.zipWithIndex.foreach { case (submit, i) => done(submit, evaluated(i)) }
      val result = outcome()
      result.curve(CurveKind.NAIVE).get(Split.TEST).scores.asScala.map(_.correct) shouldBe Seq(0, 1, 2)
      result.curve(CurveKind.ALIGNED).get(Split.TEST).scores.asScala.map(_.correct) shouldBe Seq(3, 4, 5)
      result.controls.isPresent shouldBe false
    }

    "collect activations in shards, and align by them in their order" in new Fixture(
      request(stored("a", "b", "c"), matching = new Matching.Activation(false, "digits"))
    ) {
      val shards = Matching.Activation.SHARDS
      val collections = submitted(2 * shards)
      collections.map(_.task) shouldBe
        (for (other <- Seq("b", "c"); shard <- 0 until shards)
          yield new Task.Collect(model("a"), model(other), "digits", shard, shards))
      collections.zipWithIndex.reverse.foreach { case (submit, i) =>
        done(submit, new TaskResult.Collected(model(s"moments $i")))
      }
      submitted(2).map(_.task.asInstanceOf[Task.Align].moments.asScala) shouldBe
        Seq(0 until shards, shards until 2 * shards).map(_.map(i => model(s"moments $i")))
    }

    "correct the merged model and a curve of its own" in {
      val correction = new Correction(Correction.Kind.REPAIR, "digits", 100)
      new Fixture(
        request(stored("a", "b"), controls = false, curvePoints = 3, correction = Some(correction)),
        concurrentTasks = 12
      ) {
        done(submitted(1).head, aligned(1, Some(model("aligned b"))))
        done(submitted(1).head, new TaskResult.Merged(model("merged")))
        val corrected = submitted(1).head
        val task = corrected.task.asInstanceOf[Task.Correct]
        task.merged shouldBe model("merged")
        task.correction shouldBe correction
        task.members.asScala.map(_.permutations.isPresent) shouldBe Seq(false, true)
        done(corrected, new TaskResult.Merged(model("corrected")))
        val points = submitted(12)
        points.map(_.task.asInstanceOf[Task.Evaluate].correction.isPresent) shouldBe
          Seq.fill(6)(false) ++ Seq.fill(6)(true)
        points.zipWithIndex.foreach { case (submit, i) => done(submit, evaluated(i)) }
        val result = outcome()
        result.merged.get shouldBe model("corrected")
        result.curve(CurveKind.NAIVE_CORRECTED).get(Split.TEST).scores.asScala
          .map(_.correct) shouldBe Seq(6, 7, 8)
        result.curve(CurveKind.CORRECTED).get(Split.TEST).scores.asScala
          .map(_.correct) shouldBe Seq(9, 10, 11)
      }
    }

    "bring many models into a common order at once" in {
      val sources = stored("a", "b", "c")
      val plain = request(sources)
      new Fixture(
        new MergeRequest(
          plain.models,
          Optional.of(
            new MergeRequest.AlignmentPlan(Strategy.MERGE_MANY, new Matching.Weight(0), 3, false)
          ),
          plain.merge,
          plain.correction,
          plain.evaluation
        )
      ) {
        val alignment = submitted(1).head
        alignment.task shouldBe
          new Task.AlignMany(Seq("a", "b", "c").map(model).asJava, Strategy.MERGE_MANY, 3)
        val orders = Seq.fill(3)(new Permutations(java.util.List.of(Permutation.identity(3))))
        done(
          alignment,
          new TaskResult.AlignedMany(
            new ManyAlignment("merge-many", orders.asJava, 0, 1, java.util.List.of(), 0, 0, 3)
          )
        )
        val merge = submitted(1).head.task.asInstanceOf[Task.Merge]
        merge.alignment.asScala shouldBe Map("strategy" -> "merge-many", "seed" -> "3")
        merge.members.asScala.map(_.permutations.isPresent) shouldBe Seq(true, true, true)
      }
    }

    "tell how far each phase is" in new Fixture(request(toTrain("a", "b"))) {
      submitted(2).foreach(submit => done(submit, trained(label(submit))))
      progress.expectMessage(new Progress("train", 1, 2, ""))
      progress.expectMessage(new Progress("train", 2, 2, ""))
    }

    "fail with the cause when a task is given up" in new Fixture(request(toTrain("a", "b"))) {
      val cause = new TaskFailure(false, "the disk is full", java.util.List.of("no memory", "the disk is full"))
      val last = submitted(2).last
      last.replyTo ! new WorkQueue.GivenUp(last.key, cause)
      failure() shouldBe cause
    }

    "fail when a later phase does" in new Fixture(request(stored("a", "b"))) {
      done(submitted(1).head, aligned(1))
      val cause = new TaskFailure(true, "shapes differ", java.util.List.of("shapes differ"))
      val head = submitted(1).head
      head.replyTo ! new WorkQueue.GivenUp(head.key, cause)
      failure() shouldBe cause
    }
  }
}
