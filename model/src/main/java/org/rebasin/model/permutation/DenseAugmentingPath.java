package org.rebasin.model.permutation;

/**
 * Shortest augmenting paths over whole rows (Crouse, <i>On implementing 2D rectangular assignment
 * algorithms</i>, IEEE Transactions on Aerospace and Electronic Systems 52, 2016): at most rows² ·
 * columns steps whatever the costs, which suits small problems and ties.
 */
final class DenseAugmentingPath {
  private final CostMatrix costs;
  private final ColumnDuals duals;
  private final PartialAssignment assignment;

  private double[] distance = new double[0];
  private double[] line = new double[0];
  private int[] rowBefore = new int[0];
  private int[] columns = new int[0];

  DenseAugmentingPath(CostMatrix costs, ColumnDuals duals, PartialAssignment assignment) {
    this.costs = costs;
    this.duals = duals;
    this.assignment = assignment;
  }

  /** Assigns every free row. */
  void run() {
    distance = RowArithmetic.atLeast(distance, costs.columns);
    line = RowArithmetic.atLeast(line, costs.columns);
    rowBefore = RowArithmetic.atLeast(rowBefore, costs.columns);
    columns = RowArithmetic.atLeast(columns, costs.columns);
    for (int k = 0; k < assignment.freeCount; k++) augment(assignment.freeRows[k]);
    assignment.freeCount = 0;
  }

  private void augment(int source) {
    int count = costs.columns;
    for (int column = 0; column < count; column++) {
      columns[column] = column;
      distance[column] = Double.POSITIVE_INFINITY;
    }
    // Places [0, open) are open, [open, count) closed, the nearest column first among the closed.
    int open = count;
    int row = source;
    double base = 0;
    double reached = Double.NEGATIVE_INFINITY;
    int sink = PartialAssignment.NONE;
    while (sink == PartialAssignment.NONE) {
      int at = relax(row, base, reached, open);
      int column = columns[at];
      reached = distance[column];
      if (assignment.rowOfColumn[column] == PartialAssignment.NONE) {
        sink = column;
      } else {
        columns[at] = columns[--open];
        columns[open] = column;
        row = assignment.rowOfColumn[column];
        base = reached - (assignment.cost[row] - duals.value[column]);
      }
    }
    for (int k = open; k < count; k++) {
      int column = columns[k];
      duals.set(column, duals.value[column] + (distance[column] - reached));
    }
    assignment.flip(source, sink, rowBefore, costs);
  }

  /** Place of the nearest open column, free ones first among equals, once the row has joined. */
  private int relax(int row, double base, double floor, int open) {
    costs.copyRow(row, line);
    double[] dual = duals.value;
    int[] rowOfColumn = assignment.rowOfColumn;
    double least = Double.POSITIVE_INFINITY;
    int place = 0;
    for (int k = 0; k < open; k++) {
      int column = columns[k];
      double candidate = Math.max(base + line[column] - dual[column], floor);
      double known = distance[column];
      if (candidate < known) {
        distance[column] = candidate;
        rowBefore[column] = row;
        known = candidate;
      }
      if (known < least || (known == least && rowOfColumn[column] == PartialAssignment.NONE)) {
        least = known;
        place = k;
      }
    }
    return place;
  }
}
