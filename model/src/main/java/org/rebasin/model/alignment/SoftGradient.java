package org.rebasin.model.alignment;

import java.nio.FloatBuffer;
import org.rebasin.model.permutation.PermutationGroup;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.tensor.Gemm;
import org.rebasin.model.tensor.Matrix;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * The gradient of {@code Σ_pairs Σ_w ⟨W̃_p, W̃_q⟩} by one group's matrix of one model. With {@code
 * T = Σ_q W̃_q − W̃_p}, the sum of the other models, a tensor {@code W̃ = X₀·W·X₁ᵀ} adds {@code
 * T·(W·X₁ᵀ)ᵀ} to that of the group on its first axis and {@code Tᵀ·(X₀·W)} to that of the group on
 * its second, summed over kernel positions.
 *
 * <p>Owns a gradient and two panels; close it. Works in the calling thread alone, so that several
 * work side by side on groups of their own.
 */
final class SoftGradient implements AutoCloseable {
  /** Depth of a product; what is packed for it stays in the second-level cache. */
  private static final int PANEL = 768;

  private final PermutationSpec spec;
  private final Tensor gradient;
  private final Tensor left;
  private final Tensor right;

  /** Room for the largest group of a spec, in networks of the shapes of this one. */
  SoftGradient(PermutationSpec spec, Weights shapes) {
    this.spec = spec;
    int largest = spec.groups().stream().mapToInt(PermutationGroup::size).max().orElse(1);
    int depth =
        spec.groups().stream()
            .flatMap(group -> group.axes().stream())
            .filter(axis -> axis.axis() == 1)
            .mapToInt(axis -> positions(axis, shapes.get(axis.tensor())))
            .reduce(PANEL, Math::max);
    this.gradient = Tensor.allocate(largest, largest);
    this.left = Tensor.allocate(largest, depth);
    this.right = Tensor.allocate(largest, depth);
  }

  /**
   * Computes it.
   *
   * @param sum of all models as they are now
   * @return the gradient, row-major {@code [size, size]}, valid until the next call
   */
  FloatBuffer compute(int group, SoftModel model, Weights sum) {
    PermutationGroup units = spec.groups().get(group);
    Matrix target = Matrix.of(gradient.values(), units.size(), units.size());
    float beta = 0;
    for (PermutationGroup.Axis axis : units.axes()) {
      Tensor all = sum.get(axis.tensor());
      Tensor own = model.moved(axis.tensor());
      if (axis.axis() == 0) {
        addRows(axis, all, own, model.columnsMoved(axis.tensor()), beta, target);
      } else {
        addColumns(axis, all, own, model.rowsMoved(axis.tensor()), beta, target);
      }
      beta = 1;
    }
    return gradient.values().slice(0, units.size() * units.size());
  }

  /** The group is on the rows: {@code T·Rᵀ}, a unit's block of rows being one row. */
  private void addRows(
      PermutationGroup.Axis axis,
      Tensor all,
      Tensor own,
      Tensor factor,
      float beta,
      Matrix target) {
    int size = target.rows();
    int stored = all.size() / all.dimension(0);
    int width = stored * axis.block();
    int begin = axis.offset() * stored;
    Matrix units = new Matrix(factor.values(), begin, size, width, width, false);
    for (int from = 0; from < width; from += PANEL) {
      int depth = Math.min(PANEL, width - from);
      float[] row = new float[depth];
      float[] mine = new float[depth];
      for (int r = 0; r < size; r++) {
        difference(all, own, begin + r * width + from, row, mine, depth);
        left.values().put(r * depth, row);
      }
      Gemm.multiplyTile(
          Matrix.of(left.values().slice(0, size * depth), size, depth),
          units.columns(from, depth).transpose(),
          from == 0 ? beta : 1,
          target);
    }
  }

  /** The group is on the second axis: {@code Tᵀ·L}, one row for each position of each row. */
  private void addColumns(
      PermutationGroup.Axis axis,
      Tensor all,
      Tensor own,
      Tensor factor,
      float beta,
      Matrix target) {
    int size = target.rows();
    int rows = all.dimension(0);
    int width = all.size() / rows;
    int inner = width / all.dimension(1);
    int positions = positions(axis, all);
    int begin = axis.offset() * inner;
    int length = size * positions;
    int step = Math.max(1, PANEL / positions);
    float[] row = new float[length];
    float[] mine = new float[length];
    float[] packed = new float[size];
    for (int from = 0; from < rows; from += step) {
      int count = Math.min(step, rows - from);
      for (int r = 0; r < count; r++) {
        int at = (from + r) * width + begin;
        difference(all, own, at, row, mine, length);
        pack(row, positions, packed, left.values(), r);
        factor.values().get(at, row);
        pack(row, positions, packed, right.values(), r);
      }
      int depth = count * positions;
      Gemm.multiplyTile(
          Matrix.of(left.values().slice(0, size * depth), depth, size).transpose(),
          Matrix.of(right.values().slice(0, size * depth), depth, size),
          from == 0 ? beta : 1,
          target);
    }
  }

  /** Elements of a row for each unit on the second axis. */
  private static int positions(PermutationGroup.Axis axis, Tensor tensor) {
    return axis.block() * (tensor.size() / tensor.dimension(0) / tensor.dimension(1));
  }

  private static void difference(
      Tensor all, Tensor own, int at, float[] row, float[] mine, int length) {
    all.values().get(at, row, 0, length);
    own.values().get(at, mine, 0, length);
    for (int c = 0; c < length; c++) {
      row[c] -= mine[c];
    }
  }

  private static void pack(float[] row, int positions, float[] packed, FloatBuffer panel, int r) {
    int size = packed.length;
    if (positions == 1) {
      panel.put(r * size, row);
      return;
    }
    for (int p = 0; p < positions; p++) {
      for (int i = 0; i < size; i++) {
        packed[i] = row[i * positions + p];
      }
      panel.put((r * positions + p) * size, packed);
    }
  }

  @Override
  public void close() {
    gradient.close();
    left.close();
    right.close();
  }
}
