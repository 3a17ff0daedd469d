package org.rebasin.actors.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.actors.job.MergeOutcome;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.work.Datasets;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskRunner;
import org.rebasin.model.tensor.NativeMemory;
import org.rebasin.model.training.Optimizer;
import org.rebasin.model.training.Schedule;
import org.rebasin.model.training.TrainingSettings;

class RebasinNodeTest {
  private static final String DATA = "digits:train=600,test=200";
  private static final Datasets DATASETS = new Datasets();

  @TempDir private Path directory;

  private static MergeRequest request() {
    TrainingSettings settings =
        new TrainingSettings(3, 100, Optimizer.Kind.ADAM, 3e-3, 0, 0, Schedule.Decay.CONSTANT, 1);
    return new MergeRequest(
        IntStream.range(0, 3)
            .<MergeRequest.Source>mapToObj(
                i ->
                    new MergeRequest.ToTrain(
                        new Task.Train(
                            "model " + i,
                            "mlp:784-32-32-10",
                            DATA,
                            Optional.of(500),
                            settings.withSeed(i))))
            .toList(),
        Optional.of(new MergeRequest.AlignmentPlan(Task.Method.WEIGHT, 1, 1, true)),
        Optional.of(List.of(0.5, 0.25, 0.25)),
        Optional.of(new MergeRequest.EvaluationPlan(DATA, true, 3, Set.of(Task.Split.TEST))));
  }

  private MergeOutcome run(Config config, UnaryOperator<TaskRunner> runners) {
    try (ModelStore store = new ModelStore(directory);
        RebasinNode node = RebasinNode.start(config, store, DATASETS, runners)) {
      return node.run(request(), progress -> {});
    }
  }

  /** What must not depend on how the work was done: all but the times. */
  private static List<Object> results(MergeOutcome outcome) {
    return List.of(
        outcome.models(),
        outcome.merged(),
        outcome.alignments().stream().map(a -> a.alignment().permutations()).toList(),
        outcome.alignments().stream().map(a -> a.model()).toList(),
        outcome.controls(),
        outcome.naive(),
        outcome.aligned());
  }

  private static Config workers(int count) {
    return ConfigFactory.parseString(
            "rebasin.work { trainers = %1$d, solvers = %1$d, evaluators = %1$d }".formatted(count))
        .withFallback(ConfigFactory.load());
  }

  @Test
  void resultsDependNeitherOnTheNumberOfWorkersNorOnWorkersThatFail() {
    long memory = NativeMemory.bytes();
    MergeOutcome expected = run(workers(1), UnaryOperator.identity());
    assertEquals(results(expected), results(run(workers(3), UnaryOperator.identity())));

    // Every task fails once: training in its midst, all others when their work was done.
    Set<Task> failed = ConcurrentHashMap.newKeySet();
    MergeOutcome disturbed =
        run(
            workers(2),
            runner ->
                (task, progress) ->
                    task instanceof Task.Train
                        ? runner.run(
                            task,
                            step -> {
                              if (step.done() == 2 && failed.add(task)) {
                                throw new IllegalStateException("struck in mid-training");
                              }
                              progress.accept(step);
                            })
                        : runner
                            .run(task, progress)
                            .thenApply(
                                result -> {
                                  if (failed.add(task)) {
                                    throw new IllegalStateException("struck before the end");
                                  }
                                  return result;
                                }));
    assertEquals(results(expected), results(disturbed));
    for (Class<?> kind :
        List.of(Task.Train.class, Task.Align.class, Task.Merge.class, Task.Evaluate.class)) {
      assertTrue(failed.stream().anyMatch(kind::isInstance), kind.getSimpleName());
    }
    assertEquals(memory, NativeMemory.bytes());
  }

  @Test
  void aTaskThatKeepsFailingEndsTheJobWithItsCause() {
    TaskFailedException thrown =
        assertThrows(
            TaskFailedException.class,
            () ->
                run(
                    workers(1),
                    runner ->
                        (task, progress) -> {
                          if (task instanceof Task.Align) {
                            throw new IllegalStateException("the solver is broken");
                          }
                          return runner.run(task, progress);
                        }));
    assertEquals("the solver is broken", thrown.getMessage());
    assertEquals(3, thrown.failure().history().size());
    assertFalse(thrown.failure().badInput());
  }

  @Test
  void nothingOfTheStoreIsLeftBehind() {
    run(workers(1), UnaryOperator.identity());
    assertEquals(0, directory.toFile().list().length);
  }
}
