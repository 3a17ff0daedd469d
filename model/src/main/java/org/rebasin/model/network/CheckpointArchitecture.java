package org.rebasin.model.network;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.rebasin.model.network.Mlp.DenseLayerNames;

/**
 * Finds the network that a checkpoint's tensors belong to, from their names and shapes, and from
 * the architecture's text where that is known. The network's parameters then have the checkpoint's
 * own names.
 */
public final class CheckpointArchitecture {
  private CheckpointArchitecture() {}

  /**
   * The network of a checkpoint.
   *
   * @param shapes the tensors' shapes by name, in the checkpoint's order
   * @param architecture the architecture's text, if recorded or given
   * @param source where the tensors are from, for messages
   * @throws IllegalArgumentException if none fits, saying what was found and what to pass
   */
  public static Network networkOf(
      Map<String, int[]> shapes, Optional<String> architecture, String source) {
    if (architecture.isPresent()) {
      Architecture known = Architecture.parse(architecture.get());
      Network named = known.network();
      if (named.parameters().stream().allMatch(p -> shapes.containsKey(p.name()))) {
        requireShapes(named, shapes, source);
        return named;
      }
      if (!(known instanceof Mlp mlp)) {
        throw missing(named, shapes, source);
      }
      List<DenseLayer> layers = chain(shapes, source);
      if (!widths(layers).equals(mlp.widths())) {
        throw new IllegalArgumentException(
            "%s: expected %s, found dense layers %s"
                .formatted(source, mlp.text(), describe(layers)));
      }
      return mlp.network(layers.stream().map(DenseLayer::names).toList());
    }
    List<DenseLayer> layers = chain(shapes, source);
    return new Mlp(widths(layers), 0).network(layers.stream().map(DenseLayer::names).toList());
  }

  private static IllegalArgumentException missing(
      Network network, Map<String, int[]> shapes, String source) {
    List<String> missing = new ArrayList<>();
    for (Parameter parameter : network.parameters()) {
      if (!shapes.containsKey(parameter.name())) {
        missing.add(parameter.name() + " " + parameter.shape());
      }
    }
    return new IllegalArgumentException(
        "%s: expected the tensors of %s, found none named %s among %s"
            .formatted(source, network.label(), missing, shapes.keySet()));
  }

  private static void requireShapes(Network network, Map<String, int[]> shapes, String source) {
    for (Parameter parameter : network.parameters()) {
      int[] found = shapes.get(parameter.name());
      if (!Arrays.equals(found, parameter.dimensions())) {
        throw new IllegalArgumentException(
            "%s: expected shape %s, found %s in %s"
                .formatted(parameter.name(), parameter.shape(), Arrays.toString(found), source));
      }
    }
    if (shapes.size() != network.parameters().size()) {
      List<String> extra = new ArrayList<>(shapes.keySet());
      network.parameters().forEach(parameter -> extra.remove(parameter.name()));
      throw new IllegalArgumentException(
          "%s: tensors that %s does not have: %s".formatted(source, network.label(), extra));
    }
  }

  /** A dense layer found in a checkpoint; {@code weight [outputs, inputs]}. */
  private record DenseLayer(DenseLayerNames names, int inputs, int outputs) {
    List<Integer> shape() {
      return List.of(outputs, inputs);
    }

    @Override
    public String toString() {
      return "%s [%d, %d]".formatted(names.weight(), outputs, inputs);
    }
  }

  private static List<Integer> widths(List<DenseLayer> layers) {
    List<Integer> widths = new ArrayList<>();
    widths.add(layers.get(0).inputs());
    layers.forEach(layer -> widths.add(layer.outputs()));
    return widths;
  }

  private static String describe(List<DenseLayer> layers) {
    return layers.stream().map(DenseLayer::toString).collect(Collectors.joining(", "));
  }

  /**
   * The dense layers, each reading what the one before it makes. Their order is that of their names
   * with numbers compared as numbers, or else that of the checkpoint, or else the only one in which
   * the widths fit.
   */
  private static List<DenseLayer> chain(Map<String, int[]> shapes, String source) {
    List<DenseLayer> stored = denseLayers(shapes, source);
    List<DenseLayer> byName = new ArrayList<>(stored);
    byName.sort((a, b) -> NaturalOrder.compare(a.names().weight(), b.names().weight()));
    if (isChain(byName)) {
      return byName;
    }
    if (isChain(stored)) {
      return stored;
    }
    if (!someOrderIsChain(stored)) {
      throw notInferable(source, "no order of the dense layers makes a chain: " + describe(byName));
    }
    // Layers of one shape could change places; there is no need to try their orders.
    if (stored.stream().map(DenseLayer::shape).distinct().count() == stored.size()) {
      List<List<DenseLayer>> chains = new ArrayList<>();
      extend(new ArrayList<>(), new ArrayList<>(byName), chains);
      if (chains.size() == 1) {
        return chains.get(0);
      }
    }
    throw notInferable(
        source, "more than one order of the dense layers makes a chain: " + describe(byName));
  }

