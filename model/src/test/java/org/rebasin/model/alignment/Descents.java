package org.rebasin.model.alignment;

import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.tensor.Weights;

/** Runs one descent to its end. */
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
}
