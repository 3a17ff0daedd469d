package org.rebasin.model.merge;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.rebasin.model.tensor.NativeMemory;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.testing.RandomWeights;

class MergeProperties {
  private static Weights weights(long seed, int length) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("long", RandomWeights.gaussian(seed, length));
    tensors.put("short", RandomWeights.gaussian(seed + 1, 2, 3));
    return new Weights(tensors);
  }

  @Property(tries = 40, seed = "1")
  void pointOfTheLineIsTheWeightedSumOfItsEnds(
      @ForAll @DoubleRange(min = 0, max = 1) double lambda,
      @ForAll @IntRange(min = 1, max = 5000) int length,
      @ForAll int seed) {
    try (Weights a = weights(seed, length);
        Weights b = weights(seed + 10L, length);
        Weights target = weights(seed + 20L, length)) {
      Interpolation.at(lambda, a, b, target);
      for (String name : a.names()) {
        float[] left = a.get(name).toArray();
        float[] right = b.get(name).toArray();
        float[] found = target.get(name).toArray();
        for (int i = 0; i < found.length; i++) {
          assertEquals((1 - lambda) * left[i] + lambda * right[i], found[i], 2e-6);
        }
      }
    }
  }

  @Property(tries = 20, seed = "1")
  void midpointIsTheSameFromBothSides(@ForAll int seed) {
    try (Weights a = weights(seed, 3000);
        Weights b = weights(seed + 10L, 3000);
        Weights there = Weights.like(a);
        Weights back = Weights.like(a)) {
      Interpolation.at(0.5, a, b, there);
      Interpolation.at(0.5, b, a, back);
      for (String name : a.names()) {
        assertArrayEquals(there.get(name).toArray(), back.get(name).toArray());
      }
    }
  }

  @Property(tries = 30, seed = "1")
  void averageIsTheWeightedSumInDouble(
      @ForAll @Size(min = 1, max = 8) List<@DoubleRange(min = 0.01, max = 9) Double> counts,
      @ForAll @IntRange(min = 1, max = 5000) int length,
      @ForAll int seed) {
    double[] weights =
        WeightedAverage.normalized(counts.stream().mapToDouble(Double::doubleValue).toArray());
    assertEquals(1, Arrays.stream(weights).sum(), 1e-12);
    double[] expected = new double[length];
    try (WeightedAverage average = new WeightedAverage(new int[] {length}, weights)) {
      for (int model = 0; model < weights.length; model++) {
        try (Tensor tensor = RandomWeights.gaussian(seed + (long) model, length)) {
          average.add(tensor);
          for (int i = 0; i < length; i++) {
            expected[i] += weights[model] * tensor.values().get(i);
          }
        }
      }
      for (int i = 0; i < length; i++) {
        assertEquals(expected[i], average.mean().values().get(i), 2e-6);
      }
    }
  }

  @Example
  void networksOfOtherShapesAreNotInterpolated() {
    try (Weights a = weights(1, 40);
        Weights larger = weights(2, 41);
        Weights target = weights(3, 40)) {
      String expected = "long: expected shape [40], found [41]";
      for (double lambda : new double[] {0, 0.5, 1}) {
        assertEquals(
            expected,
            assertThrows(
                    IllegalArgumentException.class,
                    () -> Interpolation.at(lambda, a, larger, target))
                .getMessage());
        assertEquals(
            expected,
            assertThrows(
                    IllegalArgumentException.class,
                    () -> Interpolation.at(lambda, larger, a, target))
                .getMessage());
      }
    }
  }

  @Example
  void tensorOfAnotherShapeIsNotAveraged() {
    try (WeightedAverage average = new WeightedAverage(new int[] {2, 3}, new double[] {1});
        Tensor larger = Tensor.allocate(2, 4);
        Tensor turned = Tensor.allocate(3, 2);
        Tensor fits = RandomWeights.gaussian(1, 2, 3)) {
      assertEquals(
          "expected shape [2, 3], found [2, 4]",
          assertThrows(IllegalArgumentException.class, () -> average.add(larger)).getMessage());
      assertThrows(IllegalArgumentException.class, () -> average.add(turned));
      // A refused tensor does not count.
      average.add(fits);
      assertArrayEquals(fits.toArray(), average.mean().toArray());
    }
  }

  @Example
  void noModelsMakeNoMean() {
    assertEquals(
        "expected weights of at least 0 with a positive sum, found []",
        assertThrows(IllegalArgumentException.class, () -> WeightedAverage.normalized())
            .getMessage());
  }

  @Example
  void closedAverageGivesItsMemoryBack() {
    long before = NativeMemory.bytes();
    new WeightedAverage(new int[] {100}, new double[] {1}).close();
    assertEquals(before, NativeMemory.bytes());
  }
}
