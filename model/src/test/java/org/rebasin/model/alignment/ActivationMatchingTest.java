package org.rebasin.model.alignment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rebasin.model.architecture.Architecture;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.network.Dense;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Flatten;
import org.rebasin.model.network.LeakyRelu;
import org.rebasin.model.network.Network;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.permutation.RandomPermutations;
import org.rebasin.model.tensor.CoMoments;
import org.rebasin.model.tensor.NativeMemory;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.testing.ConvolutionShape;
import org.rebasin.model.testing.RandomWeights;

class ActivationMatchingTest {
  private static final int BATCH = 50;
  private static final Network NETWORK = Mlp.of(12, 40, 30, 5).network();
  private static final PermutationSpec SPEC = PermutationSpec.of(NETWORK);

  /** Batches of random inputs from {@code first} to before {@code last}; batch 3 is not full. */
  private static ActivationMoments moments(Weights a, Weights b, int first, int last) {
    ActivationMoments moments = ActivationMoments.of(SPEC, NETWORK);
    try (Execution one = Execution.forInference(NETWORK, BATCH);
        Execution other = Execution.forInference(NETWORK, BATCH)) {
      for (int batch = first; batch < last; batch++) {
        int count = batch == 3 ? 17 : BATCH;
        try (Tensor input = RandomWeights.gaussian(1000 + batch, BATCH, NETWORK.inputs())) {
          one.forward(a, input, count);
          other.forward(b, input, count);
          moments.add(one, other, count);
        }
      }
    }
    return moments;
  }

  private static void assertSame(ActivationMoments expected, ActivationMoments found) {
    Weights one = expected.toWeights();
    Weights other = found.toWeights();
    assertEquals(one.names(), other.names());
    one.tensors()
        .forEach((name, t) -> assertArrayEquals(t.toArray(), other.get(name).toArray(), name));
    one.close();
    other.close();
  }

  @ParameterizedTest
  @EnumSource(ActivationMatching.Score.class)
  void aPlantedPermutationIsRecovered(ActivationMatching.Score score) {
    Permutations planted = RandomPermutations.of(SPEC, 4);
    try (Weights a = RandomWeights.gaussian(1, NETWORK);
        Weights b = planted.apply(SPEC, a);
        ActivationMoments moments = moments(a, b, 0, 4)) {
      Alignment alignment = ActivationMatching.align(SPEC, a, b, moments, score);
      assertEquals(
          planted.byGroup().stream().map(Permutation::inverse).toList(),
          alignment.permutations().byGroup());
      assertEquals(score.method(), alignment.method());
      assertEquals(AlignmentObjective.of(SPEC, a, a, SPEC.identity()), alignment.objective(), 1e-3);
      assertEquals(
          AlignmentObjective.of(SPEC, a, b, SPEC.identity()), alignment.objectiveBefore(), 1e-3);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"resnet20:width=1", "resnet20:width=1,norm=batch", "vgg11:width=4"})
  void aPlantedPermutationOfAConvolutionalNetworkIsRecovered(String architecture) {
    Network network = Architecture.parse(architecture).network();
    PermutationSpec spec = PermutationSpec.of(network);
    Permutations planted = RandomPermutations.of(spec, 4);
    int count = 6;
    try (Weights a = network.initialize(1);
        Weights b = planted.apply(spec, a);
        ActivationMoments moments = ActivationMoments.of(spec, network);
        Execution one = Execution.forInference(network, count);
        Execution other = Execution.forInference(network, count);
        Tensor input = RandomWeights.gaussian(3, count, 3, 32, 32)) {
      one.forward(a, input, count);
      other.forward(b, input, count);
      moments.add(one, other, count);
      Permutations found =
          ActivationMatching.solve(spec, moments, ActivationMatching.Score.PEARSON);
      for (int group = 0; group < found.byGroup().size(); group++) {
        assertEveryUnitHasItsOwn(moments.moments(group), found.byGroup().get(group));
      }
      assertEquals(planted.byGroup().get(0).inverse(), found.byGroup().get(0));
      // Each pixel is a sample of the first group, behind the stem and behind three blocks if any.
      int values = moments.values().byGroup().get(0).size();
      assertEquals(architecture.startsWith("vgg") ? 1 : 4, values);
      assertEquals(values * count * 32L * 32, moments.moments(0).count());
    }
  }

  /** So few examples leave some units dead or alike, but none is paired with one unlike it. */
  private static void assertEveryUnitHasItsOwn(CoMoments moments, Permutation found) {
    int live = 0;
    for (int slot = 0; slot < found.size(); slot++) {
      if (moments.first().deviation(slot) > 1e-5) {
        float[] scores = ActivationMatching.scores(moments, slot, ActivationMatching.Score.PEARSON);
        assertEquals(1, scores[found.get(slot)], 1e-3);
        live++;
      }
    }
    assertTrue(live > found.size() / 4, live + " of " + found.size());
  }

