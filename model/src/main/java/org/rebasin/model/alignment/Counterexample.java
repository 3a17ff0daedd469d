package org.rebasin.model.alignment;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.merge.Interpolation;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Network;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * Two networks 2-2-2-1 that solve one task and that no permutation connects (Git Re-Basin, section
 * 4): a point of {@code [−1, 1]²} is of the class if {@code x₁ ≤ 0} and {@code x₂ ≥ 0}, and a
 * network says so by an output of at least 0. Owns the weights; close it.
 */
public final class Counterexample implements AutoCloseable {
  /** Points along each axis of the grid that accuracies are taken over; none lies on an axis. */
  private static final int GRID = 200;

  private final Network network = new Mlp(List.of(2, 2, 2, 1), 0.01f).network();
  private final PermutationSpec spec = PermutationSpec.of(network);

  // The paper gives kernels as (in, out); these are [out, in].
  private final Weights a =
      weights(
          new float[] {-1, 0, 0, -1},
          new float[] {1, 0},
          new float[] {-1, 0, 0, 1},
          new float[] {1, 0});
  private final Weights b =
      weights(
          new float[] {1, 0, 0, 1},
          new float[] {0, 1},
          new float[] {1, 0, 0, -1},
          new float[] {0, 1});

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

  /** All four permutations of the second network's hidden units, the identity first. */
  public List<Permutations> permutations() {
    Permutation stay = Permutation.identity(2);
    Permutation swap = Permutation.of(1, 0);
    return Stream.of(stay, swap)
        .flatMap(
            first -> Stream.of(stay, swap).map(second -> new Permutations(List.of(first, second))))
        .toList();
  }

  /** The accuracy, 0 to 1, at each point of the line from A to the permuted B. */
  public List<Double> accuracies(Permutations permutations, List<Double> lambdas) {
    try (Weights end = permutations.apply(spec, b);
        Weights between = Weights.like(a)) {
      return lambdas.stream()
          .map(
              lambda -> {
                Interpolation.at(lambda, a, end, between);
                return accuracy(between);
              })
          .toList();
    }
  }

  private double accuracy(Weights weights) {
    int correct = 0;
    try (Execution execution = Execution.forInference(network, GRID * GRID);
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

  @Override
  public void close() {
    a.close();
    b.close();
  }
}
