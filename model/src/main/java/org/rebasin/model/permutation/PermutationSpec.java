package org.rebasin.model.permutation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Parameter;
import org.rebasin.model.network.UnitAxes;
import org.rebasin.model.network.Units;

/**
 * Which axes of which parameters each permutation group acts on (Git Re-Basin, section 3 and
 * appendix). Derived from the network's graph: each operator says which of its axes hold which
 * units, and axes that hold the same units are united. The network's inputs and outputs stay.
 */
public final class PermutationSpec {
  private final List<PermutationGroup> groups;
  private final Map<String, Map<Integer, Member>> byTensor;

  /** A group's part in one axis of a tensor. */
  public record Member(int group, int block) {}

  private PermutationSpec(List<PermutationGroup> groups) {
    this.groups = List.copyOf(groups);
    this.byTensor = new HashMap<>();
    for (int g = 0; g < groups.size(); g++) {
      PermutationGroup group = groups.get(g);
      for (PermutationGroup.Axis axis : group.axes()) {
        Map<Integer, Member> members =
            byTensor.computeIfAbsent(axis.tensor(), name -> new HashMap<>());
        for (Member other : members.values()) {
          if (other.group() == g) {
            throw new IllegalArgumentException(
                "%s: the units of group %s are on two of its axes; such a tensor cannot be aligned"
                    .formatted(axis.tensor(), group.name()));
          }
        }
        members.put(axis.axis(), new Member(g, axis.block()));
      }
    }
  }

  /**
   * Derives the spec of a network.
   *
   * @throws IllegalArgumentException if units of one group are on two axes of one tensor
   */
  public static PermutationSpec of(Network network) {
    return new PermutationSpec(new Derivation(network).groups());
  }

  /** The groups, in the order in which the network makes their units. */
  public List<PermutationGroup> groups() {
    return groups;
  }

  /** Which group is on an axis of a tensor, if any. */
  public Optional<Member> member(String tensor, int axis) {
    return Optional.ofNullable(byTensor.getOrDefault(tensor, Map.of()).get(axis));
  }

  /** Identities for all groups. */
  public Permutations identity() {
    return new Permutations(
        groups.stream().map(group -> Permutation.identity(group.size())).toList());
  }

  /** Walks the graph once and unites the axes that hold the same units. */
  private static final class Derivation {
    private final List<Integer> parents = new ArrayList<>();
    private final List<Integer> counts = new ArrayList<>();
    private final List<String> makers = new ArrayList<>();
    private final Map<Integer, List<PermutationGroup.Axis>> axes = new HashMap<>();
    private final List<Integer> fixed = new ArrayList<>();
    private final Network network;

    Derivation(Network network) {
      this.network = network;
    }

    List<PermutationGroup> groups() {
      List<Units> values = new ArrayList<>();
      Units input = fresh(network.inputShape().get(0), "input");
      values.add(input);
      for (Network.Node node : network.nodes()) {
        NodeAxes nodeAxes = new NodeAxes(node, node.inputs().stream().map(values::get).toList());
        node.operator().relateAxes(nodeAxes);
        values.add(
            nodeAxes.output.orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "%s: operator %s has no rule for the units of its output"
                            .formatted(node.name(), node.operator().kind()))));
      }
      fixed.add(input.id());
      fixed.add(values.get(values.size() - 1).id());
      List<Integer> fixedRoots = fixed.stream().map(this::root).toList();

      Map<Integer, List<PermutationGroup.Axis>> byRoot = new LinkedHashMap<>();
      for (int id = 0; id < parents.size(); id++) {
        if (!fixedRoots.contains(root(id))) {
          byRoot
              .computeIfAbsent(root(id), root -> new ArrayList<>())
              .addAll(axes.getOrDefault(id, List.of()));
        }
      }
      List<PermutationGroup> groups = new ArrayList<>();
      byRoot.forEach(
          (root, members) ->
              groups.add(new PermutationGroup(makers.get(root), counts.get(root), members)));
      return groups;
    }

    private Units fresh(int count, String maker) {
      parents.add(parents.size());
      counts.add(count);
      makers.add(maker);
      return new Units(parents.size() - 1, count, 1);
    }

    /** The smallest id of the united ones: what was made first names the group. */
    private int root(int id) {
      int root = id;
      while (parents.get(root) != root) {
        root = parents.get(root);
      }
      return root;
    }

    /** What one node tells. */
    private final class NodeAxes implements UnitAxes {
      private final Network.Node node;
      private final List<Units> inputs;
      private Optional<Units> output = Optional.empty();

      NodeAxes(Network.Node node, List<Units> inputs) {
        this.node = node;
        this.inputs = inputs;
      }

      @Override
      public Units input(int index) {
        return inputs.get(index);
      }

      @Override
      public Units fresh(int count) {
        return Derivation.this.fresh(count, node.name());
      }

      @Override
      public void output(Units units) {
        output = Optional.of(units);
      }

      @Override
      public void parameter(String name, int axis, Units units) {
        Parameter parameter =
            node.operator().parameters().stream()
                .filter(candidate -> candidate.name().equals(name))
                .findFirst()
                .orElseThrow(
                    () -> new IllegalArgumentException(node.name() + ": no parameter " + name));
        if (parameter.shape().get(axis) != units.length()) {
          throw new IllegalArgumentException(
              "%s: axis %d has %d elements, expected %d units of %d"
                  .formatted(
                      name, axis, parameter.shape().get(axis), units.count(), units.block()));
        }
        axes.computeIfAbsent(units.id(), id -> new ArrayList<>())
            .add(new PermutationGroup.Axis(name, axis, units.block()));
      }

      @Override
      public void tie(Units one, Units other) {
        if (one.count() != other.count() || one.block() != other.block()) {
          throw new IllegalArgumentException(
              "%s: cannot tie %d units of %d to %d of %d"
                  .formatted(node.name(), one.count(), one.block(), other.count(), other.block()));
        }
        int a = root(one.id());
        int b = root(other.id());
        parents.set(Math.max(a, b), Math.min(a, b));
      }
    }
  }
}
