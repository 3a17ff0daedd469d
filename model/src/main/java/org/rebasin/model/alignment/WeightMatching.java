package org.rebasin.model.alignment;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.rebasin.model.permutation.LinearAssignmentSolver;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Weights;

/**
 * Weight matching (Git Re-Basin, section 3.2): permutations of B's units that maximise {@link
 * AlignmentObjective}, a sum of bilinear assignment problems (NP-hard), by coordinate descent over
 * the groups.
 *
 * <p>Several descents run, from different first sweeps, and the best ends win. A <em>greedy</em>
 * first sweep lets a group's score count only what is already anchored: tensors without another
 * permuted axis, and groups visited before. It is faster than the paper's, which counts groups not
 * yet aligned too, and ends higher: from the input to the output for untrained networks, the other
 * way for trained ones, so both are tried.
 */
public final class WeightMatching {
  /** Sweeps of one descent at most; descents end far earlier. */
  static final int MAXIMUM_SWEEPS = 100;

  private WeightMatching() {}

  /**
   * What decides the result, with the weights.
   *
   * @param seed of the order in which groups are visited
   * @param restarts descents in random order, besides the two greedy ones
   * @param start permutations to start from, such as an earlier result
   */
  public record Settings(long seed, int restarts, Optional<Permutations> start) {
    /** Checks the number of restarts. */
    public Settings {
      if (restarts < 0) {
        throw new IllegalArgumentException("expected restarts of at least 0, found " + restarts);
      }
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
    settings.start().ifPresent(start -> starts.add(new FirstSweep.From(start)));
    for (int restart = 0; restart < settings.restarts(); restart++) {
      starts.add(new FirstSweep.InRandomOrder(restart));
    }
    ScoreMemory memory = ScoreMemory.of(spec, a.parameters());
    Descent[] ended = new Descent[starts.size()];
    if (memory.sideBySide()) {
      Parallel.forEach(
          ended.length,
          i ->
              ended[i] =
                  descend(
                      spec, a, b, starts.get(i), settings, memory, new LinearAssignmentSolver()));
    } else {
      LinearAssignmentSolver solver = new LinearAssignmentSolver();
      for (int i = 0; i < ended.length; i++) {
        ended[i] = descend(spec, a, b, starts.get(i), settings, memory, solver);
      }
    }
    Descent best =
        IntStream.range(0, ended.length)
            .mapToObj(i -> ended[i])
            .max(Comparator.comparingDouble(Descent::objective))
            .orElseThrow();
    return new Alignment(
        "weight",
        best.permutations(),
        AlignmentObjective.of(spec, a, b, spec.identity()),
        best.objective(),
        best.sweeps(),
        (System.nanoTime() - started) / 1e9,
        settings.seed());
  }

  private static Descent descend(
      PermutationSpec spec,
      Weights a,
      Weights b,
      FirstSweep first,
      Settings settings,
      ScoreMemory memory,
      LinearAssignmentSolver solver) {
    try (CoordinateDescent descent = new CoordinateDescent(spec, a, b, memory, solver)) {
      return descent.run(first, settings.seed(), CoordinateDescent.Observer.NONE);
    }
  }

  /** Where one descent ended. */
  record Descent(Permutations permutations, double objective, int sweeps) {}
}
