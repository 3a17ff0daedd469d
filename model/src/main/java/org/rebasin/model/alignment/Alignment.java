package org.rebasin.model.alignment;

import java.util.List;
import org.rebasin.model.permutation.Permutations;

/**
 * How one model is brought into the order of another.
 *
 * @param method the algorithm, as the command line names it
 * @param permutations one for each group of the network's spec
 * @param objectiveBefore {@link AlignmentObjective} of the identity
 * @param objective of the permutations
 * @param sweeps over all groups, of the descent that won
 * @param seconds of solving alone, without reading and writing
 * @param seed of all random choices
 * @param objectives after each sweep of the descent that won, the last being {@code objective};
 *     empty where sweeps are not counted so
 */
public record Alignment(
    String method,
    Permutations permutations,
    double objectiveBefore,
    double objective,
    int sweeps,
    double seconds,
    long seed,
    List<Double> objectives) {
  /** Copies the list; what was kept before there was one has none. */
  public Alignment {
    objectives = objectives == null ? List.of() : List.copyOf(objectives);
  }

  /** Of a method that does not tell the objective of each sweep. */
  public Alignment(
      String method,
      Permutations permutations,
      double objectiveBefore,
      double objective,
      int sweeps,
      double seconds,
      long seed) {
    this(method, permutations, objectiveBefore, objective, sweeps, seconds, seed, List.of());
  }
}
