package org.rebasin.model.alignment;

import java.util.List;
import org.rebasin.model.permutation.PermutationGroup;
import org.rebasin.model.permutation.PermutationSpec;

/**
 * Which groups' score matrices a descent keeps between visits. Kept scores save most products; but
 * those of a chain of wide layers together are as large as the model, so a network of many
 * parameters keeps only what fits an eighth of its own size, and computes the others afresh at each
 * visit.
 *
 * @param kept for each group, whether its scores stay
 * @param sideBySide whether any number of descents may hold their scores at the same time
 */
record ScoreMemory(boolean[] kept, boolean sideBySide) {
  /** Models below this many parameters keep everything. */
  private static final long SMALL = 64L << 20;

  static ScoreMemory of(PermutationSpec spec, long parameters) {
    List<PermutationGroup> groups = spec.groups();
    boolean[] kept = new boolean[groups.size()];
    long budget = parameters <= SMALL ? Long.MAX_VALUE : parameters / 8;
    for (int g = 0; g < kept.length; g++) {
      long size = groups.get(g).size();
      kept[g] = size * size <= budget;
      budget -= kept[g] ? size * size : 0;
    }
    return new ScoreMemory(kept, parameters <= SMALL);
  }
}
