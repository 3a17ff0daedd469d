package org.rebasin.model.alignment;

import java.util.ArrayList;
import java.util.List;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.tensor.Weights;

/**
 * The groups of a spec, with the score matrices of one descent, or of several one after the other.
 * Close it.
 */
final class AlignedGroups implements AutoCloseable {
  private final List<AlignedGroup> groups = new ArrayList<>();
  private final boolean[][] adjacent;

  /**
   * Takes no memory for scores yet.
   *
   * @param shapes weights of the network, of which only shapes count
   */
  AlignedGroups(PermutationSpec spec, Weights shapes, ScoreMemory memory) {
    int count = spec.groups().size();
    adjacent = new boolean[count][count];
    for (int group = 0; group < count; group++) {
      GroupScores scores = new GroupScores(spec, group, shapes);
      groups.add(new AlignedGroup(scores, memory.kept()[group]));
      adjacent[group][group] = true;
      for (int neighbour : scores.neighbours()) {
        adjacent[group][neighbour] = true;
      }
    }
  }

  AlignedGroup get(int group) {
    return groups.get(group);
  }

  /** Whether two groups are on one tensor, so that the scores of one depend on the other. */
  boolean adjacent(int one, int other) {
    return adjacent[one][other];
  }

  /**
   * Forgets the last descent, and keeps its memory.
   *
   * @param near whether the next scores differ little from the last ones
   */
  void reset(boolean near) {
    groups.forEach(group -> group.reset(near));
  }

  @Override
  public void close() {
    groups.forEach(AlignedGroup::close);
  }
}
