package org.rebasin.model.architecture;

import java.util.Optional;
import java.util.stream.Collectors;
import org.rebasin.model.network.Network;

/** A family's member: a network described by a short text. */
public sealed interface Architecture permits Mlp, Vgg, ResNet, CifarResNet, GraphArchitecture {
  /** The text from which {@link #parse} makes the same architecture again. */
  String text();

  /** The network, its parameters named as this project names them. */
  Network network();

  /**
   * The network, its parameters named as a checkpoint names them.
   *
   * @throws IllegalArgumentException if the checkpoint's tensors are not this architecture's, with
   *     a tensor's name, and what was expected and found
   */
  default Network networkOf(CheckpointTensors tensors) {
    Network network = network();
    tensors.requireParametersOf(network);
    return network;
  }

  /**
   * Reads an architecture's text.
   *
   * @throws IllegalArgumentException saying what was expected and found
   */
  static Architecture parse(String text) {
    if (text.startsWith(GraphArchitecture.PREFIX)) {
      return GraphArchitecture.parse(text);
    }
    return family(text)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "unknown architecture '%s'; expected %s".formatted(text, usage())))
        .parse(text);
  }

  /** The forms of all families' texts. */
  static String usage() {
    return ArchitectureFamily.ALL.stream()
        .map(ArchitectureFamily::usage)
        .collect(Collectors.joining(", or "));
  }

  /** Whether a text begins as an architecture's does. */
  static boolean isKnown(String text) {
    return text.startsWith(GraphArchitecture.PREFIX) || family(text).isPresent();
  }

  private static Optional<ArchitectureFamily> family(String text) {
    String name = text.contains(":") ? text.substring(0, text.indexOf(':')) : text;
    return ArchitectureFamily.ALL.stream().filter(family -> family.names().test(name)).findFirst();
  }
}
