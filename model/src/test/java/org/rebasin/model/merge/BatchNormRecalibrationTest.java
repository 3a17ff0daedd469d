package org.rebasin.model.merge;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.data.Batch;
import org.rebasin.model.data.ImageShape;
import org.rebasin.model.data.LabelledImages;
import org.rebasin.model.network.BatchNorm;
import org.rebasin.model.network.Convolution;
import org.rebasin.model.network.Dense;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Flatten;
import org.rebasin.model.network.LeakyRelu;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Window;
import org.rebasin.model.tensor.NativeMemory;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.testing.RandomWeights;

class BatchNormRecalibrationTest {
  private static final ImageShape SHAPE = new ImageShape(2, 4, 5);
  private static final int BATCH = 8;
  private static final Network NETWORK =
      Network.builder("test", List.of(2, 4, 5))
          .then("one", new Convolution("w1", Optional.empty(), 2, 6, Window.square(3, 1, 1), 1))
          .then("norm1", BatchNorm.of("norm1", 6))
          .then("relu1", new LeakyRelu(0))
          .then("flatten", new Flatten(List.of(6, 4, 5)))
          .then("two", new Dense("w2", Optional.of("b2"), 120, 7))
          .then("norm2", BatchNorm.of("norm2", 7))
          .then("relu2", new LeakyRelu(0))
          .then("head", new Dense("w3", Optional.of("b3"), 7, 3))
          .build();
  private static final LabelledImages IMAGES = images(43);

  private static LabelledImages images(int count) {
    byte[] pixels = new byte[count * SHAPE.elements()];
    new Random(5).nextBytes(pixels);
    return LabelledImages.of(SHAPE, 3, pixels, new byte[count]);
  }

  /** Runs batches of which the last is not full. */
  private static void recalibrate(Weights weights) {
    try (BatchNormRecalibration recalibration =
            new BatchNormRecalibration(NETWORK, weights, BATCH);
        Batch batch = new Batch(SHAPE, BATCH)) {
      for (int from = 0; from < IMAGES.size(); from += BATCH) {
        recalibration.add(batch.fill(IMAGES, from, Math.min(BATCH, IMAGES.size() - from)));
      }
      recalibration.finish();
    }
  }

  @Test
  void runningStatisticsAreThoseOfAllSamplesWhileBatchesAreNormalisedByTheirOwn() {
    try (Weights weights = RandomWeights.gaussian(1, NETWORK)) {
      double[][] first = statistics(weights, 1);
      double[][] second = statistics(weights, 5);
      recalibrate(weights);
      assertStatistics(first, weights, "norm1");
      assertStatistics(second, weights, "norm2");
    }
  }

  private static void assertStatistics(double[][] expected, Weights weights, String norm) {
    for (int c = 0; c < expected[0].length; c++) {
      assertEquals(
          expected[0][c],
          weights.get(norm + ".running_mean").values().get(c),
          1e-5 * (1 + Math.abs(expected[0][c])));
      assertEquals(
          expected[1][c],
          weights.get(norm + ".running_var").values().get(c),
          1e-5 * (1 + expected[1][c]));
    }
  }

  /** Mean and unbiased variance of each channel of a value over all batches, in double. */
  private static double[][] statistics(Weights weights, int value) {
    int channels = NETWORK.shape(value).get(0);
    double[] sums = new double[channels];
    double[] squares = new double[channels];
    long samples = 0;
    try (Execution execution = Execution.forStatistics(NETWORK, BATCH);
        Batch batch = new Batch(SHAPE, BATCH)) {
      for (int from = 0; from < IMAGES.size(); from += BATCH) {
        int count = Math.min(BATCH, IMAGES.size() - from);
        execution.forward(weights, batch.fill(IMAGES, from, count).inputs(), count);
        Tensor tensor = execution.value(value);
        int rows = tensor.size() / channels / BATCH * count;
        samples += rows;
        for (int i = 0; i < rows * channels; i++) {
          double x = tensor.values().get(i);
          sums[i % channels] += x;
          squares[i % channels] += x * x;
        }
      }
    }
    double[][] statistics = new double[2][channels];
    for (int c = 0; c < channels; c++) {
      statistics[0][c] = sums[c] / samples;
      statistics[1][c] = (squares[c] - sums[c] * sums[c] / samples) / (samples - 1);
    }
    return statistics;
  }

  @Test
  void onlyRunningStatisticsChange() {
    try (Weights weights = RandomWeights.gaussian(1, NETWORK);
        Weights before = Weights.copyOf(weights)) {
      recalibrate(weights);
      before
          .tensors()
          .forEach(
              (name, tensor) -> {
                if (!name.contains("running")) {
                  assertArrayEquals(tensor.toArray(), weights.get(name).toArray(), name);
                }
              });
    }
  }

  @Test
  void withoutExamplesThereAreNoStatistics() {
    long before = NativeMemory.bytes();
    try (Weights weights = RandomWeights.gaussian(1, NETWORK);
        BatchNormRecalibration recalibration =
            new BatchNormRecalibration(NETWORK, weights, BATCH)) {
      assertEquals(
          "norm1.running_mean: expected at least one example, found none",
          assertThrows(IllegalStateException.class, recalibration::finish).getMessage());
    }
    assertEquals(before, NativeMemory.bytes());
  }

  @Test
  void itConcernsNetworksWithABatchNormalisation() {
    assertTrue(BatchNormRecalibration.concerns(NETWORK));
    assertFalse(BatchNormRecalibration.concerns(Mlp.of(3, 4, 2).network()));
  }
}
