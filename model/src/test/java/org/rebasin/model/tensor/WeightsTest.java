package org.rebasin.model.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rebasin.model.testing.RandomWeights;

class WeightsTest {
  @Test
  void namesKeepTheirOrder() {
    try (Weights weights = example()) {
      assertEquals(List.of("z", "a", "m"), List.copyOf(weights.names()));
      assertEquals(24 + 6 + 2, weights.parameters());
    }
  }

  @Test
  void copyHasTheValuesAndMemoryOfItsOwn() {
    try (Weights weights = example();
        Weights copy = Weights.copyOf(weights);
        Weights zeros = Weights.like(weights)) {
      float[] before = weights.get("a").toArray();
      assertArrayEquals(before, copy.get("a").toArray());
      copy.get("a").values().put(0, 99f);
      assertArrayEquals(before, weights.get("a").toArray());
      assertArrayEquals(new float[24], zeros.get("z").toArray());
      assertArrayEquals(new int[] {2, 3, 4}, zeros.get("z").shape());
    }
  }

  @Test
  void closingWeightsFreesAllTheirTensors() {
    long before = NativeMemory.bytes();
    example().close();
    assertEquals(before, NativeMemory.bytes());
  }

  @Test
  void unknownNameIsRefusedWithTheKnownOnes() {
    try (Weights weights = example()) {
      assertEquals(
          "no tensor named q; there are [z, a, m]",
          assertThrows(IllegalArgumentException.class, () -> weights.get("q")).getMessage());
    }
  }

  @Test
  void finiteWeightsPass() {
    try (Weights weights = example()) {
      assertDoesNotThrow(() -> weights.requireFinite("a.safetensors"));
    }
  }

  @Test
  void nonFiniteWeightIsRefusedWithTensorCoordinatesAndSource() {
    try (Weights weights = example()) {
      weights.get("m").values().put(0, Float.NaN);
      assertEquals(
          "m: expected finite numbers, found NaN at [0] in a.safetensors", refusal(weights));
      weights.get("z").values().put(1 * 12 + 2 * 4 + 3, Float.NEGATIVE_INFINITY);
      assertEquals(
          "z: expected finite numbers, found -Infinity at [1, 2, 3] in a.safetensors",
          refusal(weights));
    }
  }

  private static String refusal(Weights weights) {
    return assertThrows(NonFiniteException.class, () -> weights.requireFinite("a.safetensors"))
        .getMessage();
  }

  private static Weights example() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("z", RandomWeights.gaussian(1, 2, 3, 4));
    tensors.put("a", RandomWeights.gaussian(2, 2, 3));
    tensors.put("m", RandomWeights.gaussian(3, 2));
    return new Weights(tensors);
  }
}
