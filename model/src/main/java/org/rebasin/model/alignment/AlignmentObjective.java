package org.rebasin.model.alignment;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.CompensatedDot;
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

  /**
   * The objective, about as exact as in double, summed in an order that depends on the shapes
   * alone.
   */
  public static double of(PermutationSpec spec, Weights a, Weights b, Permutations permutations) {
    List<Stretch> stretches = new ArrayList<>();
    for (Map.Entry<String, Tensor> entry : a.tensors().entrySet()) {
      String name = entry.getKey();
      if (spec.permutes(name)) {
        Tensor tensor = entry.getValue();
        Permutations.Placement placement = permutations.placement(spec, name, tensor);
        int rows = tensor.dimension(0);
        for (int from = 0; from < rows; from += ROWS) {
          stretches.add(
              new Stretch(tensor, b.get(name), placement, from, Math.min(ROWS, rows - from)));
        }
      }
    }
    double[] sums = new double[stretches.size()];
    Parallel.forEach(sums.length, i -> sums[i] = stretches.get(i).dot());
    double total = 0;
    for (double sum : sums) {
      total += sum;
    }
    return total;
  }

  /** Some rows of a tensor of A, and of B as it is permuted. */
  private record Stretch(Tensor a, Tensor b, Permutations.Placement placement, int from, int rows) {
    double dot() {
      Rows both = new Rows(a, b, placement);
      double sum = both.dot(from, from + rows);
      return Double.isFinite(sum) ? sum : both.dotOfExtremes(from, from + rows);
    }
  }

  /** Copies rows, since only loops over arrays become vector instructions. */
  private static final class Rows {
    private final Tensor a;
    private final Tensor b;
    private final Permutations.Placement placement;
    private final int columns;
    private final float[] left;
    private final float[] right;
    private final float[] moved;

    Rows(Tensor a, Tensor b, Permutations.Placement placement) {
      this.a = a;
      this.b = b;
      this.placement = placement;
      columns = a.size() / a.dimension(0);
      left = new float[columns];
      right = new float[columns];
      moved = new float[columns];
    }

    double dot(int from, int to) {
      CompensatedDot dot = new CompensatedDot(columns);
      for (int row = from; row < to; row++) {
        dot.add(ofA(row), ofB(row), columns);
      }
      return dot.total();
    }

    /** Where products are beyond the range of floats. */
    double dotOfExtremes(int from, int to) {
      double sum = 0;
      for (int row = from; row < to; row++) {
        sum += ElementWise.dot(ofA(row), ofB(row), columns);
      }
      return sum;
    }

    private float[] ofA(int row) {
      a.values().get(row * columns, left);
      return left;
    }

    private float[] ofB(int row) {
      b.values().get(placement.row(row) * columns, right);
      return placement.columns(right, moved);
    }
  }
}
