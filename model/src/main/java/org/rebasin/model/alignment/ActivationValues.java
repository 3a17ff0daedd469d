package org.rebasin.model.alignment;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.rebasin.model.network.Dropout;
import org.rebasin.model.network.Network;
import org.rebasin.model.permutation.PermutationGroup;
import org.rebasin.model.permutation.PermutationSpec;

/**
 * Which values of a network stand for each permutation group in activation matching.
 *
 * <p>The rule: a value of the group counts where it leaves the group, that is, where an operator
 * reads it whose output carries other units; so what counts is what the next layers see, behind the
 * activation function. From there the choice goes back over dropout and over operators without
 * parameters that change the shape, which are pooling and flattening: so each position of an image
 * is a sample. In a residual network each block's output is read by the next block, so a stream's
 * values are the activations behind each of its additions.
 *
 * @param byGroup for each group of the spec, its values in ascending order; at least one
 */
public record ActivationValues(List<List<Integer>> byGroup) {
  /** Copies the lists. */
  public ActivationValues {
    byGroup = byGroup.stream().map(List::copyOf).toList();
  }

  /** Applies the rule. */
  public static ActivationValues of(PermutationSpec spec, Network network) {
    return new ActivationValues(
        spec.groups().stream().map(group -> choose(group, network)).toList());
  }

  private static List<Integer> choose(PermutationGroup group, Network network) {
    Set<Integer> members = new HashSet<>(group.values());
    Set<Integer> chosen = new TreeSet<>();
    for (int output = 1; output <= network.nodes().size(); output++) {
      if (!members.contains(output)) {
        for (int input : network.nodes().get(output - 1).inputs()) {
          if (members.contains(input)) {
            chosen.add(before(input, network));
          }
        }
      }
    }
    if (chosen.isEmpty()) {
      // Nothing reads these units, so no order of them matters; any value will do.
      chosen.add(group.values().get(group.values().size() - 1));
    }
    return List.copyOf(chosen);
  }

  /** The value that dropout, pooling and flattening made a value from. */
  private static int before(int value, Network network) {
    int at = value;
    while (true) {
      Network.Node maker = network.nodes().get(at - 1);
      boolean passes =
          maker.inputs().size() == 1
              && maker.operator().parameters().isEmpty()
              && (maker.operator() instanceof Dropout
                  || !maker.shape().equals(network.shape(maker.inputs().get(0))));
      if (!passes) {
        return at;
      }
      at = maker.inputs().get(0);
    }
  }

  /** All values of all groups, ascending: what a side that keeps its weights to itself sends. */
  public List<Integer> all() {
    return byGroup.stream().flatMap(List::stream).sorted().toList();
  }
}
