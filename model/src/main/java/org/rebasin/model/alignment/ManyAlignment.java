package org.rebasin.model.alignment;

import java.util.List;
import java.util.stream.IntStream;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.Permutations;

/**
 * How several models are brought into one common order, that of the first: its permutations are
 * identities. Any two of them are cycle-consistent, as each model has one place in the common
 * order: aligned along A → B → C → A, a model comes back as it was.
 *
 * @param method the algorithm, as the command line names it
 * @param permutations for each model, one for each group of the network's spec
 * @param objectiveBefore {@link ManyModelObjective} of identities
 * @param objective {@link ManyModelObjective} of the permutations
 * @param progress the objective after each round or iteration
 * @param matchings weight matchings of one model against others
 * @param seconds of solving alone, without reading and writing
 * @param seed of all random choices
 */
public record ManyAlignment(
    String method,
    List<Permutations> permutations,
    double objectiveBefore,
    double objective,
    List<Double> progress,
    int matchings,
    double seconds,
    long seed) {
  /** Copies the lists. */
  public ManyAlignment {
    permutations = List.copyOf(permutations);
    progress = List.copyOf(progress);
  }

  /** How many rounds or iterations there were. */
  public int rounds() {
    return progress.size();
  }

  /** The permutations that bring model {@code from} into the order of model {@code to}. */
  public Permutations between(int to, int from) {
    return relative(permutations.get(to), permutations.get(from));
  }

  /** All permutations in the order that the first model has, which gets identities. */
  static List<Permutations> inOrderOfFirst(List<Permutations> permutations) {
    return permutations.stream().map(each -> relative(permutations.get(0), each)).toList();
  }

  private static Permutations relative(Permutations to, Permutations from) {
    return new Permutations(
        IntStream.range(0, to.byGroup().size())
            .mapToObj(group -> relative(to.byGroup().get(group), from.byGroup().get(group)))
            .toList());
  }

  private static Permutation relative(Permutation to, Permutation from) {
    return to.inverse().after(from);
  }
}
