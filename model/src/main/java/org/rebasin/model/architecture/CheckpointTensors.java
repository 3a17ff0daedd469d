package org.rebasin.model.architecture;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Parameter;

/**
 * The names and shapes of a checkpoint's tensors, in the checkpoint's order.
 *
 * @param shapes by name
 * @param source where the tensors are from, for messages
 */
public record CheckpointTensors(Map<String, int[]> shapes, String source) {
  /** Copies the map; keeps its order. */
  public CheckpointTensors {
    shapes = Collections.unmodifiableMap(new LinkedHashMap<>(shapes));
  }

  /** Whether there is a tensor of that name. */
  public boolean contains(String name) {
    return shapes.containsKey(name);
  }

  /**
   * The shape of a tensor.
   *
   * @throws IllegalArgumentException if there is none of that name, or it has another rank
   */
  int[] shape(String name, int rank) {
    int[] shape = shapes.get(name);
    if (shape == null) {
      throw new IllegalArgumentException(
          "%s: expected a tensor with %d axes, found none of that name in %s"
              .formatted(name, rank, source));
    }
    if (shape.length != rank) {
      throw new IllegalArgumentException(
          "%s: expected %d axes, found shape %s in %s"
              .formatted(name, rank, Arrays.toString(shape), source));
    }
    return shape;
  }

  /**
   * What stands in front of a network's own names in this checkpoint, such as {@code module.}:
   * empty, or what ends with a dot, whichever makes the most names fit.
   */
  String prefixOf(Network network) {
    List<String> names = network.parameters().stream().map(Parameter::name).toList();
    Set<String> prefixes = new LinkedHashSet<>(Set.of(""));
    for (String found : shapes.keySet()) {
      for (String name : List.of(names.get(0), names.get(names.size() - 1))) {
        if (found.endsWith("." + name)) {
          prefixes.add(found.substring(0, found.length() - name.length()));
        }
      }
    }
    String best = "";
    long most = -1;
    for (String prefix : prefixes) {
      long fitting = names.stream().filter(name -> contains(prefix + name)).count();
      if (fitting > most) {
        most = fitting;
        best = prefix;
      }
    }
    return best;
  }

  /**
   * Refuses a checkpoint whose tensors are not a network's parameters.
   *
   * @throws IllegalArgumentException naming a tensor, and what was expected and found
   */
  public void requireParametersOf(Network network) {
    Set<String> extra = new LinkedHashSet<>(shapes.keySet());
    for (Parameter parameter : network.parameters()) {
      extra.remove(parameter.name());
      int[] found = shapes.get(parameter.name());
      if (found == null) {
        throw new IllegalArgumentException(
            "%s: expected shape %s, found no tensor of that name in %s"
                .formatted(parameter.name(), parameter.shape(), source));
      }
      if (!Arrays.equals(found, parameter.dimensions())) {
        throw new IllegalArgumentException(
            "%s: expected shape %s, found %s in %s"
                .formatted(parameter.name(), parameter.shape(), Arrays.toString(found), source));
      }
    }
    if (!extra.isEmpty()) {
      throw new IllegalArgumentException(
          "%s: tensors that %s does not have: %s".formatted(source, network.label(), extra));
    }
  }

  /** How well the names of a network's parameters fit: the more, the better. */
  long likeness(Network network) {
    List<Parameter> parameters = network.parameters();
    // Parameters that are here, less those that are not, less tensors that the network lacks.
    return 3 * parameters.stream().filter(parameter -> contains(parameter.name())).count()
        - parameters.size();
  }

  /**
   * The network that these tensors' names are taken for.
   *
   * @param text the architecture, for the message
   * @throws IllegalArgumentException if the shapes do not fit, saying what the tensors were taken
   *     for
   */
  Network recognized(String text, Supplier<Network> sized) {
    try {
      Network network = sized.get();
      requireParametersOf(network);
      return network;
    } catch (IllegalArgumentException problem) {
      throw new IllegalArgumentException(
          ("%s: cannot tell the architecture: its tensors are named as those of %s, but %s; pass"
                  + " --architecture if it is another")
              .formatted(source, text, problem.getMessage()),
          problem);
    }
  }

  /** The refusal of a checkpoint whose architecture cannot be told. */
  IllegalArgumentException notInferable(String found) {
    return new IllegalArgumentException(
        "%s: cannot tell the architecture: %s; pass --architecture, such as mlp:784-512-10"
            .formatted(source, found));
  }
}
