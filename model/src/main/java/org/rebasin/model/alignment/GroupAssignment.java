package org.rebasin.model.alignment;

import java.util.HashMap;
import java.util.Map;
import org.rebasin.model.permutation.Assignment;
import org.rebasin.model.permutation.LinearAssignmentSolver;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.tensor.Tensor;

/**
 * Solves the groups' assignments for one descent. Keeps each group's last column duals: where few
 * of a neighbour's units moved, the next solution starts from them.
 */
final class GroupAssignment {
  private final LinearAssignmentSolver solver;
  private final Map<Integer, double[]> duals = new HashMap<>();

  /** For one descent; descents one after the other may share the solver and its buffers. */
  GroupAssignment(LinearAssignmentSolver solver) {
    this.solver = solver;
  }

  /**
   * The permutation of the highest total score.
   *
   * @param scores {@code [size, size]}
   */
  Permutation best(int group, Tensor scores) {
    int size = scores.dimension(0);
    double[] last = duals.get(group);
    Assignment assignment =
        last == null
            ? solver.maximize(scores.values().duplicate(), size, size)
            : solver.maximize(scores.values().duplicate(), size, size, last);
    duals.put(group, assignment.columnDuals());
    return Permutation.of(assignment.columnOfRow());
  }
}
