package org.rebasin.model.permutation;

import java.util.Arrays;

/**
 * Shortest augmenting paths over candidate lists, by Dijkstra's method with a heap.
 *
 * <p>Each row that joins the search tree also puts a sentinel into the heap, at the least distance
 * its unlisted columns could have. If the search ends before the sentinel comes up, the list was
 * enough; else the row is listed again. Nothing at or beyond the nearest free column seen enters
 * the heap.
 */
final class SparseAugmentingPath {
  /** One step along a list costs about as much as this many steps of a dense pass. */
  private static final long DENSE_STEPS_PER_LIST_STEP = 5;

  private static final long PATIENCE = 8;

  private final CostMatrix costs;
  private final ColumnDuals duals;
  private final CandidateLists lists;
  private final PartialAssignment assignment;
  private final ColumnHeap heap = new ColumnHeap();

  private double[] distance = new double[0];
  private int[] rowBefore = new int[0];
  private int[] seen = new int[0];
  private int[] closed = new int[0];
  private double[] offset = new double[0];
  private int search;
  private double nearest;
  private int sink;
  private long listSteps;
  private long closedTotal;

  SparseAugmentingPath(
      CostMatrix costs, ColumnDuals duals, CandidateLists lists, PartialAssignment assignment) {
    this.costs = costs;
    this.duals = duals;
    this.lists = lists;
    this.assignment = assignment;
  }

  /**
   * Assigns the free rows in their order, until none is left or dense search has become the cheaper
   * way, as it does when ties make lists long; then the rows left stay in the list of free rows.
   */
  void run() {
    int columns = costs.columns;
    heap.reset(columns + costs.rows);
    distance = RowArithmetic.atLeast(distance, columns);
    rowBefore = RowArithmetic.atLeast(rowBefore, columns);
    seen = RowArithmetic.atLeast(seen, columns);
    closed = RowArithmetic.atLeast(closed, columns);
    offset = RowArithmetic.atLeast(offset, costs.rows);
    Arrays.fill(seen, 0);
    search = 0;
    listSteps = 0;
    closedTotal = 0;
    long scansBefore = lists.scans;
    int done = 0;
    while (done < assignment.freeCount) {
      augment(assignment.freeRows[done++]);
      long sparse = DENSE_STEPS_PER_LIST_STEP * listSteps + columns * (lists.scans - scansBefore);
      long dense = columns * (closedTotal + PATIENCE * costs.rows);
      if (sparse > dense) break;
    }
    int left = assignment.freeCount - done;
    System.arraycopy(assignment.freeRows, done, assignment.freeRows, 0, left);
    assignment.freeCount = left;
  }

  private void augment(int source) {
    search++;
    heap.clear();
    nearest = Double.POSITIVE_INFINITY;
    sink = PartialAssignment.NONE;
    int columns = costs.columns;
    int closedCount = 0;
    offset[source] = 0;
    relax(source, 0, Double.NEGATIVE_INFINITY);
    while (!heap.isEmpty() && heap.smallestKey() < nearest) {
      double key = heap.smallestKey();
      int item = heap.removeSmallest();
      if (item < columns) {
        closed[closedCount++] = item;
        int row = assignment.rowOfColumn[item];
        offset[row] = key - (assignment.cost[row] - duals.value[item]);
        relax(row, offset[row], key);
      } else {
        int row = item - columns;
        lists.raiseBound(row);
        relax(row, offset[row], key);
      }
    }
    for (int k = 0; k < closedCount; k++) {
      int column = closed[k];
      duals.set(column, duals.value[column] + (distance[column] - nearest));
    }
    closedTotal += closedCount + 1;
    assignment.flip(source, sink, rowBefore, costs);
  }

  /** No distance falls below {@code floor}: rounding must not reopen a closed column. */
  private void relax(int row, double base, double floor) {
    int[] listed = lists.columns;
    double[] listedCosts = lists.costs;
    double[] dual = duals.value;
    int end = lists.start[row] + lists.length[row];
    listSteps += lists.length[row];
    for (int at = lists.start[row]; at < end; at++) {
      int column = listed[at];
      double candidate = Math.max(base + listedCosts[at] - dual[column], floor);
      if (candidate >= nearest) continue;
      if (seen[column] == search && candidate >= distance[column]) continue;
      seen[column] = search;
      distance[column] = candidate;
      rowBefore[column] = row;
      if (assignment.rowOfColumn[column] == PartialAssignment.NONE) {
        nearest = candidate;
        sink = column;
      } else {
        heap.offer(column, candidate);
      }
    }
    double sentinel = Math.max(base + lists.bound[row], floor);
    if (sentinel < nearest) heap.offer(costs.columns + row, sentinel);
  }
}
