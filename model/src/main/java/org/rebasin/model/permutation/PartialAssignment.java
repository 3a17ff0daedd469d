package org.rebasin.model.permutation;

import java.util.Arrays;

/**
 * Which rows have a column so far. Between the steps of a solver every assigned row sits on its
 * smallest reduced cost, so any exact method may carry on from here.
 */
final class PartialAssignment {
  static final int NONE = -1;

  int[] columnOfRow = new int[0];
  int[] rowOfColumn = new int[0];

  /** Exact cost of each assigned row's place. */
  double[] cost = new double[0];

  /** The rows without a column, in the order in which they are to be served. */
  int[] freeRows = new int[0];

  int freeCount;

  void reset(int rows, int columns) {
    columnOfRow = RowArithmetic.atLeast(columnOfRow, rows);
    rowOfColumn = RowArithmetic.atLeast(rowOfColumn, columns);
    cost = RowArithmetic.atLeast(cost, rows);
    freeRows = RowArithmetic.atLeast(freeRows, rows);
    Arrays.fill(columnOfRow, 0, rows, NONE);
    Arrays.fill(rowOfColumn, 0, columns, NONE);
    for (int row = 0; row < rows; row++) freeRows[row] = row;
    freeCount = rows;
  }

  /** Gives each row the column of its own number. */
  void assignInOrder(CostMatrix costs) {
    for (int row = 0; row < costs.rows; row++) {
      columnOfRow[row] = row;
      rowOfColumn[row] = row;
      cost[row] = costs.cost(row, row);
    }
    freeCount = 0;
  }

  /**
   * Moves every row on the alternating path that ends in the free column {@code sink} one step on.
   * {@code rowBefore} names for each column of the path the row that reached it.
   */
  void flip(int source, int sink, int[] rowBefore, CostMatrix costs) {
    int column = sink;
    int row;
    do {
      row = rowBefore[column];
      int left = columnOfRow[row];
      columnOfRow[row] = column;
      rowOfColumn[column] = row;
      cost[row] = costs.cost(row, column);
      column = left;
    } while (row != source);
  }
}