  @Test
  void correlationSeesThroughOtherScalesAndADeadUnitScoresNothing() {
    try (Weights a = RandomWeights.gaussian(1, NETWORK);
        Weights b = Weights.copyOf(a)) {
      for (int unit = 0; unit < 40; unit++) {
        scale(b, unit, unit == 7 ? 0 : 1 + unit);
      }
      try (ActivationMoments moments = moments(a, b, 0, 4)) {
        Permutation found =
            ActivationMatching.solve(SPEC, moments, ActivationMatching.Score.PEARSON)
                .byGroup()
                .get(0);
        assertEquals(Permutation.identity(40), found);
        CoMoments first = moments.moments(0);
        for (int unit = 0; unit < 40; unit++) {
          float[] scores = ActivationMatching.scores(first, unit, ActivationMatching.Score.PEARSON);
          assertEquals(0, scores[7]);
          assertEquals(unit == 7 ? 0 : 1, scores[unit], 1e-4);
        }
      }
    }
  }

  private static void scale(Weights weights, int unit, float factor) {
    Tensor weight = weights.get("layers.0.weight");
    for (int i = unit * 12; i < unit * 12 + 12; i++) {
      weight.values().put(i, factor * weight.values().get(i));
    }
    Tensor bias = weights.get("layers.0.bias");
    bias.values().put(unit, factor * bias.values().get(unit));
  }

  @Test
  void scoresAreMeanProductsAndCorrelationsOfTheActivations() {
    try (Weights a = RandomWeights.gaussian(1, NETWORK);
        Weights b = RandomWeights.gaussian(50, NETWORK);
        ActivationMoments moments = moments(a, b, 0, 1);
        Execution one = Execution.forInference(NETWORK, BATCH);
        Execution other = Execution.forInference(NETWORK, BATCH);
        Tensor input = RandomWeights.gaussian(1000, BATCH, 12)) {
      one.forward(a, input, BATCH);
      other.forward(b, input, BATCH);
      float[] x = one.value(4).toArray();
      float[] y = other.value(4).toArray();
      for (int i = 0; i < 30; i++) {
        float[] products =
            ActivationMatching.scores(
                moments.moments(1), i, ActivationMatching.Score.INNER_PRODUCT);
        float[] correlations =
            ActivationMatching.scores(moments.moments(1), i, ActivationMatching.Score.PEARSON);
        for (int j = 0; j < 30; j++) {
          double meanX = 0;
          double meanY = 0;
          double product = 0;
          double squareX = 0;
          double squareY = 0;
          for (int s = 0; s < BATCH; s++) {
            double p = x[s * 30 + i];
            double q = y[s * 30 + j];
            meanX += p / BATCH;
            meanY += q / BATCH;
            product += p * q / BATCH;
            squareX += p * p / BATCH;
            squareY += q * q / BATCH;
          }
          double covariance = product - meanX * meanY;
          double variances = (squareX - meanX * meanX) * (squareY - meanY * meanY);
          assertEquals(product, products[j], 1e-5 * (1 + Math.sqrt(squareX * squareY)));
          assertEquals(
              variances < 1e-9 ? 0 : covariance / Math.sqrt(variances), correlations[j], 1e-4);
        }
      }
    }
  }

  @Test
  void shardsComputedApartCombineToTheSameBitsWhetherStoredInBetweenOrNot() {
    try (Weights a = RandomWeights.gaussian(1, NETWORK);
        Weights b = RandomWeights.gaussian(50, NETWORK);
        ActivationMoments whole = moments(a, b, 0, 4);
        ActivationMoments sum = moments(a, b, 0, 2);
        ActivationMoments again = moments(a, b, 0, 2);
        ActivationMoments later = moments(a, b, 2, 4)) {
      try (Weights stored = later.toWeights();
          ActivationMoments read = ActivationMoments.fromWeights(SPEC, NETWORK, stored)) {
        assertSame(later, read);
        again.combine(read);
      }
      sum.combine(later);
      assertSame(sum, again);
      assertEquals(3 * BATCH + 17, sum.moments(0).count());
      for (int i = 0; i < 40; i++) {
        assertArrayEquals(
            whole.moments(0).coMoments(i), sum.moments(0).coMoments(i), 1e-4 * 3 * BATCH);
      }
      for (ActivationMatching.Score score : ActivationMatching.Score.values()) {
        assertEquals(
            ActivationMatching.solve(SPEC, whole, score),
            ActivationMatching.solve(SPEC, sum, score));
      }
    }
  }

