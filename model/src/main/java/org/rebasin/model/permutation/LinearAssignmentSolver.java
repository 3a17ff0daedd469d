package org.rebasin.model.permutation;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;

/**
 * Solves linear assignment problems one after the other, keeping its buffers. Not thread-safe: one
 * solver per thread.
 *
 * <p>The method is that of Jonker and Volgenant (Computing 38, 1987), made lazy and sparse: first
 * duals from the statistics of the columns ({@link StartingDuals}), short lists of each row's
 * cheapest columns ({@link CandidateLists}), row reduction ({@link RowReduction}), and shortest
 * augmenting paths for the rows left ({@link SparseAugmentingPath}). Small problems, and the rest
 * of those on which ties defeat the lists, go to {@link DenseAugmentingPath}. All stages share one
 * invariant, so the result is exact whichever did the work.
 *
 * <p>Cost: the scores are copied once into a float matrix that the solver owns and reuses (4 bytes
 * per score; double scores are also read in place). Time is dominated by a few passes over the
 * matrix on scores as they occur; the worst case is cubic. Those passes run on all cores, the
 * searches between them on one. Next to nothing is allocated in a repeated solve but the result
 * and, seldom, longer candidate lists.
 *
 * <p>The warm-start methods take the column duals of an earlier result for a problem of the same
 * shape. They never change the optimum and save up to a third of the time if little has changed; if
 * they promise less than a fresh start, the solver starts afresh. For rectangular problems they are
 * ignored, since unused columns must have the highest dual there.
 */
public final class LinearAssignmentSolver {
  private static final int SHORTEST_LIST = 12;
  private static final int LARGEST_DENSE = 64;
  private static final int SMALLEST_WITH_START = 128;
  private static final double[] NO_DUALS = {};

  private final int shortestList;
  private final int largestDense;
  private final int smallestWithStart;
  private boolean drifted;
  private final CostMatrix costs = new CostMatrix();
  private final ColumnDuals duals = new ColumnDuals();
  private final PartialAssignment assignment = new PartialAssignment();
  private final StartingDuals start = new StartingDuals(costs);
  private final CandidateLists lists = new CandidateLists(costs, duals);
  private final RowReduction reduction = new RowReduction(lists, duals, assignment);
  private final SparseAugmentingPath sparse =
      new SparseAugmentingPath(costs, duals, lists, assignment);
  private final DenseAugmentingPath dense = new DenseAugmentingPath(costs, duals, assignment);

  /** A solver without buffers yet; they grow with the largest problem seen. */
  public LinearAssignmentSolver() {
    this(SHORTEST_LIST, LARGEST_DENSE, SMALLEST_WITH_START);
  }

  /** A solver whose limits are lowered, for tests to reach every stage with small problems. */
  LinearAssignmentSolver(int shortestList, int largestDense, int smallestWithStart) {
    this.shortestList = shortestList;
    this.largestDense = largestDense;
    this.smallestWithStart = smallestWithStart;
  }

  /** The assignment of largest sum; {@code scores} is row-major [rows, columns]. */
  public Assignment maximize(float[] scores, int rows, int columns) {
    return maximize(FloatBuffer.wrap(scores), rows, columns);
  }

  /** The assignment of smallest sum; {@code costs} is row-major [rows, columns]. */
  public Assignment minimize(float[] costs, int rows, int columns) {
    return minimize(FloatBuffer.wrap(costs), rows, columns);
  }

  /** The assignment of largest sum of the {@code rows * columns} scores the buffer has left. */
  public Assignment maximize(FloatBuffer scores, int rows, int columns) {
    return solve(scores, rows, columns, true, NO_DUALS);
  }

  /** The assignment of smallest sum of the {@code rows * columns} costs the buffer has left. */
  public Assignment minimize(FloatBuffer costs, int rows, int columns) {
    return solve(costs, rows, columns, false, NO_DUALS);
  }

  /** As {@link #maximize(FloatBuffer, int, int)}, starting from these column duals. */
  public Assignment maximize(FloatBuffer scores, int rows, int columns, double[] columnDuals) {
    requireDuals(columnDuals, columns);
    return solve(scores, rows, columns, true, columnDuals);
  }

  /**
   * As {@link #maximize(FloatBuffer, int, int, double[])} for scores that differ little from those
   * whose solution the duals are of: looks for no better start, which would take as long as all the
   * rest.
   */
  public Assignment maximizeDrifted(
      FloatBuffer scores, int rows, int columns, double[] columnDuals) {
    drifted = true;
    try {
      return maximize(scores, rows, columns, columnDuals);
    } finally {
      drifted = false;
    }
  }

  /** As {@link #minimize(FloatBuffer, int, int)}, starting from these column duals. */
  public Assignment minimize(FloatBuffer costs, int rows, int columns, double[] columnDuals) {
    requireDuals(columnDuals, columns);
    return solve(costs, rows, columns, false, columnDuals);
  }

