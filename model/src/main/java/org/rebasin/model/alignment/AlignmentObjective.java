package org.rebasin.model.alignment;

import java.util.Map;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.ElementWise;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * What weight matching maximises (Git Re-Basin, section 3.2): {@code Σ_w ⟨A_w, π(B)_w⟩} over every
 * tensor with a permuted axis, biases and norms included. Maximal where the distance between the
 * two models is minimal.
 */
public final class AlignmentObjective {
  private static final int ROWS = 64;

  private AlignmentObjective() {}

  /** The objective, in double, summed in an order that depends on the shapes alone. */
  public static double of(PermutationSpec spec, Weights a, Weights b, Permutations permutations) {
    double total = 0;
    for (Map.Entry<String, Tensor> entry : a.tensors().entrySet()) {
      String name = entry.getKey();
      if (spec.permutes(name)) {
        total += ofTensor(spec, name, entry.getValue(), b.get(name), permutations);
      }
    }
    return total;
  }

  private static double ofTensor(
      PermutationSpec spec, String name, Tensor a, Tensor b, Permutations permutations) {
    int rows = a.dimension(0);
    int columns = a.size() / rows;
    Permutations.Placement placement = permutations.placement(spec, name, a);
    int[] sources = sources(placement);
    double[] partial = new double[(rows + ROWS - 1) / ROWS];
    Parallel.forEach(
        partial.length,
        piece -> {
          float[] left = new float[columns];
          float[] right = new float[columns];
          double sum = 0;
          for (int r = piece * ROWS; r < Math.min(rows, (piece + 1) * ROWS); r++) {
            a.values().get(r * columns, left);
            b.values().get(placement.row(r) * columns, right);
            sum +=
                sources.length == 0
                    ? ElementWise.dot(left, right, columns)
                    : gatheredDot(left, right, sources);
          }
          partial[piece] = sum;
        });
    double total = 0;
    for (double sum : partial) {
      total += sum;
    }
    return total;
  }

  /** The element of a row that each place takes; empty where rows stay whole. */
  private static int[] sources(Permutations.Placement placement) {
    int length = placement.length();
    int[] sources = new int[placement.blocks().length * length];
    for (int i = 0; i < sources.length; i++) {
      sources[i] = placement.blocks()[i / length] * length + i % length;
    }
    return sources;
  }

  private static double gatheredDot(float[] left, float[] right, int[] sources) {
    // Two sums side by side: one alone would wait for each addition to end.
    double even = 0;
    double odd = 0;
    int i = 0;
    for (; i + 1 < sources.length; i += 2) {
      even += (double) left[i] * right[sources[i]];
      odd += (double) left[i + 1] * right[sources[i + 1]];
    }
    if (i < sources.length) {
      even += (double) left[i] * right[sources[i]];
    }
    return even + odd;
  }
}
