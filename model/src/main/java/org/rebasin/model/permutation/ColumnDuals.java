package org.rebasin.model.permutation;

import java.util.Arrays;

/** The dual value of each column, in double for the arithmetic and in float for dense passes. */
final class ColumnDuals {
  /** Dual values; written through {@link #set} alone. */
  double[] value = new double[0];

  /** {@link #value} rounded to float. */
  float[] rounded = new float[0];

  /** No dual value since the last reset was larger in magnitude. */
  double peak;

  void reset(int columns) {
    value = RowArithmetic.atLeast(value, columns);
    rounded = RowArithmetic.atLeast(rounded, columns);
    Arrays.fill(value, 0, columns, 0);
    Arrays.fill(rounded, 0, columns, 0);
    peak = 0;
  }

  void set(int column, double dual) {
    value[column] = dual;
    rounded[column] = (float) dual;
    double magnitude = Math.abs(dual);
    if (magnitude > peak) peak = magnitude;
  }
}
