package org.rebasin.model.alignment;

import java.util.List;
import java.util.Optional;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/** One group in a descent: its scores, and what is kept between its visits. Close it. */
final class AlignedGroup implements AutoCloseable {
  /** A step must gain more than this part of the scores' size: single precision tells no less. */
  private static final double TOLERANCE = 1e-7;

  private final GroupScores scores;
  private final boolean kept;
  private final GroupAssignment assignment = new GroupAssignment();
  private Optional<Tensor> matrix = Optional.empty();

  /**
   * Takes no memory yet.
   *
   * @param kept whether the score matrix stays between visits
   */
  AlignedGroup(GroupScores scores, boolean kept) {
    this.scores = scores;
    this.kept = kept;
  }

  /**
   * Solves the group's assignment.
   *
   * @param now the group's permutation
   * @param counts whether it is worth keeping: else any other replaces it
   * @return a better permutation, or {@code now} itself, and what is gained
   */
  Outcome visit(
      Permutation now,
      boolean counts,
      GroupScores.Situation situation,
      Workspaces.Workspace workspace) {
    Tensor values = kept ? matrix() : workspace.scores(scores.size());
    double moved = scores.update(values, kept, situation, workspace.panels(scores.panelSize()));
    if (moved == 0) {
      return new Outcome(now, 0);
    }
    Permutation better = assignment.best(workspace, values, moved, now);
    if (better.equals(now)) {
      return new Outcome(now, 0);
    }
    double gain = counts ? gain(values, now, better) : 0;
    return counts && gain == 0 ? new Outcome(now, 0) : new Outcome(better, gain);
  }

  /**
   * What a visit came to.
   *
   * @param gain of the scores; 0 if nothing was worth keeping
   */
  record Outcome(Permutation permutation, double gain) {}

  /** The scores from which drift is counted; must be kept, and as the last visit left them. */
  DriftedScores drifted(Permutation now, Weights a, Weights b, List<Permutation> permutations) {
    return new DriftedScores(scores, now, matrix(), a, b, permutations);
  }

  /** The scores that are kept between visits. */
  Tensor matrix() {
    if (matrix.isEmpty()) {
      matrix = Optional.of(Tensor.allocate(scores.size(), scores.size()));
    }
    return matrix.get();
  }

  /** Column duals of the last visit's solution. */
  double[] duals() {
    return assignment.duals();
  }

  /** How much higher the scores are; 0 if that is less than single precision tells. */
  private static double gain(Tensor scores, Permutation now, Permutation better) {
    int size = now.size();
    double gain = 0;
    double magnitude = 0;
    for (int slot = 0; slot < size; slot++) {
      double after = scores.values().get(slot * size + better.get(slot));
      double before = scores.values().get(slot * size + now.get(slot));
      gain += after - before;
      magnitude += Math.abs(after) + Math.abs(before);
    }
    return gain > TOLERANCE * magnitude ? gain : 0;
  }

  /**
   * Forgets the last descent, and keeps its memory.
   *
   * @param near whether the next scores differ little from the last ones
   */
  void reset(boolean near) {
    scores.reset();
    assignment.reset(near);
  }

  @Override
  public void close() {
    matrix.ifPresent(Tensor::close);
  }
}
