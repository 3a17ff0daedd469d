package org.rebasin.model.alignment;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Weights;

/**
 * Certifies that permutations to which a descent came are still where it would stay, after A's
 * weights have moved a little: that each group's is the best for those of all others. Computes few
 * of the scores, see {@link DriftedScores}: after a step of gradient descent less than a hundredth,
 * where a descent multiplies all of A by all of B.
 *
 * <p>Holds the weights of A, its step and B's by unit, each weight once for either of its axes: up
 * to six models; close it. For one thread.
 */
final class DriftCertificate implements AutoCloseable {
  private final AlignedGroups groups;
  private final Permutations permutations;
  private final Workspaces workspaces;
  private final List<DriftedScores> scores = new ArrayList<>();

  /**
   * A certificate for what has been found.
   *
   * @param a as it was then
   * @param b as it is and remains
   * @param groups which hold the scores of these permutations, and hold them until this is closed
   */
  DriftCertificate(
      Weights a,
      Weights b,
      Permutations permutations,
      AlignedGroups groups,
      Workspaces workspaces) {
    this.groups = groups;
    this.permutations = permutations;
    this.workspaces = workspaces;
    List<Permutation> byGroup = permutations.byGroup();
    for (int group = 0; group < byGroup.size(); group++) {
      scores.add(groups.get(group).drifted(byGroup.get(group), a, b, byGroup));
    }
  }

  /** Whether it holds for these permutations and weights; if not, they may be the best or not. */
  boolean covers(Permutations start, Weights a) {
    if (!start.equals(permutations)) {
      return false;
    }
    // All of them, also after one that fails: each brings its duals up to date.
    AtomicBoolean all = new AtomicBoolean(true);
    Parallel.forEach(
        scores.size(),
        group -> {
          if (!covers(group, a)) {
            all.set(false);
          }
        });
    return all.get();
  }

  private boolean covers(int group, Weights a) {
    Permutation permutation = permutations.byGroup().get(group);
    return scores.get(group).moveTo(a)
        && workspaces.with(
            workspace ->
                workspace
                    .drifted()
                    .isBest(scores.get(group), permutation, groups.get(group).duals()));
  }

  @Override
  public void close() {
    scores.forEach(DriftedScores::close);
  }
}
