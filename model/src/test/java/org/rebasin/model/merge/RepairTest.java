package org.rebasin.model.merge;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.data.Batch;
import org.rebasin.model.data.ImageShape;
import org.rebasin.model.data.LabelledImages;
import org.rebasin.model.network.Addition;
import org.rebasin.model.network.BatchNorm;
import org.rebasin.model.network.Convolution;
import org.rebasin.model.network.Dense;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Flatten;
import org.rebasin.model.network.GroupNorm;
import org.rebasin.model.network.InstanceNorm;
import org.rebasin.model.network.LayerNorm;
import org.rebasin.model.network.LeakyRelu;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Operator;
import org.rebasin.model.network.Window;
import org.rebasin.model.tensor.NativeMemory;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.testing.RandomWeights;

class RepairTest {
  private static final ImageShape SHAPE = new ImageShape(1, 3, 4);
  private static final Network NETWORK = Mlp.of(12, 20, 15, 10, 5).network();
  private static final LabelledImages IMAGES = images(200);
  private static final double[] SHARES = {0.25, 0.75};

  private static LabelledImages images(int count) {
    byte[] pixels = new byte[count * SHAPE.elements()];
    new Random(5).nextBytes(pixels);
    return LabelledImages.of(SHAPE, 5, pixels, new byte[count]);
  }

  private static Repair.Report repair(
      Network network, List<Weights> parents, double[] shares, Weights merged, int batchSize) {
    try (Repair repair = new Repair(network, parents, shares, merged, batchSize);
        Batch batch = new Batch(SHAPE, batchSize)) {
      for (int pass = 0; pass < repair.passes(); pass++) {
        for (int from = 0; from < IMAGES.size(); from += batchSize) {
          repair.add(batch.fill(IMAGES, from, Math.min(batchSize, IMAGES.size() - from)));
        }
        repair.endPass();
      }
      return repair.report();
    }
  }

  /** Mean and deviation of each channel of a value over all images, in double. */
  private static double[][] statistics(Network network, Weights weights, int value) {
    try (Execution execution = Execution.forInference(network, IMAGES.size());
        Batch batch = new Batch(SHAPE, IMAGES.size())) {
      batch.fill(IMAGES, 0, IMAGES.size());
      execution.forward(weights, batch.inputs(), IMAGES.size());
      Tensor tensor = execution.value(value);
      int channels = network.shape(value).get(0);
      int samples = tensor.size() / channels;
      double[][] statistics = new double[2][channels];
      for (int c = 0; c < channels; c++) {
        double mean = 0;
        for (int s = 0; s < samples; s++) {
          mean += (double) tensor.values().get(s * channels + c) / samples;
        }
        double squares = 0;
        for (int s = 0; s < samples; s++) {
          squares += Math.pow(tensor.values().get(s * channels + c) - mean, 2);
        }
        statistics[0][c] = mean;
        statistics[1][c] = Math.sqrt(squares / samples);
      }
      return statistics;
    }
  }

