package org.rebasin.model.permutation;

/**
 * Augmenting row reduction (Jonker and Volgenant, <i>A shortest augmenting path algorithm for dense
 * and sparse linear assignment problems</i>, Computing 38, 1987) over candidate lists: a free row
 * takes its cheapest column, lowers that column's dual until its second cheapest ties, and
 * whichever row it displaced goes next.
 */
final class RowReduction {
  /** Many short passes leave fewer rows to the dearer augmenting paths than few long ones. */
  private static final int PASSES = 12;

  private static final int STEPS_PER_ROW = 4;

  private final CandidateLists lists;
  private final ColumnDuals duals;
  private final PartialAssignment assignment;

  private int cheapest;
  private double cheapestCost;
  private double least;
  private double second;

  RowReduction(CandidateLists lists, ColumnDuals duals, PartialAssignment assignment) {
    this.lists = lists;
    this.duals = duals;
    this.assignment = assignment;
  }

  void run(int rows) {
    for (int pass = 0; pass < PASSES && assignment.freeCount > 0; pass++) {
      pass((long) STEPS_PER_ROW * rows);
    }
  }

  private void pass(long steps) {
    int[] free = assignment.freeRows;
    int count = assignment.freeCount;
    int left = 0;
    long step = 0;
    for (int k = 0; k < count; k++) {
      int row = free[k];
      while (row != PartialAssignment.NONE) {
        step++;
        findTwoCheapest(row);
        boolean strict = least < second && second < Double.POSITIVE_INFINITY;
        if (strict) duals.set(cheapest, duals.value[cheapest] - (second - least));
        int displaced = assignment.rowOfColumn[cheapest];
        assignment.rowOfColumn[cheapest] = row;
        assignment.columnOfRow[row] = cheapest;
        assignment.cost[row] = cheapestCost;
        row = PartialAssignment.NONE;
        if (displaced != PartialAssignment.NONE) {
          assignment.columnOfRow[displaced] = PartialAssignment.NONE;
          if (strict && step < steps) row = displaced;
          else free[left++] = displaced; // never overtakes k: each free row leaves at most one
        }
      }
    }
    assignment.freeCount = left;
  }

  private void findTwoCheapest(int row) {
    scanList(row);
    if (least <= lists.bound[row] && second > lists.bound[row]) {
      lists.scan(row);
      scanList(row);
    }
    while (least > lists.bound[row]) {
      lists.raiseBound(row);
      scanList(row);
    }
    second = Math.min(second, lists.bound[row]);
  }

  private void scanList(int row) {
    int[] columns = lists.columns;
    double[] costs = lists.costs;
    double[] dual = duals.value;
    int end = lists.start[row] + lists.length[row];
    double first = Double.POSITIVE_INFINITY;
    double next = Double.POSITIVE_INFINITY;
    int firstAt = -1;
    int nextAt = -1;
    for (int at = lists.start[row]; at < end; at++) {
      double reduced = costs[at] - dual[columns[at]];
      if (reduced < next) {
        if (reduced < first) {
          next = first;
          nextAt = firstAt;
          first = reduced;
          firstAt = at;
        } else {
          next = reduced;
          nextAt = at;
        }
      }
    }
    if (first == next
        && assignment.rowOfColumn[columns[firstAt]] != PartialAssignment.NONE
        && assignment.rowOfColumn[columns[nextAt]] == PartialAssignment.NONE) {
      firstAt = nextAt;
    }
    least = first;
    second = next;
    cheapest = columns[firstAt];
    cheapestCost = costs[firstAt];
  }
}
