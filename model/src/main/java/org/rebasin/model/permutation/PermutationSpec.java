package org.rebasin.model.permutation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
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
  private final Map<String, List<Member>> byTensor;

  /**
   * A group's stretch of one axis of a tensor.
   *
   * @param group its index
   * @param axis 0 or 1
   * @param block consecutive elements of the axis per unit
   * @param offset the stretch's first element
   */
  public record Member(int group, int axis, int block, int offset) {}

  private PermutationSpec(List<PermutationGroup> groups) {
    this.groups = List.copyOf(groups);
    this.byTensor = new HashMap<>();
    for (int g = 0; g < groups.size(); g++) {
      PermutationGroup group = groups.get(g);
      for (PermutationGroup.Axis axis : group.axes()) {
        List<Member> members = byTensor.computeIfAbsent(axis.tensor(), name -> new ArrayList<>());
        for (Member other : members) {
          if (other.group() == g && other.axis() != axis.axis()) {
            throw new IllegalArgumentException(
                "%s: the units of group %s are on two of its axes; such a tensor cannot be aligned"
                    .formatted(axis.tensor(), group.name()));
          }
        }
        members.add(new Member(g, axis.axis(), axis.block(), axis.offset()));
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

  /** The groups on an axis of a tensor; what no group covers keeps its place. */
  public List<Member> members(String tensor, int axis) {
    return byTensor.getOrDefault(tensor, List.of()).stream()
        .filter(member -> member.axis() == axis)
        .toList();
  }

  /** Whether any group is on an axis of a tensor. */
  public boolean permutes(String tensor) {
    return byTensor.containsKey(tensor);
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
      values.add(fresh(network.inputShape().get(0), "input"));
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
      fix(values.get(0));
      fix(values.get(values.size() - 1));
      Set<Integer> fixedRoots = fixed.stream().map(this::root).collect(Collectors.toSet());

      Map<Integer, List<PermutationGroup.Axis>> byRoot = new LinkedHashMap<>();
      for (int id = 0; id < parents.size(); id++) {
        if (!fixedRoots.contains(root(id))) {
          byRoot
              .computeIfAbsent(root(id), root -> new ArrayList<>())
              .addAll(axes.getOrDefault(id, List.of()));
        }
      }
      Map<Integer, List<Integer>> valuesByRoot = new HashMap<>();
      for (int value = 0; value < values.size(); value++) {
        List<Units.Segment> segments = values.get(value).segments();
        if (segments.size() == 1) {
          valuesByRoot
              .computeIfAbsent(root(segments.get(0).id()), root -> new ArrayList<>())
              .add(value);
        }
      }
      List<PermutationGroup> groups = new ArrayList<>();
      byRoot.forEach(
          (root, members) ->
              groups.add(
                  new PermutationGroup(
                      makers.get(root),
                      counts.get(root),
                      members,
                      valuesByRoot.getOrDefault(root, List.of()))));
      return groups;
    }

    private void fix(Units units) {
      units.segments().forEach(segment -> fixed.add(segment.id()));
    }

    private Units fresh(int count, String maker) {
      parents.add(parents.size());
      counts.add(count);
      makers.add(maker);
      return Units.of(parents.size() - 1, count);
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
              "%s: axis %d has %d elements, expected %d for the units on it"
                  .formatted(name, axis, parameter.shape().get(axis), units.length()));
        }
        int offset = 0;
        for (Units.Segment segment : units.segments()) {
          axes.computeIfAbsent(segment.id(), id -> new ArrayList<>())
              .add(new PermutationGroup.Axis(name, axis, segment.block(), offset));
          offset += segment.length();
        }
      }

      @Override
      public void tie(Units one, Units other) {
        List<Units.Segment> ones = one.segments();
        List<Units.Segment> others = other.segments();
        boolean alike = ones.size() == others.size();
        for (int i = 0; alike && i < ones.size(); i++) {
          alike =
              ones.get(i).count() == others.get(i).count()
                  && ones.get(i).block() == others.get(i).block();
        }
        if (!alike) {
          throw new IllegalArgumentException(
              "%s: cannot tie units of segments %s to %s".formatted(node.name(), ones, others));
        }
        for (int i = 0; i < ones.size(); i++) {
          int a = root(ones.get(i).id());
          int b = root(others.get(i).id());
          parents.set(Math.max(a, b), Math.min(a, b));
        }
      }

      @Override
      public void fix(Units units) {
        Derivation.this.fix(units);
      }
    }
  }
}
