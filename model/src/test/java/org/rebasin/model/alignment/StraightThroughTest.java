package org.rebasin.model.alignment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.rebasin.model.data.Batch;
import org.rebasin.model.data.BatchOrder;
import org.rebasin.model.data.Dataset;
import org.rebasin.model.data.DatasetSpecification;
import org.rebasin.model.evaluation.Classifier;
import org.rebasin.model.merge.Interpolation;
import org.rebasin.model.network.Mlp;
import org.rebasin.model.network.Network;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.training.Optimizer;
import org.rebasin.model.training.Schedule;
import org.rebasin.model.training.TrainingRun;

class StraightThroughTest {
  private static final int BATCH = 100;
  private static final Dataset DIGITS =
      DatasetSpecification.parse("digits:train=1500,test=100").load();
  private static final Network NETWORK = Mlp.of(784, 32, 24, 10).network();
  private static final PermutationSpec SPEC = PermutationSpec.of(NETWORK);
  private static final Weights A = train(1);
  private static final Weights B = train(2);

  @AfterAll
  static void close() {
    A.close();
    B.close();
  }

  private static Weights train(long seed) {
    try (TrainingRun run =
        new TrainingRun(
            NETWORK,
            NETWORK.initialize(seed),
            Optimizer.Kind.ADAM,
            0,
            new Schedule(3e-3, 0, 1000, Schedule.Decay.CONSTANT),
            BATCH)) {
      forEachBatch(8, seed, batch -> run.step(batch.inputs(), batch.labels(), batch.count()));
      return Weights.copyOf(run.weights());
    }
  }

  private interface Step {
    void accept(Batch batch);
  }

  private static void forEachBatch(int epochs, long seed, Step step) {
    try (Batch batch = new Batch(DIGITS.shape(), BATCH)) {
      for (int epoch = 1; epoch <= epochs; epoch++) {
        BatchOrder order = BatchOrder.shuffled(DIGITS.train().size(), BATCH, seed, epoch);
        for (int i = 0; i < order.batches(); i++) {
          step.accept(batch.fill(DIGITS.train(), order, i));
        }
      }
    }
  }

  private static Alignment match(int epochs, StraightThrough.Settings settings) {
    try (StraightThrough matching = new StraightThrough(NETWORK, SPEC, A, B, settings, BATCH)) {
      forEachBatch(
          epochs, 3, batch -> matching.step(batch.inputs(), batch.labels(), batch.count()));
      assertEquals(15 * epochs, matching.steps());
      return matching.result();
    }
  }

  private static double midpointLoss(Permutations permutations) {
    try (Weights permuted = permutations.apply(SPEC, B);
        Weights midpoint = Weights.like(A);
        Classifier classifier = new Classifier(NETWORK, DIGITS.train())) {
      Interpolation.at(0.5, A, permuted, midpoint);
      return classifier.evaluate(midpoint, DIGITS.train()).loss();
    }
  }

  @Test
  void theMidpointLosesFarLessThanWithoutAlignment() {
    Alignment found = match(10, new StraightThrough.Settings(0.1, 15, 0));
    double naive = midpointLoss(SPEC.identity());
    double learned = midpointLoss(found.permutations());
    assertTrue(learned < naive / 3, () -> "naive %s, learned %s".formatted(naive, learned));
    assertEquals("straight-through", found.method());
    assertEquals(AlignmentObjective.of(SPEC, A, B, found.permutations()), found.objective(), 1e-9);
    assertEquals(AlignmentObjective.of(SPEC, A, B, SPEC.identity()), found.objectiveBefore(), 1e-9);
  }

  @Test
  void theSameSeedAndBatchesGiveTheSamePermutations() {
    StraightThrough.Settings settings = StraightThrough.Settings.withSeed(5);
    assertEquals(match(2, settings).permutations(), match(2, settings).permutations());
  }

  @Test
  void beforeTheFirstWholeWindowTheResultIsThatOfWeightMatching() {
    Alignment found = match(1, new StraightThrough.Settings(1, 16, 0));
    double byWeights =
        WeightMatching.align(SPEC, A, B, WeightMatching.Settings.withSeed(0)).objective();
    assertEquals(byWeights, found.objective(), 1e-3 * byWeights);
  }

  @Test
  void bothModelsStayAsTheyAre() {
    try (Weights a = Weights.copyOf(A);
        Weights b = Weights.copyOf(B)) {
      match(1, StraightThrough.Settings.withSeed(0));
      for (String name : a.names()) {
        assertArrayEquals(a.get(name).toArray(), A.get(name).toArray(), name);
        assertArrayEquals(b.get(name).toArray(), B.get(name).toArray(), name);
      }
    }
  }

  @Test
  void divergenceIsReported() {
    try (StraightThrough matching =
            new StraightThrough(NETWORK, SPEC, A, B, StraightThrough.Settings.withSeed(0), BATCH);
        Tensor input = Tensor.allocate(BATCH, 784)) {
      input.values().put(0, Float.NaN);
      ArithmeticException thrown =
          assertThrows(
              ArithmeticException.class, () -> matching.step(input, new int[BATCH], BATCH));
      assertTrue(thrown.getMessage().contains("matching diverged"), thrown::getMessage);
    }
  }
}