  /**
   * The assignment of largest sum, exact in double; {@code scores} is row-major [rows, columns].
   */
  public Assignment maximize(double[] scores, int rows, int columns) {
    return solve(scores, rows, columns, true);
  }

  /**
   * The assignment of smallest sum, exact in double; {@code costs} is row-major [rows, columns].
   */
  public Assignment minimize(double[] costs, int rows, int columns) {
    return solve(costs, rows, columns, false);
  }

  private Assignment solve(
      FloatBuffer scores, int rows, int columns, boolean maximize, double[] columnDuals) {
    requireSize(scores.remaining(), rows, columns);
    if (rows == 0 || columns == 0) return empty(rows, columns);
    costs.load(scores, rows, columns, maximize);
    solveLoaded(columnDuals);
    int first = scores.position();
    return result(rows, columns, index -> scores.get(first + index));
  }

  private Assignment solve(double[] scores, int rows, int columns, boolean maximize) {
    requireSize(scores.length, rows, columns);
    if (rows == 0 || columns == 0) return empty(rows, columns);
    try {
      costs.load(scores, rows, columns, maximize);
      solveLoaded(NO_DUALS);
    } finally {
      costs.release();
    }
    return result(rows, columns, index -> scores[index]);
  }

  private void solveLoaded(double[] columnDuals) {
    duals.reset(costs.columns);
    assignment.reset(costs.rows, costs.columns);
    if (costs.isConstant()) {
      // Nothing to choose, and the worst case for lists of the cheapest columns.
      assignment.assignInOrder(costs);
      return;
    }
    if (costs.columns > largestDense) {
      // Any duals will do as a start if no column stays unused; else unused ones must be highest.
      if (costs.rows == costs.columns) {
        if (drifted) start.keep(duals, inCosts(columnDuals));
        else if (columnDuals.length > 0) start.choose(duals, inCosts(columnDuals));
        else if (costs.columns >= smallestWithStart) start.choose(duals);
      }
      lists.reset(shortestList);
      reduction.run(costs.rows);
      sparse.run();
    }
    dense.run();
  }

  /** Centred, which changes nothing in a square problem but keeps a common offset from rounding. */
  private double[] inCosts(double[] columnDuals) {
    double[] scaled = new double[columnDuals.length];
    double sum = 0;
    for (int k = 0; k < scaled.length; k++) {
      scaled[k] = columnDuals[k] * costs.factor;
      sum += scaled[k];
    }
    for (int k = 0; k < scaled.length; k++) scaled[k] -= sum / scaled.length;
    return scaled;
  }

  private Assignment result(int rows, int columns, IntToDoubleFunction score) {
    double[] longDuals = new double[costs.columns];
    double[] shortDuals = new double[costs.rows];
    for (int k = 0; k < costs.columns; k++) longDuals[k] = duals.value[k] / costs.factor;
    for (int k = 0; k < costs.rows; k++) {
      double dual = assignment.cost[k] - duals.value[assignment.columnOfRow[k]];
      shortDuals[k] = dual / costs.factor;
    }
    int[] columnOfRow = new int[rows];
    double objective = 0;
    for (int row = 0; row < rows; row++) {
      int column = costs.transposed ? assignment.rowOfColumn[row] : assignment.columnOfRow[row];
      columnOfRow[row] = column;
      if (column != PartialAssignment.NONE) {
        objective += score.applyAsDouble(row * columns + column);
      }
    }
    return costs.transposed
        ? new Assignment(columnOfRow, objective, longDuals, shortDuals)
        : new Assignment(columnOfRow, objective, shortDuals, longDuals);
  }

  private static Assignment empty(int rows, int columns) {
    int[] columnOfRow = new int[rows];
    Arrays.fill(columnOfRow, Assignment.UNASSIGNED);
    return new Assignment(columnOfRow, 0, new double[rows], new double[columns]);
  }

  private static void requireSize(int scores, int rows, int columns) {
    if (rows < 0 || columns < 0 || (long) rows * columns != scores) {
      throw new IllegalArgumentException(
          "linear assignment: expected rows * columns scores, found "
              + rows
              + " rows, "
              + columns
              + " columns and "
              + scores
              + " scores");
    }
  }

  private static void requireDuals(double[] columnDuals, int columns) {
    if (columnDuals.length != columns) {
      throw new IllegalArgumentException(
          "linear assignment: expected " + columns + " column duals, found " + columnDuals.length);
    }
    for (int column = 0; column < columns; column++) {
      if (!Double.isFinite(columnDuals[column])) {
        throw new IllegalArgumentException(
            "linear assignment: expected finite column duals, found "
                + columnDuals[column]
                + " for column "
                + column);
      }
    }
  }
}
