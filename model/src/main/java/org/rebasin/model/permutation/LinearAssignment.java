package org.rebasin.model.permutation;

/**
 * Exact dense linear assignment: each row gets a column, no column twice, such that the sum of the
 * scores at the assigned places is largest (or smallest).
 *
 * <p>Scores are row-major, [rows, columns], and are never modified. Rows and columns need not be
 * equally many: with more columns some stay unused, with more rows some stay unassigned. The result
 * is optimal in the arithmetic of the scores (float or double, with dual values in double), and the
 * same for the same scores every time, on ties too.
 *
 * <p>Each call makes a {@link LinearAssignmentSolver} of its own, which see for the method and the
 * cost. Whoever solves many problems keeps one. NaN or an infinity among the scores is refused with
 * an {@link IllegalArgumentException} that names its row, column and value.
 */
public final class LinearAssignment {
  private LinearAssignment() {}

  /** The assignment of largest sum. */
  public static Assignment maximize(float[] scores, int rows, int columns) {
    return new LinearAssignmentSolver().maximize(scores, rows, columns);
  }

  /** The assignment of smallest sum. */
  public static Assignment minimize(float[] costs, int rows, int columns) {
    return new LinearAssignmentSolver().minimize(costs, rows, columns);
  }

  /** The assignment of largest sum, exact in double. */
  public static Assignment maximize(double[] scores, int rows, int columns) {
    return new LinearAssignmentSolver().maximize(scores, rows, columns);
  }

  /** The assignment of smallest sum, exact in double. */
  public static Assignment minimize(double[] costs, int rows, int columns) {
    return new LinearAssignmentSolver().minimize(costs, rows, columns);
  }
}
