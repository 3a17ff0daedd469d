package org.rebasin.model.architecture;

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
import org.rebasin.model.architecture.Mlp.DenseLayerNames;

/**
 * A checkpoint's dense layers, first to last, each reading what the one before it makes: found by
 * shape, whatever their names.
 */
final class DenseChain {
  private final List<DenseLayer> layers;

  private DenseChain(List<DenseLayer> layers) {
    this.layers = layers;
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

  /** The units of the input and of each layer. */
  List<Integer> widths() {
    List<Integer> widths = new ArrayList<>();
    widths.add(layers.get(0).inputs());
    layers.forEach(layer -> widths.add(layer.outputs()));
    return widths;
  }

  /** What the layers are called. */
  List<DenseLayerNames> names() {
    return layers.stream().map(DenseLayer::names).toList();
  }

  @Override
  public String toString() {
    return describe(layers);
  }

  private static String describe(List<DenseLayer> layers) {
    return layers.stream().map(DenseLayer::toString).collect(Collectors.joining(", "));
  }

  /**
   * Finds the chain. Its order is that of the layers' names with numbers compared as numbers, or
   * else that of the checkpoint, or else the only one in which the widths fit.
   *
   * @throws IllegalArgumentException if there are other tensors, or the layers make no chain, or
   *     several
   */
  static DenseChain of(CheckpointTensors tensors) {
    return new DenseChain(chain(tensors));
  }

  private static List<DenseLayer> chain(CheckpointTensors tensors) {
    List<DenseLayer> stored = denseLayers(tensors);
    List<DenseLayer> byName = new ArrayList<>(stored);
    byName.sort((a, b) -> NaturalOrder.compare(a.names().weight(), b.names().weight()));
    if (isChain(byName)) {
      return byName;
    }
    if (isChain(stored)) {
      return stored;
    }
    if (!someOrderIsChain(stored)) {
      throw tensors.notInferable("no order of the dense layers makes a chain: " + describe(byName));
    }
    // Layers of one shape could change places; there is no need to try their orders.
    if (stored.stream().map(DenseLayer::shape).distinct().count() == stored.size()) {
      List<List<DenseLayer>> chains = new ArrayList<>();
      extend(new ArrayList<>(), new ArrayList<>(byName), chains);
      if (chains.size() == 1) {
        return chains.get(0);
      }
    }
    throw tensors.notInferable(
        "more than one order of the dense layers makes a chain: " + describe(byName));
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

  private static List<DenseLayer> denseLayers(CheckpointTensors tensors) {
    Map<String, String> biasByPrefix = new LinkedHashMap<>();
    Map<String, String> weightByPrefix = new LinkedHashMap<>();
    tensors
        .shapes()
        .forEach(
            (name, shape) -> {
              Map<String, String> byPrefix =
                  switch (shape.length) {
                    case 1 -> biasByPrefix;
                    case 2 -> weightByPrefix;
                    default ->
                        throw tensors.notInferable(
                            "%s has shape %s; only chains of dense layers are found by shape"
                                .formatted(name, Arrays.toString(shape)));
                  };
              String other = byPrefix.put(prefix(name), name);
              if (other != null) {
                throw tensors.notInferable(other + " and " + name + " seem to be of one layer");
              }
            });
    if (weightByPrefix.isEmpty()) {
      throw tensors.notInferable(
          "found no tensor with two axes among " + tensors.shapes().keySet());
    }
    List<DenseLayer> layers = new ArrayList<>();
    weightByPrefix.forEach(
        (prefix, weight) -> {
          int[] shape = tensors.shapes().get(weight);
          Optional<String> bias = Optional.ofNullable(biasByPrefix.remove(prefix));
          if (bias.isPresent() && tensors.shapes().get(bias.get())[0] != shape[0]) {
            throw tensors.notInferable(
                "%s: expected shape [%d] beside %s %s, found %s"
                    .formatted(
                        bias.get(),
                        shape[0],
                        weight,
                        Arrays.toString(shape),
                        Arrays.toString(tensors.shapes().get(bias.get()))));
          }
          layers.add(new DenseLayer(new DenseLayerNames(prefix, weight, bias), shape[1], shape[0]));
        });
    if (!biasByPrefix.isEmpty()) {
      throw tensors.notInferable("found no weight beside " + biasByPrefix.values());
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
}
