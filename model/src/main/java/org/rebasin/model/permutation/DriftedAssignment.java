package org.rebasin.model.permutation;

import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * Tells whether an assignment of largest sum is still the best after its scores have drifted, for a
 * few passes over the matrix and far less than a new solution takes. Keeps its buffers; one for
 * each thread.
 *
 * <p>An assignment π is optimal if and only if there are column duals w with {@code w[j] ≥ s[i, j]
 * − s[i, π(i)] + w[π(i)]} for all rows and columns. Those of the last solution nearly are; this
 * raises them where they are not (the method of Bellman, Ford and Moore on the residual graph),
 * which then concerns only the rows whose own column was raised. It ends if π is optimal, and
 * otherwise, as some cycle is positive, would never: so it gives up after a few passes' work.
 *
 * <p>In single precision: no other assignment is better by more than some roundings of each score.
 */
public final class DriftedAssignment {
  /** Rows looked at before it gives up, for each row there is. */
  private static final int PASSES = 3;

  private static final float ROUNDING = 0x1p-22f;

  private float[] duals = new float[0];
  private float[] before = new float[0];
  private float[] line = new float[0];
  private float[] own = new float[0];
  private int[] rowOfColumn = new int[0];
  private int[] open = new int[0];

  /** Scores that are asked for row by row, all finite; need not be known before. */
  public interface Rows {
    /** The score of a row in the column it is assigned to. */
    float own(int row);

    /**
     * Raises {@code duals[j]} to the score of the row in column {@code j} plus {@code shift},
     * wherever it is below.
     *
     * @return false if that takes more work than it is worth
     */
    boolean raise(int row, float shift, float[] duals);
  }

  /**
   * Whether an assignment is still the best.
   *
   * @param scores row-major {@code [n, n]}, all finite
   * @param assignment the column of each row
   * @param columnDuals of the last solution, close to the present ones; if this returns true, they
   *     are replaced by those that prove it
   */
  public boolean isBest(FloatBuffer scores, Permutation assignment, double[] columnDuals) {
    int size = assignment.size();
    if (scores.remaining() != (long) size * size) {
      throw new IllegalArgumentException(
          "expected %d scores for an assignment of %d rows, found %d"
              .formatted((long) size * size, size, scores.remaining()));
    }
    line = RowArithmetic.atLeast(line, size);
    return isBest(new Matrix(scores, line, assignment), assignment, columnDuals);
  }

  /** The same, of scores that come row by row. */
  public boolean isBest(Rows scores, Permutation assignment, double[] columnDuals) {
    int size = assignment.size();
    if (columnDuals.length != size) {
      throw new IllegalArgumentException(
          "expected %d duals for an assignment of %d rows, found %d"
              .formatted(size, size, columnDuals.length));
    }
    float peak = begin(scores, assignment, columnDuals);
    int count = size;
    for (int seen = 0; count > 0; seen += count) {
      if (seen + count > PASSES * size) {
        return false;
      }
      System.arraycopy(duals, 0, before, 0, size);
      for (int k = 0; k < count; k++) {
        int row = open[k];
        if (!scores.raise(row, duals[assignment.get(row)] - own[row], duals)) {
          return false;
        }
      }
      count = raised(size, ROUNDING * peak);
    }
    for (int column = 0; column < size; column++) {
      columnDuals[column] = duals[column];
    }
    return true;
  }

  /** Returns the largest magnitude that sums are made of. */
  private float begin(Rows scores, Permutation assignment, double[] columnDuals) {
    int size = columnDuals.length;
    duals = RowArithmetic.atLeast(duals, size);
    before = RowArithmetic.atLeast(before, size);
    own = RowArithmetic.atLeast(own, size);
    rowOfColumn = RowArithmetic.atLeast(rowOfColumn, size);
    open = RowArithmetic.atLeast(open, size);
    double mean = Arrays.stream(columnDuals).average().orElse(0);
    float peak = 0;
    for (int row = 0; row < size; row++) {
      int column = assignment.get(row);
      open[row] = row;
      rowOfColumn[column] = row;
      own[row] = scores.own(row);
      // Centred, which changes no difference but keeps a common offset from rounding.
      duals[row] = (float) (columnDuals[row] - mean);
      peak = Math.max(peak, Math.max(Math.abs(own[row]), Math.abs(duals[row])));
    }
    return peak;
  }

  /** Lists the rows of the columns that were raised, and takes back what rounding raised. */
  private int raised(int size, float rounding) {
    int count = 0;
    for (int column = 0; column < size; column++) {
      if (duals[column] > before[column] + rounding) {
        open[count++] = rowOfColumn[column];
      } else {
        duals[column] = before[column];
      }
    }
    return count;
  }

  /** Scores that are all there. */
  private record Matrix(FloatBuffer scores, float[] line, Permutation assignment) implements Rows {
    @Override
    public float own(int row) {
      return scores.get(scores.position() + row * assignment.size() + assignment.get(row));
    }

    @Override
    public boolean raise(int row, float shift, float[] duals) {
      int size = assignment.size();
      float[] values = line;
      scores.get(scores.position() + row * size, values, 0, size);
      for (int k = 0; k < size; k++) {
        duals[k] = Math.max(duals[k], values[k] + shift);
      }
      return true;
    }
  }
}
