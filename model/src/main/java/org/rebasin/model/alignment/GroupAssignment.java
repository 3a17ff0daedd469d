package org.rebasin.model.alignment;

import java.nio.FloatBuffer;
import org.rebasin.model.permutation.Assignment;
import org.rebasin.model.permutation.LinearAssignmentSolver;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.tensor.Tensor;

/**
 * Solves one group's assignments. Keeps the last column duals: where few of the neighbours' units
 * moved, they often prove that the permutation is still the best, and else the next solution starts
 * from them.
 */
final class GroupAssignment {
  /** If more of the scores moved, their last duals are no better a start than none. */
  private static final double MOST_MOVED = 0.2;

  private double[] duals = {};
  private boolean near;

  /**
   * The permutation of the highest total score.
   *
   * @param scores {@code [size, size]}
   * @param moved which part of them changed since the last call
   * @param now the permutation so far; returned itself if it still is the best
   */
  Permutation best(Workspaces.Workspace workspace, Tensor scores, double moved, Permutation now) {
    int size = scores.dimension(0);
    boolean fresh = duals.length == 0 || moved > MOST_MOVED && !near;
    if (!fresh && workspace.drifted().isBest(scores.values().duplicate(), now, duals)) {
      near = false;
      return now;
    }
    LinearAssignmentSolver solver = workspace.solver();
    FloatBuffer values = scores.values().duplicate();
    Assignment assignment;
    if (fresh) {
      assignment = solver.maximize(values, size, size);
    } else if (near) {
      assignment = solver.maximizeDrifted(values, size, size, duals);
    } else {
      assignment = solver.maximize(values, size, size, duals);
    }
    near = false;
    duals = assignment.columnDuals();
    return Permutation.of(assignment.columnOfRow());
  }

  double[] duals() {
    return duals;
  }

  /**
   * Begins with other scores.
   *
   * @param nearLast whether the next scores differ little from the last ones; else the last
   *     solution is forgotten
   */
  void reset(boolean nearLast) {
    near = nearLast;
    if (!nearLast) {
      duals = new double[0];
    }
  }
}