  /**
   * Whether an order of the layers makes a chain: with widths as places and layers as ways from one
   * to another, whether there is a path that takes each way once (Euler). It must not fall apart,
   * and only its ends may have more ways in than out or out than in.
   */
  private static boolean someOrderIsChain(List<DenseLayer> layers) {
    Map<Integer, Integer> surplus = new HashMap<>();
    for (DenseLayer layer : layers) {
      surplus.merge(layer.inputs(), 1, Integer::sum);
      surplus.merge(layer.outputs(), -1, Integer::sum);
    }
    Set<Integer> reached = new HashSet<>(Set.of(layers.get(0).inputs()));
    boolean grew = true;
    while (grew) {
      grew = false;
      for (DenseLayer layer : layers) {
        if (reached.contains(layer.inputs()) || reached.contains(layer.outputs())) {
          grew |= reached.addAll(layer.shape());
        }
      }
    }
    return surplus.values().stream().mapToInt(Math::abs).sum() <= 2
        && reached.size() == surplus.size();
  }

  private static boolean isChain(List<DenseLayer> layers) {
    for (int i = 1; i < layers.size(); i++) {
      if (layers.get(i - 1).outputs() != layers.get(i).inputs()) {
        return false;
      }
    }
    return true;
  }

  /** Depth-first search for chains of all layers; two are enough to know that it is ambiguous. */
  private static void extend(
      List<DenseLayer> chain, List<DenseLayer> rest, List<List<DenseLayer>> found) {
    if (rest.isEmpty()) {
      found.add(List.copyOf(chain));
      return;
    }
    for (DenseLayer next : List.copyOf(rest)) {
      boolean fits = chain.isEmpty() || chain.get(chain.size() - 1).outputs() == next.inputs();
      if (fits && found.size() < 2) {
        chain.add(next);
        rest.remove(next);
        extend(chain, rest, found);
        rest.add(next);
        chain.remove(chain.size() - 1);
      }
    }
  }

  private static List<DenseLayer> denseLayers(Map<String, int[]> shapes, String source) {
    Map<String, String> biasByPrefix = new LinkedHashMap<>();
    Map<String, String> weightByPrefix = new LinkedHashMap<>();
    shapes.forEach(
        (name, shape) -> {
          Map<String, String> byPrefix =
              switch (shape.length) {
                case 1 -> biasByPrefix;
                case 2 -> weightByPrefix;
                default ->
                    throw notInferable(
                        source,
                        "%s has shape %s; only chains of dense layers are known"
                            .formatted(name, Arrays.toString(shape)));
              };
          String other = byPrefix.put(prefix(name), name);
          if (other != null) {
            throw notInferable(source, other + " and " + name + " seem to be of one layer");
          }
        });
    if (weightByPrefix.isEmpty()) {
      throw notInferable(source, "found no tensor with two axes among " + shapes.keySet());
    }
    List<DenseLayer> layers = new ArrayList<>();
    weightByPrefix.forEach(
        (prefix, weight) -> {
          int[] shape = shapes.get(weight);
          Optional<String> bias = Optional.ofNullable(biasByPrefix.remove(prefix));
          if (bias.isPresent() && shapes.get(bias.get())[0] != shape[0]) {
            throw notInferable(
                source,
                "%s: expected shape [%d] beside %s %s, found %s"
                    .formatted(
                        bias.get(),
                        shape[0],
                        weight,
                        Arrays.toString(shape),
                        Arrays.toString(shapes.get(bias.get()))));
          }
          layers.add(new DenseLayer(new DenseLayerNames(prefix, weight, bias), shape[1], shape[0]));
        });
    if (!biasByPrefix.isEmpty()) {
      throw notInferable(source, "found no weight beside " + biasByPrefix.values());
    }
    return layers;
  }

  /**
   * A name without what tells weight from bias: {@code fc1.weight} → {@code fc1}, {@code W3} → 3.
   */
  private static String prefix(String name) {
    int dot = name.lastIndexOf('.');
    if (dot > 0) {
      return name.substring(0, dot);
    }
    String digits = name.replaceAll("\\D", "");
    return digits.isEmpty() ? name : digits;
  }

  private static IllegalArgumentException notInferable(String source, String found) {
    return new IllegalArgumentException(
        "%s: cannot tell the architecture: %s; pass --architecture, such as mlp:784-512-10"
            .formatted(source, found));
  }
}
