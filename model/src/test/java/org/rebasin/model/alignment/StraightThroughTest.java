package org.rebasin.model.alignment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.data.Batch;
import org.rebasin.model.data.BatchOrder;
import org.rebasin.model.data.Dataset;
import org.rebasin.model.data.DatasetSpecification;
import org.rebasin.model.data.LabelledImages;
import org.rebasin.model.evaluation.Classifier;
import org.rebasin.model.merge.Interpolation;
import org.rebasin.model.network.Network;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.training.Optimizer;
import org.rebasin.model.training.Schedule;
import org.rebasin.model.training.TrainingRun;

class StraightThroughTest {
  private static final int BATCH = 50;
  private static final int EPOCH = 30;
  private static final Dataset DIGITS =
      DatasetSpecification.parse("digits:train=1500,test=1000").load();
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
    return match(A, B, epochs, settings);
  }

  private static Alignment match(
      Weights a, Weights b, int epochs, StraightThrough.Settings settings) {
    try (StraightThrough matching = new StraightThrough(NETWORK, SPEC, a, b, settings, BATCH)) {
      forEachBatch(
          epochs, 3, batch -> matching.step(batch.inputs(), batch.labels(), batch.count()));
      assertEquals(EPOCH * epochs, matching.steps());
      return matching.result();
    }
  }

  private static double midpointLoss(
      Weights a, Weights b, Permutations permutations, LabelledImages images) {
    try (Weights permuted = permutations.apply(SPEC, b);
        Weights midpoint = Weights.like(a);
        Classifier classifier = new Classifier(NETWORK, images)) {
      Interpolation.at(0.5, a, permuted, midpoint);
      return classifier.evaluate(midpoint, images).loss();
    }
  }

  private static Permutations byWeights(Weights a, Weights b) {
    return WeightMatching.align(SPEC, a, b, WeightMatching.Settings.withSeed(0)).permutations();
  }

  @ParameterizedTest
  @ValueSource(longs = {10, 20, 30, 40})
  void theMidpointLosesLessThanByWeightsAloneOnTrainingImagesAndOnNewOnes(long seed) {
    try (Weights a = train(seed);
        Weights b = train(seed + 1)) {
      Permutations byWeights = byWeights(a, b);
      Permutations learned =
          match(a, b, 8, new StraightThrough.Settings(0.03, EPOCH, 0)).permutations();
      for (LabelledImages images : List.of(DIGITS.train(), DIGITS.test())) {
        double naive = midpointLoss(a, b, SPEC.identity(), images);
        double weights = midpointLoss(a, b, byWeights, images);
        double loss = midpointLoss(a, b, learned, images);
        assertTrue(
            loss < weights && weights < naive,
            () -> "naive %s, by weights %s, learned %s".formatted(naive, weights, loss));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-3, 0.3, 1, 5, 100})
  void atNoLearningRateDoesTheMidpointLoseMoreThanByWeightsAlone(double learningRate) {
    Permutations learned =
        match(4, new StraightThrough.Settings(learningRate, EPOCH, 0)).permutations();
    double weights = midpointLoss(A, B, byWeights(A, B), DIGITS.train());
    double loss = midpointLoss(A, B, learned, DIGITS.train());
    // Equal permutations give equal losses but for the rounding of batches of different sizes.
    assertTrue(loss <= weights * (1 + 1e-6), () -> weights + " by weights, learned " + loss);
  }

  @Test
  void theResultSaysWhatItReached() {
    Alignment found = match(2, new StraightThrough.Settings(0.1, EPOCH, 0));
    assertEquals("straight-through", found.method());
    assertEquals(2 * EPOCH, found.sweeps());
    assertEquals(AlignmentObjective.of(SPEC, A, B, found.permutations()), found.objective(), 1e-9);
    assertEquals(AlignmentObjective.of(SPEC, A, B, SPEC.identity()), found.objectiveBefore(), 1e-9);
  }

  @Test
  void theSameSeedAndBatchesGiveTheSamePermutations() {
    StraightThrough.Settings settings = StraightThrough.Settings.withSeed(5);
    assertEquals(match(2, settings).permutations(), match(2, settings).permutations());
  }

  @Test
  void withoutAStepTheResultIsThatOfWeightMatching() {
    Alignment found = match(0, new StraightThrough.Settings(1, EPOCH, 0));
    double byWeights = AlignmentObjective.of(SPEC, A, B, byWeights(A, B));
    assertEquals(byWeights, found.objective(), 1e-3 * byWeights);
  }

  @Test
  void askingForResultsInBetweenOnlyAddsCandidates() {
    StraightThrough.Settings settings = new StraightThrough.Settings(0.03, 2 * EPOCH, 0);
    try (StraightThrough asked = new StraightThrough(NETWORK, SPEC, A, B, settings, BATCH);
        StraightThrough silent = new StraightThrough(NETWORK, SPEC, A, B, settings, BATCH)) {
      forEachBatch(
          4,
          3,
          batch -> {
            asked.step(batch.inputs(), batch.labels(), batch.count());
            asked.result();
            silent.step(batch.inputs(), batch.labels(), batch.count());
          });
      assertTrue(
          midpointLoss(A, B, asked.result().permutations(), DIGITS.train())
              <= midpointLoss(A, B, silent.result().permutations(), DIGITS.train()));
    }
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
