package org.rebasin.model.permutation;

import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * The working form of one assignment problem: to be minimised, with at least as many columns as
 * rows, in a comfortable range of magnitudes.
 *
 * <p>Every cost exists twice. {@link #rounded} is a float matrix for dense passes; {@link #cost} is
 * the exact value. For float scores the two agree. For double scores the exact value is read from
 * the caller's array each time and the float only serves to rule columns out, so no second copy is
 * made.
 *
 * <p>Costs are scaled by a power of two when the largest magnitude leaves [2^-40, 2^40]. That is
 * exact except for costs so much smaller than the largest (by 2^-100) that double arithmetic on
 * their sum could not see them either.
 */
final class CostMatrix {
  private static final int COMFORTABLE_EXPONENT = 40;

  /** Rounded costs, row-major [rows, columns]. */
  float[] rounded = new float[0];

  /** Mean of each column of a square matrix, to float precision. */
  float[] columnMean = new float[0];

  /** Mean square of each column of a square matrix, to float precision. */
  float[] columnSquare = new float[0];

  int rows;
  int columns;

  /** Whether the caller's columns are this matrix's rows. */
  boolean transposed;

  /** What a score is multiplied by to give a cost: a power of two with a sign. */
  double factor;

  /** The caller's doubles, read with the strides below; unused for float scores. */
  private double[] exact = new double[0];

  private boolean isDouble;
  private int rowStride;
  private int columnStride;
  private final ColumnMoments[] ofBlocks = new ColumnMoments[RowBlocks.MOST];

  CostMatrix() {
    Arrays.setAll(ofBlocks, block -> new ColumnMoments());
  }

  /** Whether all costs are the same; reads no further than the first that differs. */
  boolean isConstant() {
    double first = cost(0, 0);
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        if (cost(row, column) != first) return false;
      }
    }
    return true;
  }

  /** Copies {@code scores}, row-major [scoreRows, scoreColumns] from the buffer's position on. */
  void load(FloatBuffer scores, int scoreRows, int scoreColumns, boolean maximize) {
    shape(scoreRows, scoreColumns);
    isDouble = false;
    factor = maximize ? -1 : 1;
    int start = scores.position();
    RowBlocks.forEach(
        scoreRows,
        (block, from, to) -> {
          ColumnMoments moments = ofBlocks[block];
          moments.reset(scoreColumns);
          for (int row = from; row < to; row++) {
            scores.get(start + row * scoreColumns, moments.line, 0, scoreColumns);
            RowArithmetic.scale(moments.line, (float) factor, scoreColumns);
            moments.addLine();
            store(row, moments.line, scoreColumns);
          }
        });
    ColumnMoments all = total(scoreRows);
    double peak = all.peak();
    if (!(peak < Double.POSITIVE_INFINITY)) refuse(scores, scoreRows, scoreColumns);
    double scale = comfortable(peak);
    if (scale == 1) {
      keep(all);
      return;
    }
    // Two steps, since 2^149 is no float.
    double root = Math.scalb(1.0, Math.getExponent(scale) / 2);
    rescale((float) root);
    rescale((float) (scale / root));
    factor *= scale;
    measureColumns();
  }

  /** Copies {@code scores} rounded to float; the array is read again until the next load. */
  void load(double[] scores, int scoreRows, int scoreColumns, boolean maximize) {
    shape(scoreRows, scoreColumns);
    exact = scores;
    isDouble = true;
    rowStride = transposed ? 1 : columns;
    columnStride = transposed ? scoreColumns : 1;
    double peak = 0;
    for (int k = 0; k < rows * columns; k++) {
      double magnitude = Math.abs(scores[k]);
      if (!(magnitude < Double.POSITIVE_INFINITY)) {
        throw notFinite(k / scoreColumns, k % scoreColumns, String.valueOf(scores[k]));
      }
      peak = Math.max(peak, magnitude);
    }
    factor = (maximize ? -1 : 1) * comfortable(peak);
    float[] line = new float[scoreColumns];
    for (int row = 0; row < scoreRows; row++) {
      int start = row * scoreColumns;
      for (int k = 0; k < scoreColumns; k++) line[k] = (float) (factor * scores[start + k]);
      store(row, line, scoreColumns);
    }
    measureColumns();
  }

  /** Lets go of the caller's array. */
  void release() {
    exact = new double[0];
  }

  /** The exact cost. */
  double cost(int row, int column) {
    return isDouble
        ? factor * exact[row * rowStride + column * columnStride]
        : rounded[row * columns + column];
  }

  /** Writes the exact costs of a row. */
  void copyRow(int row, double[] target) {
    for (int column = 0; column < columns; column++) target[column] = cost(row, column);
  }

  private void shape(int scoreRows, int scoreColumns) {
    transposed = scoreRows > scoreColumns;
    rows = Math.min(scoreRows, scoreColumns);
    columns = Math.max(scoreRows, scoreColumns);
    rounded = RowArithmetic.atLeast(rounded, rows * columns);
    columnMean = RowArithmetic.atLeast(columnMean, columns);
    columnSquare = RowArithmetic.atLeast(columnSquare, columns);
  }

  private void store(int row, float[] line, int length) {
    if (transposed) {
      for (int k = 0; k < length; k++) rounded[k * columns + row] = line[k];
    } else {
      System.arraycopy(line, 0, rounded, row * columns, columns);
    }
  }

  private static double comfortable(double peak) {
    if (peak == 0 || Math.abs(Math.getExponent(peak)) <= COMFORTABLE_EXPONENT) return 1;
    // A scale stays a normal double even for subnormal peaks.
    return Math.scalb(1.0, Math.min(-Math.getExponent(peak), Double.MAX_EXPONENT));
  }

  private void rescale(float scale) {
    float[] line = new float[columns];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(rounded, row * columns, line, 0, columns);
      RowArithmetic.scale(line, scale, columns);
      System.arraycopy(line, 0, rounded, row * columns, columns);
    }
  }

  private void measureColumns() {
    RowBlocks.forEach(
        rows,
        (block, from, to) -> {
          ColumnMoments moments = ofBlocks[block];
          moments.reset(columns);
          for (int row = from; row < to; row++) {
            System.arraycopy(rounded, row * columns, moments.line, 0, columns);
            moments.addLine();
          }
        });
    keep(total(rows));
  }

  /** The moments of all blocks, summed in their order. */
  private ColumnMoments total(int measuredRows) {
    for (int block = 1; block < RowBlocks.count(measuredRows); block++) {
      ofBlocks[0].add(ofBlocks[block]);
    }
    return ofBlocks[0];
  }

  /** The starting duals, which alone need the means, are for square problems. */
  private void keep(ColumnMoments moments) {
    if (rows != columns) return;
    System.arraycopy(moments.sum, 0, columnMean, 0, columns);
    System.arraycopy(moments.squares, 0, columnSquare, 0, columns);
    RowArithmetic.scale(columnMean, 1f / rows, columns);
    RowArithmetic.scale(columnSquare, 1f / rows, columns);
  }

  private static void refuse(FloatBuffer scores, int rows, int columns) {
    for (int k = 0; k < rows * columns; k++) {
      float score = scores.get(scores.position() + k);
      if (!Float.isFinite(score)) throw notFinite(k / columns, k % columns, String.valueOf(score));
    }
  }

  private static IllegalArgumentException notFinite(int row, int column, String score) {
    return new IllegalArgumentException(
        "linear assignment: expected finite scores, found "
            + score
            + " in row "
            + row
            + ", column "
            + column);
  }
}
