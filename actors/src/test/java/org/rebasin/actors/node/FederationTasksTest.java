package org.rebasin.actors.node;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.work.Datasets;
import org.rebasin.actors.work.Ingredient;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Preparation;
import org.rebasin.actors.work.Split;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.model.aggregation.AggregationSettings;
import org.rebasin.model.aggregation.AggregationSettings.Rule;
import org.rebasin.model.aggregation.AggregationSettings.ServerOptimizer;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.checkpoint.Provenance;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.training.Optimizer;
import org.rebasin.model.training.Schedule;
import org.rebasin.model.training.TrainingSettings;

/** The tasks that federations need, done by a node's workers. */
class FederationTasksTest {
  private static final String ARCHITECTURE = "mlp:784-24-16-10";
  private static final String DATA = "digits:train=600,test=200";
  private static final AggregationSettings ADAM =
      new AggregationSettings(Rule.FEDBUFF, ServerOptimizer.ADAM, 0.01, 0.9, 0.5, 0);

  @TempDir private static Path directory;
  private static ModelStore store;
  private static RebasinNode node;
  private static ModelId first;
  private static ModelId second;

  @BeforeAll
  static void start() {
    store = new ModelStore(directory);
    node = RebasinNode.start(ConfigFactory.load(), store, new Datasets());
    first = run(training(1), TaskResult.Trained.class).model();
    second = run(training(2), TaskResult.Trained.class).model();
  }

  @AfterAll
  static void stop() {
    node.close();
    store.close();
  }

  private static Task.Train training(long seed) {
    return training(ARCHITECTURE, seed);
  }

  private static Task.Train training(String architecture, long seed) {
    TrainingSettings settings =
        new TrainingSettings(
            2, 100, Optimizer.Kind.ADAM, 2e-3, 0, 0, Schedule.Decay.CONSTANT, seed);
    return new Task.Train(
        "participant", architecture, DATA, Optional.empty(), settings, Preparation.NONE, false);
  }

  private static <R extends TaskResult> R run(Task task, Class<R> type) {
    return node.run(task, type, progress -> {});
  }

  private static double loss(ModelId model) {
    return run(Task.Evaluate.one(model, DATA, Split.TRAIN), TaskResult.Evaluated.class)
        .score()
        .loss();
  }

  private static Ingredient ingredient(ModelId model, Optional<Permutations> permutations) {
    return new Ingredient(model, permutations, Optional.empty(), 0, 600);
  }

  private static Permutations aligned(ModelId model) {
    return run(
            new Task.Align(first, model, new Matching.Weight(0), List.of(), 1, false),
            TaskResult.Aligned.class)
        .alignment()
        .permutations();
  }

  private static void assertSameValues(ModelId expected, ModelId found) {
    try (ModelFile one = store.open(expected);
        ModelFile other = store.open(found)) {
      Weights values = other.weights();
      one.weights()
          .tensors()
          .forEach(
              (name, tensor) ->
                  assertArrayEquals(tensor.toArray(), values.get(name).toArray(), name));
    }
  }

  @Test
  void trainingGoesOnFromAModel() {
    TaskResult.Trained trained = run(training(3).from(first, 0), TaskResult.Trained.class);
    assertTrue(loss(trained.model()) < loss(first));
    assertEquals(
        trained.model(), run(training(3).from(first, 0), TaskResult.Trained.class).model());
    try (ModelFile file = store.open(trained.model())) {
      assertTrue(file.metadata().get(Provenance.KEY).contains(first.sha256()));
    }
  }

  @Test
  void proximalTermIsPartOfTheTraining() {
    ModelId free = run(training(3).from(first, 0), TaskResult.Trained.class).model();
    ModelId held = run(training(3).from(first, 1), TaskResult.Trained.class).model();
    assertNotEquals(free, held);
    assertTrue(loss(held) > loss(free));
  }

  @Test
  void trainingGoesOnFromItsOwnArchitectureOnly() {
    Task task = training("mlp:784-24-10", 3).from(first, 0);
    String message =
        assertThrows(TaskFailedException.class, () -> run(task, TaskResult.Trained.class))
            .getMessage();
    assertTrue(
        message.contains("expected a start of architecture mlp:784-24-10, found " + ARCHITECTURE),
        message);
  }

