package org.rebasin.model.alignment;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rebasin.model.merge.Interpolation;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Mlp;
import org.rebasin.model.network.Network;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/** Two networks that no permutation connects (Git Re-Basin, section 4). */
class CounterexampleTest {
  private static final int GRID = 200;
  private static final Network NETWORK = new Mlp(List.of(2, 2, 2, 1), 0.01f).network();

  @Test
  void allPermutationsLeaveAThreeQuartersMidpoint() {
    // The paper gives kernels as (in, out); these are [out, in].
    try (Weights a =
            weights(
                new float[] {-1, 0, 0, -1},
                new float[] {1, 0},
                new float[] {-1, 0, 0, 1},
                new float[] {1, 0});
        Weights b =
            weights(
                new float[] {1, 0, 0, 1},
                new float[] {0, 1},
                new float[] {1, 0, 0, -1},
                new float[] {0, 1});
        Weights middle = Weights.like(a)) {
      // The leak of the ReLU errs on a wedge of 1/800 of the square beside one axis.
      assertEquals(1 - 1.0 / 800, accuracy(a), 3e-4);
      assertEquals(1 - 1.0 / 800, accuracy(b), 3e-4);
      PermutationSpec spec = PermutationSpec.of(NETWORK);
      Permutation stay = Permutation.identity(2);
      Permutation swap = Permutation.of(1, 0);
      for (Permutation first : List.of(stay, swap)) {
        for (Permutation second : List.of(stay, swap)) {
          try (Weights permuted = new Permutations(List.of(first, second)).apply(spec, b)) {
            assertEquals(accuracy(b), accuracy(permuted));
            Interpolation.at(0.5, a, permuted, middle);
            assertEquals(0.75, accuracy(middle), 0.005);
          }
        }
      }
    }
  }

  private static Weights weights(float[] w0, float[] b0, float[] w1, float[] b1) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("layers.0.weight", Tensor.of(w0, 2, 2));
    tensors.put("layers.0.bias", Tensor.of(b0, 2));
    tensors.put("layers.1.weight", Tensor.of(w1, 2, 2));
    tensors.put("layers.1.bias", Tensor.of(b1, 2));
    tensors.put("layers.2.weight", Tensor.of(new float[] {-1, -1}, 1, 2));
    tensors.put("layers.2.bias", Tensor.of(new float[] {0}, 1));
    return new Weights(tensors);
  }

  /** Over a grid of [−1, 1]² that has no point on the axes. */
  private static double accuracy(Weights weights) {
    int correct = 0;
    try (Execution execution = Execution.forInference(NETWORK, GRID * GRID);
        Tensor points = Tensor.allocate(GRID * GRID, 2)) {
      for (int i = 0; i < GRID * GRID; i++) {
        points.values().put(2 * i, coordinate(i / GRID));
        points.values().put(2 * i + 1, coordinate(i % GRID));
      }
      Tensor output = execution.forward(weights, points, GRID * GRID);
      for (int i = 0; i < GRID * GRID; i++) {
        boolean expected = coordinate(i / GRID) <= 0 && coordinate(i % GRID) >= 0;
        if (expected == output.values().get(i) >= 0) {
          correct++;
        }
      }
    }
    return (double) correct / (GRID * GRID);
  }

  private static float coordinate(int step) {
    return (2f * step + 1) / GRID - 1;
  }
}