  @Test
  void activationsThatWereComputedElsewhereCountLikeOnesComputedHere() {
    try (Weights a = RandomWeights.gaussian(1, NETWORK);
        Weights b = RandomWeights.gaussian(50, NETWORK);
        ActivationMoments here = moments(a, b, 0, 1);
        ActivationMoments sent = ActivationMoments.of(SPEC, NETWORK);
        Execution execution = Execution.forInference(NETWORK, BATCH);
        Tensor input = RandomWeights.gaussian(1000, BATCH, 12)) {
      assertEquals(List.of(2, 4), sent.values().all());
      for (int value : sent.values().all()) {
        execution.forward(a, input, BATCH);
        float[] one = execution.value(value).toArray();
        execution.forward(b, input, BATCH);
        float[] other = execution.value(value).toArray();
        int units = one.length / BATCH;
        try (Tensor first = Tensor.of(one, BATCH, units);
            Tensor second = Tensor.of(other, BATCH, units)) {
          sent.add(value, first, second, BATCH);
          String message =
              assertThrows(
                      IllegalArgumentException.class,
                      () -> sent.add(value, first, second, BATCH + 1))
                  .getMessage();
          assertEquals(
              "value %d: expected at least one and at most 50 examples of shape [%d], found 51 in [50, %d]"
                  .formatted(value, units, units),
              message);
          assertEquals(
              "expected one of the values [2, 4], found 1",
              assertThrows(IllegalArgumentException.class, () -> sent.add(1, first, second, BATCH))
                  .getMessage());
        }
      }
      assertSame(here, sent);
    }
  }

  @Test
  void aUnitOfSeveralElementsHasASampleForEach() {
    Network network =
        Network.builder("flattened", List.of(2, 2, 3))
            .then("pixels", new ConvolutionShape("w", 2, 4, 1))
            .then("flatten", new Flatten(List.of(4, 2, 3)))
            .then("relu", new LeakyRelu(0))
            .then("head", new Dense("head", Optional.empty(), 24, 3))
            .build();
    PermutationSpec spec = PermutationSpec.of(network);
    try (ActivationMoments moments = ActivationMoments.of(spec, network);
        Tensor a = RandomWeights.gaussian(1, 7, 24);
        Tensor b = RandomWeights.gaussian(2, 7, 24)) {
      assertEquals(List.of(3), moments.values().all());
      moments.add(3, a, b, 7);
      assertEquals(42, moments.moments(0).count());
      double mean = 0;
      for (int example = 0; example < 7; example++) {
        for (int pixel = 0; pixel < 6; pixel++) {
          mean += a.values().get(example * 24 + 2 * 6 + pixel) / 42.0;
        }
      }
      assertEquals(mean, moments.moments(0).first().mean(2), 1e-6);
    }
  }

  @Test
  void withoutExamplesOrWithBrokenActivationsThereIsNoAnswer() {
    long before = NativeMemory.bytes();
    try (Weights a = RandomWeights.gaussian(1, NETWORK);
        Weights b = Weights.copyOf(a);
        ActivationMoments none = ActivationMoments.of(SPEC, NETWORK)) {
      assertEquals(
          "layers.0: expected activations of at least one example, found none",
          refusal(none).getMessage());
      b.get("layers.1.bias").values().put(3, Float.NaN);
      try (ActivationMoments broken = moments(a, b, 0, 1)) {
        String message = refusal(broken).getMessage();
        assertTrue(message.startsWith("layers.1: expected finite activations"), message);
        assertTrue(message.endsWith("at unit 3"), message);
      }
    }
    assertEquals(before, NativeMemory.bytes());
  }

  private static IllegalArgumentException refusal(ActivationMoments moments) {
    return assertThrows(
        IllegalArgumentException.class,
        () -> ActivationMatching.solve(SPEC, moments, ActivationMatching.Score.INNER_PRODUCT));
  }

  @Test
  void momentsOfAnotherNetworkAreRefused() {
    Network other = Mlp.of(12, 41, 30, 5).network();
    PermutationSpec spec = PermutationSpec.of(other);
    try (ActivationMoments one = ActivationMoments.of(SPEC, NETWORK);
        ActivationMoments another = ActivationMoments.of(spec, other);
        Weights stored = one.toWeights()) {
      assertThrows(IllegalArgumentException.class, () -> one.combine(another));
      assertThrows(
          IllegalArgumentException.class, () -> ActivationMoments.fromWeights(spec, other, stored));
    }
  }
}
