package org.rebasin.model.alignment;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.Weights;

/**
 * Weight matching (Git Re-Basin, section 3.2): permutations of B's units that maximise {@link
 * AlignmentObjective}, a sum of bilinear assignment problems (NP-hard), by coordinate descent over
 * the groups.
 *
 * <p>Several descents start, from different first sweeps, and the best ends win. A <em>greedy</em>
 * first sweep lets a group's score count only what is already anchored: tensors without another
 * permuted axis, and groups visited before. It is faster than the paper's, which counts groups not
 * yet aligned too, and ends higher: from the input to the output for untrained networks, the other
 * way for trained ones, so both are tried; {@link DescentRace} stops those that fall behind.
 */
public final class WeightMatching {
  /** Sweeps of one descent at most; descents end far earlier. */
  static final int MAXIMUM_SWEEPS = 100;

  private WeightMatching() {}

  /**
   * What decides the result, with the weights.
   *
   * @param seed of all random choices
   * @param restarts descents in random order, besides the two greedy ones
   * @param starts permutations to start from, such as earlier results; each descends to its end
   * @param kicks how many times to disturb a tenth of one group of the best result and descend
   *     again, keeping what is better
   */
  public record Settings(long seed, int restarts, List<Permutations> starts, int kicks) {
    /** Checks the counts and copies the list. */
    public Settings {
      if (restarts < 0) {
        throw new IllegalArgumentException("expected restarts of at least 0, found " + restarts);
      }
      if (kicks < 0) {
        throw new IllegalArgumentException("expected kicks of at least 0, found " + kicks);
      }
      starts = List.copyOf(starts);
    }

    /** With at most one start, and no kicks. */
    public Settings(long seed, int restarts, Optional<Permutations> start) {
      this(seed, restarts, start.stream().toList(), 0);
    }

    /** Both greedy directions and nothing else. */
    public static Settings withSeed(long seed) {
      return new Settings(seed, 0, Optional.empty());
    }
  }

  /**
   * Aligns B to A.
   *
   * @param spec of the network both belong to
   * @param a the reference
   * @param b the model to align; read only
   * @return the best permutations found; the same for the same input, on any number of threads
   */
  public static Alignment align(PermutationSpec spec, Weights a, Weights b, Settings settings) {
    long started = System.nanoTime();
    List<FirstSweep> starts = new ArrayList<>();
    starts.add(new FirstSweep.InputToOutput());
    starts.add(new FirstSweep.OutputToInput());
    settings.starts().forEach(start -> starts.add(new FirstSweep.From(start)));
    for (int restart = 0; restart < settings.restarts(); restart++) {
      starts.add(new FirstSweep.InRandomOrder(restart));
    }
    Descent best;
    try (DescentRace race = new DescentRace(spec, a, b, settings.seed())) {
      best = race.run(starts, settings.kicks());
    }
    return new Alignment(
        "weight",
        best.permutations(),
        best.permutations().equals(spec.identity())
            ? best.objective()
            : AlignmentObjective.of(spec, a, b, spec.identity()),
        best.objective(),
        best.sweeps(),
        (System.nanoTime() - started) / 1e9,
        settings.seed(),
        best.objectives());
  }

  /**
   * Where one descent is.
   *
   * @param objectives after each sweep
   */
  record Descent(Permutations permutations, double objective, List<Double> objectives) {
    /** Copies the list. */
    Descent {
      objectives = List.copyOf(objectives);
    }

    int sweeps() {
      return objectives.size();
    }
  }
}
