package org.rebasin.model.permutation;

import java.util.Arrays;

/** Sums over the rows of some part of a matrix, for each of its columns. */
final class ColumnMoments {
  /** For the caller to put a row in, before it is added. */
  float[] line = new float[0];

  float[] peak = new float[0];
  float[] sum = new float[0];
  float[] squares = new float[0];
  private int columns;

  void reset(int columns) {
    this.columns = columns;
    line = RowArithmetic.atLeast(line, columns);
    peak = RowArithmetic.atLeast(peak, columns);
    sum = RowArithmetic.atLeast(sum, columns);
    squares = RowArithmetic.atLeast(squares, columns);
    Arrays.fill(peak, 0, columns, 0);
    Arrays.fill(sum, 0, columns, 0);
    Arrays.fill(squares, 0, columns, 0);
  }

  /** Adds the row that is in {@link #line}. */
  void addLine() {
    RowArithmetic.raiseToMagnitude(peak, line, columns);
    RowArithmetic.add(sum, line, columns);
    RowArithmetic.addSquares(squares, line, columns);
  }

  void add(ColumnMoments other) {
    RowArithmetic.raiseToMagnitude(peak, other.peak, columns);
    RowArithmetic.add(sum, other.sum, columns);
    RowArithmetic.add(squares, other.squares, columns);
  }

  /** The largest magnitude; NaN if one of the values is. */
  float peak() {
    float largest = 0;
    for (int column = 0; column < columns; column++) {
      largest = Math.max(largest, peak[column]);
    }
    return largest;
  }
}