  private static void assertRepaired(
      Network network, List<Weights> parents, Weights merged, int value) {
    double[][] first = statistics(network, parents.get(0), value);
    double[][] second = statistics(network, parents.get(1), value);
    double[][] found = statistics(network, merged, value);
    for (int kind = 0; kind < 2; kind++) {
      for (int c = 0; c < found[kind].length; c++) {
        double expected = SHARES[0] * first[kind][c] + SHARES[1] * second[kind][c];
        assertEquals(expected, found[kind][c], 1e-4 * (1 + Math.abs(expected)));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 200})
  void everyHiddenLayerGetsTheAverageStatisticsOfTheParentsWhateverTheBatches(int batchSize) {
    try (Weights a = RandomWeights.gaussian(1, NETWORK);
        Weights b = RandomWeights.gaussian(20, NETWORK);
        Weights merged = WeightedAverage.of(List.of(a, b), SHARES)) {
      float[] logits = merged.get("layers.3.weight").toArray();
      Repair.Report report = repair(NETWORK, List.of(a, b), SHARES, merged, batchSize);
      assertEquals(List.of("layers.0", "layers.1", "layers.2"), report.repaired());
      assertEquals(List.of(), report.leftOut());
      for (int value : new int[] {1, 3, 5}) {
        assertRepaired(NETWORK, List.of(a, b), merged, value);
      }
      assertArrayEquals(logits, merged.get("layers.3.weight").toArray());
    }
  }

  @Test
  void aNetworkThatHasItsStatisticsAlreadyComputesWhatItDid() {
    try (Weights a = RandomWeights.gaussian(1, NETWORK);
        Weights b = RandomWeights.gaussian(20, NETWORK);
        Weights merged = Weights.copyOf(a)) {
      repair(NETWORK, List.of(a, b), new double[] {1, 0}, merged, 50);
      a.tensors()
          .forEach(
              (name, tensor) ->
                  assertArrayEquals(tensor.toArray(), merged.get(name).toArray(), 1e-4f, name));
    }
  }

  @Test
  void theSameBatchesGiveTheSameBits() {
    try (Weights a = RandomWeights.gaussian(1, NETWORK);
        Weights b = RandomWeights.gaussian(20, NETWORK);
        Weights one = WeightedAverage.of(List.of(a, b), SHARES);
        Weights other = Weights.copyOf(one)) {
      repair(NETWORK, List.of(a, b), SHARES, one, 30);
      repair(NETWORK, List.of(a, b), SHARES, other, 30);
      one.tensors()
          .forEach(
              (name, tensor) ->
                  assertArrayEquals(tensor.toArray(), other.get(name).toArray(), name));
    }
  }

  @Test
  void aLayerWithoutBiasIsLeftOutAndNamed() {
    Network network =
        Network.builder("test", List.of(12))
            .then("one", new Dense("w1", Optional.empty(), 12, 9))
            .then("relu1", new LeakyRelu(0))
            .then("two", new Dense("w2", Optional.of("b2"), 9, 8))
            .then("relu2", new LeakyRelu(0))
            .then("head", new Dense("w3", Optional.of("b3"), 8, 5))
            .build();
    try (Weights a = RandomWeights.gaussian(1, network);
        Weights b = RandomWeights.gaussian(20, network);
        Weights merged = WeightedAverage.of(List.of(a, b), SHARES)) {
      float[] before = merged.get("w1").toArray();
      Repair.Report report = repair(network, List.of(a, b), SHARES, merged, 50);
      assertEquals(List.of("two"), report.repaired());
      assertEquals(List.of("one"), report.leftOut());
      assertArrayEquals(before, merged.get("w1").toArray());
      assertRepaired(network, List.of(a, b), merged, 3);
    }
  }

  @Test
  void deadChannelsAreShiftedAndNotBlownUp() {
    try (Weights a = RandomWeights.gaussian(1, NETWORK);
        Weights b = RandomWeights.gaussian(20, NETWORK);
        Weights merged = WeightedAverage.of(List.of(a, b), SHARES)) {
      for (int i = 0; i < 12; i++) {
        merged.get("layers.0.weight").values().put(i, 1e-9f * i);
        a.get("layers.0.weight").values().put(12 + i, 0);
        b.get("layers.0.weight").values().put(12 + i, 0);
      }
      repair(NETWORK, List.of(a, b), SHARES, merged, 50);
      double[][] first = statistics(NETWORK, a, 1);
      double[][] second = statistics(NETWORK, b, 1);
      double[][] found = statistics(NETWORK, merged, 1);
      for (int channel : new int[] {0, 1}) {
        assertEquals(0.25 * first[0][channel] + 0.75 * second[0][channel], found[0][channel], 1e-5);
        assertEquals(0, found[1][channel], 1e-6);
      }
      assertRepaired(NETWORK, List.of(a, b), merged, 3);
    }
  }

  @Test
  void aPassWithoutExamplesOneTooManyAndBrokenParentsAreRefused() {
    long before = NativeMemory.bytes();
    try (Weights a = RandomWeights.gaussian(1, NETWORK);
        Weights b = RandomWeights.gaussian(20, NETWORK);
        Weights merged = Weights.copyOf(a);
        Repair repair = new Repair(NETWORK, List.of(a, b), SHARES, merged, 200);
        Batch batch = new Batch(SHAPE, 200)) {
      assertEquals(
          "pass 0 of 4: expected at least one example, found none",
          assertThrows(IllegalStateException.class, repair::endPass).getMessage());
      for (int pass = 0; pass < 4; pass++) {
        repair.add(batch.fill(IMAGES, 0, 200));
        repair.endPass();
      }
      assertThrows(IllegalStateException.class, () -> repair.add(batch));
      assertThrows(
          IllegalArgumentException.class,
          () -> new Repair(NETWORK, List.of(a), SHARES, merged, 200));
      b.get("layers.0.bias").values().put(2, Float.NaN);
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> repair(NETWORK, List.of(a, b), SHARES, merged, 50))
              .getMessage();
      assertTrue(
          message.startsWith("layers.0: expected finite statistics of the parents")
              && message.endsWith("at channel 2"),
          message);
    }
    assertEquals(before, NativeMemory.bytes());
  }

