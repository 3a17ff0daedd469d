package org.rebasin.model.permutation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Proves an assignment optimal from its duals: feasibility and complementary slackness. */
final class OptimalityCertificate {
  private static final double RELATIVE_TOLERANCE = 1e-12;

  private OptimalityCertificate() {}

  static void verify(
      double[] scores, int rows, int columns, boolean maximize, Assignment assignment) {
    double sign = maximize ? -1 : 1;
    double[] u = assignment.rowDuals();
    double[] v = assignment.columnDuals();
    int[] columnOfRow = assignment.columnOfRow();
    double peak = Double.MIN_NORMAL;
    for (double score : scores) peak = Math.max(peak, Math.abs(score));
    double tolerance = RELATIVE_TOLERANCE * peak * Math.max(rows, columns);

    boolean[] used = new boolean[columns];
    int assigned = 0;
    double objective = 0;
    for (int i = 0; i < rows; i++) {
      int j = columnOfRow[i];
      if (j == Assignment.UNASSIGNED) {
        assertEquals(0, u[i], tolerance, "dual of unassigned row " + i);
        continue;
      }
      assertTrue(!used[j], "column " + j + " is assigned twice");
      used[j] = true;
      assigned++;
      objective += scores[i * columns + j];
      assertEquals(scores[i * columns + j], u[i] + v[j], tolerance, "slack of row " + i);
    }
    assertEquals(Math.min(rows, columns), assigned, "assigned rows");
    assertEquals(objective, assignment.objective(), "objective in row order");
    double dual = 0;
    for (int i = 0; i < rows; i++) {
      dual += u[i];
      if (rows > columns) assertTrue(sign * u[i] <= tolerance, "sign of the dual of row " + i);
      for (int j = 0; j < columns; j++) {
        double slack = sign * (scores[i * columns + j] - u[i] - v[j]);
        assertTrue(slack >= -tolerance, "dual infeasible by " + -slack + " at " + i + ", " + j);
      }
    }
    for (int j = 0; j < columns; j++) {
      dual += v[j];
      if (columns > rows) {
        assertTrue(sign * v[j] <= tolerance, "sign of the dual of column " + j);
        if (!used[j]) assertEquals(0, v[j], tolerance, "dual of unused column " + j);
      }
    }
    assertEquals(objective, dual, tolerance * Math.max(rows, columns), "duality gap");
  }

  static void verify(
      float[] scores, int rows, int columns, boolean maximize, Assignment assignment) {
    verify(widened(scores), rows, columns, maximize, assignment);
  }

  static double[] widened(float[] scores) {
    double[] exact = new double[scores.length];
    for (int k = 0; k < scores.length; k++) exact[k] = scores[k];
    return exact;
  }
}
