package org.rebasin.model.alignment;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.tensor.Weights;

/** Runs one descent to its end: the product's, and a plain one to hold it to. */
final class Descents {
  private Descents() {}

  static WeightMatching.Descent run(
      PermutationSpec spec,
      Weights a,
      Weights b,
      FirstSweep first,
      long seed,
      CoordinateDescent.Observer observer) {
    boolean[] kept = ScoreMemory.of(spec, a.parameters()).kept();
    return run(spec, a, b, kept, first, seed, observer);
  }

  /** With scores kept between visits for some groups only. */
  static WeightMatching.Descent run(
      PermutationSpec spec,
      Weights a,
      Weights b,
      boolean[] kept,
      FirstSweep first,
      long seed,
      CoordinateDescent.Observer observer) {
    try (AlignedGroups groups = new AlignedGroups(spec, a, new ScoreMemory(kept, true));
        Workspaces workspaces = new Workspaces()) {
      return new CoordinateDescent(spec, a, b, groups, workspaces, first, seed)
          .advance(WeightMatching.MAXIMUM_SWEEPS, observer);
    }
  }

  /** A greedy descent from the input on that visits one group after the other, by itself. */
  static List<Permutation> oneAfterTheOther(PermutationSpec spec, Weights a, Weights b, long seed) {
    List<Permutation> permutations = new ArrayList<>(spec.identity().byGroup());
    boolean[] anchored = new boolean[permutations.size()];
    int[] order = IntStream.range(0, anchored.length).toArray();
    SplittableRandom random = new SplittableRandom(seed);
    try (AlignedGroups groups = new AlignedGroups(spec, a, ScoreMemory.of(spec, a.parameters()));
        Workspaces workspaces = new Workspaces()) {
      for (boolean improved = true, first = true; improved; first = false) {
        improved = first;
        for (int group : order) {
          Permutation now = permutations.get(group);
          GroupScores.Situation situation = new GroupScores.Situation(a, b, permutations, anchored);
          Permutation found =
              workspaces.with(
                  workspace ->
                      groups
                          .get(group)
                          .visit(now, anchored[group], situation, workspace)
                          .permutation());
          permutations.set(group, found);
          anchored[group] = true;
          improved |= found != now;
        }
        for (int i = order.length - 1; i > 0; i--) {
          int j = random.nextInt(i + 1);
          int swapped = order[i];
          order[i] = order[j];
          order[j] = swapped;
        }
      }
    }
    return permutations;
  }
}
