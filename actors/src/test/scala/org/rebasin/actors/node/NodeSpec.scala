package org.rebasin.actors.node

import java.nio.file.{Files, Path}
import java.util.Optional
import java.util.concurrent.{CompletableFuture, CompletionStage, ConcurrentHashMap, ConcurrentLinkedQueue}
import java.util.concurrent.atomic.AtomicInteger
import java.util.function.UnaryOperator

import scala.jdk.CollectionConverters._

import com.typesafe.config.{Config, ConfigFactory}
import org.rebasin.actors.TemporaryDirectory
import org.rebasin.actors.job.{MergeOutcome, MergeRequest}
import org.rebasin.actors.job.MergeOutcome.CurveKind
import org.rebasin.actors.store.{ModelId, ModelStore}
import org.rebasin.actors.work.{Correction, Datasets, Matching, Progress, Split, Task, TaskResult, TaskRunner}
import org.rebasin.model.tensor.NativeMemory
import org.rebasin.model.training.{Optimizer, Schedule, TrainingSettings}
import org.scalatest.matchers.should.Matchers
import org.scalatest.wordspec.AnyWordSpec

class NodeSpec extends AnyWordSpec with Matchers {
  private val data = "digits:train=600,test=200"
  private val datasets = new Datasets
  private val directory: Path = TemporaryDirectory.create("node-spec")

  private def config(workers: Int): Config =
    ConfigFactory
      .parseString(s"""
        rebasin.work {
          trainers = $workers
          collectors = $workers
          solvers = $workers
          evaluators = $workers
          retry-pause = 1 ms
        }
        """)
      .withFallback(ConfigFactory.load())

  private def settings(seed: Long) =
    new TrainingSettings(2, 100, Optimizer.Kind.ADAM, 1e-3, 0, 0, Schedule.Decay.CONSTANT, seed)

  private def train(seed: Long, data: String): MergeRequest.Source =
    new MergeRequest.ToTrain(
      new Task.Train(s"model $seed", "mlp:784-16-16-10", data, Optional.empty[Integer], settings(seed))
    )

  private def requestOn(data: String): MergeRequest =
    new MergeRequest(
      java.util.List.of(train(1, data), train(2, data), train(3, data)),
      Optional.of(MergeRequest.AlignmentPlan.toReference(new Matching.Weight(1), 1, false)),
      Optional.of(java.util.List.of(Double.box(0.5), Double.box(0.25), Double.box(0.25))),
      Optional.empty[Correction],
      Optional.of(
        new MergeRequest.EvaluationPlan(data, true, 3, java.util.Set.of(Split.TEST))
      )
    )

  /** All that must not depend on workers and failures: everything but times. */
  private case class Result(
      models: Seq[ModelId],
      merged: ModelId,
      controls: MergeOutcome.Controls,
      naive: Seq[MergeOutcome.Curve],
      aligned: Seq[MergeOutcome.Curve]
  )

  private def run(
      workers: Int = 2,
      runners: UnaryOperator[TaskRunner] = UnaryOperator.identity[TaskRunner],
      request: MergeRequest = requestOn(data)
  ): Result = {
    val store = new ModelStore(directory)
    try {
      val node = RebasinNode.start(config(workers), store, datasets, runners)
      try {
        val outcome = node.run(request, _ => ())
        val file = store.open(outcome.merged.get)
        try file.sha256 shouldBe outcome.merged.get.sha256
        finally file.close()
        Result(
          outcome.models.asScala.toSeq,
          outcome.merged.get,
          outcome.controls.get,
          outcome.curve(CurveKind.NAIVE).values.asScala.toSeq,
          outcome.curve(CurveKind.ALIGNED).values.asScala.toSeq
        )
      } finally node.close()
    } finally store.close()
  }

  private lazy val undisturbed: Result = run()

  private val afterTraining: Seq[Class[_ <: Task]] =
    Seq(classOf[Task.Align], classOf[Task.Merge], classOf[Task.Evaluate])

