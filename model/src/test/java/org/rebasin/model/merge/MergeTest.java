package org.rebasin.model.merge;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

class MergeTest {
  private static final Network NETWORK = Mlp.of(70, 90, 10).network();

  @Test
  void theEndsOfTheLineAreTheNetworksToTheBit() {
    try (Weights a = NETWORK.initialize(1);
        Weights b = NETWORK.initialize(2);
        Weights target = Weights.like(a)) {
      Interpolation.at(0, a, b, target);
      a.tensors().forEach((name, t) -> assertArrayEquals(t.toArray(), target.get(name).toArray()));
      Interpolation.at(1, a, b, target);
      b.tensors().forEach((name, t) -> assertArrayEquals(t.toArray(), target.get(name).toArray()));
      Interpolation.at(0.25, a, b, target);
      float[] left = a.get("layers.0.weight").toArray();
      float[] right = b.get("layers.0.weight").toArray();
      float[] found = target.get("layers.0.weight").toArray();
      for (int i = 0; i < found.length; i++) {
        assertEquals(0.75f * left[i] + 0.25f * right[i], found[i], 1e-7f);
      }
    }
  }

  @Test
  void anOddNumberOfPointsContainsTheMidpoint() {
    double[] points = Interpolation.points(25);
    assertEquals(25, points.length);
    assertEquals(0.5, points[12]);
    assertEquals(1.0, points[24]);
    assertThrows(IllegalArgumentException.class, () -> Interpolation.points(1));
  }

  @Test
  void theAverageOfManyIsThatOfTheDefinition() {
    double[] weights = WeightedAverage.normalized(1, 2, 5);
    assertArrayEquals(new double[] {0.125, 0.25, 0.625}, weights);
    try (Weights a = NETWORK.initialize(1);
        Weights b = NETWORK.initialize(2);
        Weights c = NETWORK.initialize(3);
        Weights mean = WeightedAverage.of(List.of(a, b, c), weights)) {
      for (String name : a.names()) {
        Tensor found = mean.get(name);
        for (int i = 0; i < found.size(); i++) {
          double expected =
              0.125 * a.get(name).values().get(i)
                  + 0.25 * b.get(name).values().get(i)
                  + 0.625 * c.get(name).values().get(i);
          assertEquals(expected, found.values().get(i), 1e-7);
        }
      }
    }
  }

  @Test
  void weightsThatMakeNoMeanAreRefused() {
    for (double[] wrong :
        List.of(
            new double[] {0, 0},
            new double[] {1, -1},
            new double[] {2, -1},
            new double[] {Double.NaN, 1},
            new double[] {Double.POSITIVE_INFINITY, 1})) {
      assertThrows(IllegalArgumentException.class, () -> WeightedAverage.normalized(wrong));
    }
  }

  @Test
  void aMeanIsNotGivenBeforeAllModelsAreIn() {
    try (WeightedAverage average = new WeightedAverage(new int[] {2}, new double[] {0.5, 0.5});
        Tensor tensor = Tensor.of(new float[] {1, 2}, 2)) {
      average.add(tensor);
      assertThrows(IllegalStateException.class, average::mean);
      average.add(tensor);
      assertArrayEquals(new float[] {1, 2}, average.mean().toArray());
      assertThrows(IllegalStateException.class, () -> average.add(tensor));
    }
  }
}