  /** Two convolutions with what is to be corrected behind each, then two dense layers. */
  private static Network convolutional(Operator first, Operator second) {
    Network.Builder builder = Network.builder("test", List.of(1, 3, 4));
    builder.then("one", convolution("one", 1, 6)).then("norm1", first);
    int relu = builder.add("relu1", new LeakyRelu(0), List.of(2));
    builder.then("two", convolution("two", 6, 6)).then("norm2", second);
    int branch = builder.add("shortcut", convolution("shortcut", 6, 6), List.of(relu));
    builder.add("sum", new Addition(), List.of(branch - 1, branch));
    builder.then("flatten", new Flatten(List.of(6, 3, 4)));
    builder.then("three", new Dense("three.w", Optional.of("three.b"), 72, 8));
    builder.then("relu3", new LeakyRelu(0));
    return builder.then("head", new Dense("head.w", Optional.of("head.b"), 8, 5)).build();
  }

  private static Convolution convolution(String name, int inputs, int outputs) {
    return new Convolution(
        name + ".w", Optional.of(name + ".b"), inputs, outputs, Window.square(3, 1, 1), 1);
  }

  /** Gaussian weights, but for variances, which are positive. */
  private static Weights weights(Network network, long seed) {
    Weights weights = RandomWeights.gaussian(seed, network);
    for (String name : weights.names()) {
      if (name.endsWith("running_var")) {
        Tensor variances = weights.get(name);
        for (int i = 0; i < variances.size(); i++) {
          variances.values().put(i, 0.5f + Math.abs(variances.values().get(i)));
        }
      }
    }
    return weights;
  }

  @Test
  void normalisationsAreCorrectedInPlaceOfTheLayersBeforeThem() {
    Network network =
        convolutional(BatchNorm.of("n1", 6), new LayerNorm("n2.weight", "n2.bias", 6, 1e-5));
    try (Weights a = weights(network, 1);
        Weights b = weights(network, 30);
        Weights merged = WeightedAverage.of(List.of(a, b), SHARES)) {
      float[] convolution = merged.get("two.w").toArray();
      Repair.Report report = repair(network, List.of(a, b), SHARES, merged, 32);
      assertEquals(List.of("norm1", "norm2", "shortcut", "three"), report.repaired());
      assertEquals(List.of(), report.leftOut());
      assertArrayEquals(convolution, merged.get("two.w").toArray());
      for (int value : new int[] {2, 5, 6, 9}) {
        assertRepaired(network, List.of(a, b), merged, value);
      }
      double[][] statistics = statistics(network, merged, 1);
      int samples = IMAGES.size() * 12;
      for (int c = 0; c < 6; c++) {
        assertEquals(statistics[0][c], merged.get("n1.running_mean").values().get(c), 1e-5);
        double variance = Math.pow(statistics[1][c], 2) * samples / (samples - 1);
        assertEquals(variance, merged.get("n1.running_var").values().get(c), 1e-4 * (1 + variance));
      }
    }
  }

  @Test
  void aNormalisationThatNeitherScalesNorShiftsIsLeftOutAndNamed() {
    Network network =
        convolutional(
            new InstanceNorm(Optional.empty(), Optional.empty(), 6, 1e-5),
            new GroupNorm("n2.weight", "n2.bias", 6, 1, 1e-5));
    try (Weights a = weights(network, 1);
        Weights b = weights(network, 30);
        Weights merged = WeightedAverage.of(List.of(a, b), SHARES)) {
      Repair.Report report = repair(network, List.of(a, b), SHARES, merged, 32);
      assertEquals(List.of("norm2", "shortcut", "three"), report.repaired());
      assertEquals(List.of("norm1"), report.leftOut());
      for (int value : new int[] {5, 6, 9}) {
        assertRepaired(network, List.of(a, b), merged, value);
      }
    }
  }

  @Test
  void aNetworkWithoutHiddenLayersNeedsNoPass() {
    Network network = Mlp.of(12, 5).network();
    try (Weights a = RandomWeights.gaussian(1, network);
        Repair repair = new Repair(network, List.of(a), new double[] {1}, a, 10)) {
      assertEquals(0, repair.passes());
      assertEquals(List.of(), repair.report().repaired());
    }
  }
}
