package org.rebasin.model.alignment;

import java.nio.FloatBuffer;
import java.util.List;
import org.rebasin.model.permutation.DriftedAssignment;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * One group's scores after A's weights have moved by a little, of which few are computed. Where a
 * unit of A moved by δ, its score with B's unit b changed by {@code <δ, b>}, which is at most
 * {@code ‖δ‖·‖b‖}: a score that this much does not bring above its dual proves nothing and is left.
 *
 * <p>All permutations stay as they were. Holds three matrices of all the weights of its units;
 * close it. For one thread.
 */
final class DriftedScores implements DriftedAssignment.Rows, AutoCloseable {
  /** Scores that are computed at most, for each unit: as long as a tenth of the whole product. */
  private static final int MOST_COMPUTED = 8;

  /** Sums in single precision, of some thousands, are less than this too low. */
  private static final float ROUNDED = 1.001f;

  /** Units that a thread takes at a time. */
  private static final int UNITS = 32;

  private final GroupScores group;
  private final Permutation permutation;
  private final FloatBuffer scores;
  private final int size;
  private final int depth;

  /** Of A, as it was: {@code [size, depth]}, a unit's weights in a row. */
  private final Tensor before;

  /** By how much A moved. */
  private final Tensor step;

  /** Of B, its units in its own order and their weights in A's. */
  private final Tensor units;

  private final float[] norms;
  private final float[] moved;
  private final float[] own;
  private final float[] line;
  private final float[] excess;
  private final float[] stepOfRow;
  private final float[] unit;
  private int computed;

  /**
   * Scores from which drift is counted.
   *
   * @param scores {@code [size, size]} of {@code a} and {@code b}; read when needed
   * @param a the weights then; not kept
   * @param permutations of all groups
   */
  DriftedScores(
      GroupScores group,
      Permutation permutation,
      Tensor scores,
      Weights a,
      Weights b,
      List<Permutation> permutations) {
    this.group = group;
    this.permutation = permutation;
    this.scores = scores.values();
    this.size = group.size();
    this.depth = group.depth();
    this.before = Tensor.allocate(size, depth);
    this.step = Tensor.allocate(size, depth);
    this.units = Tensor.allocate(size, depth);
    this.norms = new float[size];
    this.moved = new float[size];
    this.own = new float[size];
    this.line = new float[size];
    this.excess = new float[size];
    this.stepOfRow = new float[depth];
    this.unit = new float[depth];
    group.packReference(a, before);
    group.packOther(b, permutations, units);
    for (int column = 0; column < size; column++) {
      read(units, column, unit);
      multiply(unit, unit);
      norms[column] = ROUNDED * (float) Math.sqrt(sum(unit));
    }
  }

  private void read(Tensor rows, int row, float[] values) {
    rows.values().get(row * depth, values);
  }

  /**
   * The scores are those of these weights from now on.
   *
   * @return whether they are finite
   */
  boolean moveTo(Weights a) {
    group.packReference(a, step);
    Parallel.forEachStretch(size, UNITS, this::measure);
    computed = 0;
    float all = 0;
    for (int row = 0; row < size; row++) {
      all += Math.abs(moved[row]) + Math.abs(own[row]);
    }
    return Float.isFinite(all);
  }

  /** Turns the weights of some rows into steps. */
  private void measure(int first, int count) {
    float[] values = new float[depth];
    float[] other = new float[depth];
    for (int row = first; row < first + count; row++) {
      read(step, row, values);
      read(before, row, other);
      for (int k = 0; k < values.length; k++) {
        values[k] -= other[k];
      }
      step.values().put(row * depth, values);
      read(units, permutation.get(row), other);
      multiply(other, values);
      own[row] = scores.get(row * size + permutation.get(row)) + sum(other);
      multiply(values, values);
      moved[row] = ROUNDED * (float) Math.sqrt(sum(values));
    }
  }

  @Override
  public float own(int row) {
    return own[row];
  }

  @Override
  public boolean raise(int row, float shift, float[] duals) {
    scores.get(row * size, line);
    if (!mayExceed(moved[row], shift, duals)) {
      return true;
    }
    read(step, row, stepOfRow);
    for (int column = 0; column < size; column++) {
      if (excess[column] > 0 && column != permutation.get(row)) {
        if (++computed > MOST_COMPUTED * size) {
          return false;
        }
        read(units, column, unit);
        multiply(unit, stepOfRow);
        duals[column] = Math.max(duals[column], line[column] + sum(unit) + shift);
      }
    }
    return true;
  }

  /** Bounds by how much the scores of a row exceed the duals; returns whether one may. */
  private boolean mayExceed(float distance, float shift, float[] duals) {
    float[] bound = excess;
    for (int k = 0; k < bound.length; k++) {
      bound[k] = line[k] + distance * norms[k];
    }
    for (int k = 0; k < bound.length; k++) {
      bound[k] += shift - duals[k];
    }
    for (float each : bound) {
      if (each > 0) {
        return true;
      }
    }
    return false;
  }

  private static void multiply(float[] target, float[] other) {
    for (int k = 0; k < target.length; k++) {
      target[k] *= other[k];
    }
  }

  /** In four sums, which do not wait for each other. */
  private static float sum(float[] values) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    int k = 0;
    for (; k + 3 < values.length; k += 4) {
      s0 += values[k];
      s1 += values[k + 1];
      s2 += values[k + 2];
      s3 += values[k + 3];
    }
    for (; k < values.length; k++) {
      s0 += values[k];
    }
    return (s0 + s1) + (s2 + s3);
  }

  @Override
  public void close() {
    before.close();
    step.close();
    units.close();
  }
}