  @Test
  void alignmentThatBeginsSomewhereEndsNoLower() {
    Task.Align align = new Task.Align(first, second, new Matching.Weight(0), List.of(), 1, false);
    TaskResult.Aligned cold = run(align, TaskResult.Aligned.class);
    TaskResult.Aligned warm =
        run(align.from(Optional.of(cold.alignment().permutations())), TaskResult.Aligned.class);
    assertTrue(warm.alignment().objective() >= cold.alignment().objective());
    assertEquals(align, align.from(Optional.empty()));
  }

  @Test
  void contributionsAreScreened() {
    TaskResult.Screened good =
        run(
            new Task.Screen(Optional.of(first), ARCHITECTURE, second, 10),
            TaskResult.Screened.class);
    assertEquals(Optional.empty(), good.objection());
    assertTrue(good.norm() > 0 && good.referenceNorm() > 0);
    ModelId narrow = run(training("mlp:784-20-16-10", 1), TaskResult.Trained.class).model();
    for (Optional<ModelId> reference : List.of(Optional.of(first), Optional.<ModelId>empty())) {
      assertEquals(
          Optional.of("layers.0.weight: expected shape [24, 784], found [20, 784]"),
          run(new Task.Screen(reference, ARCHITECTURE, narrow, 10), TaskResult.Screened.class)
              .objection());
    }
  }

  /** What a file says of itself is part of what is screened. */
  @Test
  void modelThatContradictsItselfIsRefused() {
    ModelId lying;
    try (ModelFile file = store.open(second)) {
      lying = store.write(file.weights(), Map.of(ModelFile.ARCHITECTURE, "mlp:784-30-10"));
    }
    String objection =
        run(new Task.Screen(Optional.of(first), ARCHITECTURE, lying, 10), TaskResult.Screened.class)
            .objection()
            .orElseThrow();
    assertTrue(objection.contains("the model"), objection);
    assertTrue(!objection.contains(directory.toString()), objection);
  }

  @Test
  void averageIsThatOfAMerge() {
    Optional<Permutations> permutations = Optional.of(aligned(second));
    ModelId merged =
        run(
                new Task.Merge(
                    List.of(
                        new Task.Member(first, Optional.empty()),
                        new Task.Member(second, permutations)),
                    List.of(0.5, 0.5),
                    Map.of()),
                TaskResult.Merged.class)
            .model();
    TaskResult.Aggregated aggregated =
        run(
            new Task.Aggregate(
                Optional.of(first),
                Optional.empty(),
                List.of(ingredient(first, Optional.empty()), ingredient(second, permutations)),
                AggregationSettings.FEDAVG),
            TaskResult.Aggregated.class);
    assertSameValues(merged, aggregated.model());
    assertEquals(Optional.empty(), aggregated.serverState());
  }

  @Test
  void serverStateIsCarriedFromVersionToVersion() {
    List<Ingredient> ingredients =
        List.of(new Ingredient(second, Optional.of(aligned(second)), Optional.of(first), 2, 600));
    TaskResult.Aggregated one =
        run(
            new Task.Aggregate(Optional.of(first), Optional.empty(), ingredients, ADAM),
            TaskResult.Aggregated.class);
    Task next = new Task.Aggregate(Optional.of(one.model()), one.serverState(), ingredients, ADAM);
    TaskResult.Aggregated two = run(next, TaskResult.Aggregated.class);
    assertEquals(two, run(next, TaskResult.Aggregated.class));
    ModelId forgetful =
        run(
                new Task.Aggregate(Optional.of(one.model()), Optional.empty(), ingredients, ADAM),
                TaskResult.Aggregated.class)
            .model();
    assertNotEquals(two.model(), forgetful);
    try (Weights state = store.readTensors(two.serverState().orElseThrow())) {
      assertTrue(
          state.names().containsAll(List.of("layers.0.weight.mean", "layers.0.weight.variance")),
          state.names().toString());
    }
  }

  /** The first version is what the rule makes of the first contributions alone. */
  @Test
  void firstVersionTakesNoStep() {
    TaskResult.Aggregated version =
        run(
            new Task.Aggregate(
                Optional.empty(),
                Optional.empty(),
                List.of(ingredient(second, Optional.empty())),
                ADAM),
            TaskResult.Aggregated.class);
    assertSameValues(second, version.model());
    assertEquals(Optional.empty(), version.serverState());
  }
}