  private class Crash(message: String) extends RuntimeException(message)

  /** What crashed, by the name of its kind, each task once. */
  private type Crashes = java.util.Queue[String]

  /** Tasks of the kinds crash in their first attempt, in the way that the function makes them. */
  private def crashing(crashes: Crashes, kinds: Class[_ <: Task]*)(
      crash: (TaskRunner, Task, Progress => Unit) => CompletionStage[TaskResult]
  ): UnaryOperator[TaskRunner] = {
    val seen = ConcurrentHashMap.newKeySet[Task]()
    runner =>
      (task, progress) =>
        if (kinds.exists(_.isInstance(task)) && seen.add(task)) {
          crashes.add(task.getClass.getSimpleName)
          crash(runner, task, progress.accept(_))
        } else runner.run(task, progress)
  }

  private def before(task: Task): CompletionStage[TaskResult] =
    CompletableFuture.failedStage[TaskResult](new Crash(s"before $task"))

  private def after(runner: TaskRunner, task: Task, progress: Progress => Unit) =
    runner
      .run(task, reported => progress(reported))
      .thenApply[TaskResult](_ => throw new Crash("after the work"))

  private def midTraining(runner: TaskRunner, task: Task, progress: Progress => Unit) =
    runner.run(
      task,
      reported => {
        progress(reported)
        if (reported.done == 1) throw new Crash("in the middle of the work")
      }
    )

  "A node" should {
    "come to the same bytes and scores with one worker as with several" in {
      run(workers = 1) shouldBe undisturbed
    }

    "come to the same when each training dies half-way" in {
      val crashes: Crashes = new ConcurrentLinkedQueue
      run(runners = crashing(crashes, classOf[Task.Train])(midTraining)) shouldBe undisturbed
      crashes.asScala.toSeq shouldBe Seq("Train", "Train", "Train")
    }

    "come to the same when workers die before each alignment, merge and evaluation" in {
      val crashes: Crashes = new ConcurrentLinkedQueue
      val runners = crashing(crashes, afterTraining: _*)((_, task, _) => before(task))
      run(workers = 4, runners) shouldBe undisturbed
      crashes.asScala.toSet shouldBe Set("Align", "Merge", "Evaluate")
    }

    "come to the same when workers die after each alignment, merge and evaluation" in {
      val crashes: Crashes = new ConcurrentLinkedQueue
      run(workers = 4, crashing(crashes, afterTraining: _*)(after)) shouldBe undisturbed
      crashes.asScala.toSet shouldBe Set("Align", "Merge", "Evaluate")
    }

    "end with the cause after all attempts" in {
      val attempts = new AtomicInteger
      val runners: UnaryOperator[TaskRunner] = runner =>
        (task, progress) =>
          if (task.isInstanceOf[Task.Merge])
            throw new Crash(s"the disk is full, ${attempts.incrementAndGet()}")
          else runner.run(task, progress)
      val failure = intercept[TaskFailedException](run(runners = runners))
      failure.getMessage shouldBe "the disk is full, 3"
      failure.failure.badInput shouldBe false
      failure.failure.history.asScala shouldBe (1 to 3).map(i => s"the disk is full, $i")
    }

    "refuse bad input at the first attempt" in {
      val failure = intercept[TaskFailedException](run(request = requestOn("mnist:nowhere")))
      failure.failure.badInput shouldBe true
      failure.failure.history should have size 1
      failure.getMessage should include("nowhere")
    }

    "free all native memory and leave no file, whatever failed" in {
      val memory = NativeMemory.bytes
      val crashes: Crashes = new ConcurrentLinkedQueue
      run(runners = crashing(crashes, classOf[Task.Train])(midTraining))
      NativeMemory.bytes shouldBe memory
      Files.list(directory).iterator.asScala.toList shouldBe empty
    }
  }
}
