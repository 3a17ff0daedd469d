package org.rebasin.model.network;

/** A family's member: a network described by a short text. */
public sealed interface Architecture permits Mlp, GraphArchitecture {
  /** The text from which {@link #parse} makes the same architecture again. */
  String text();

  /** The network, its parameters named as this project names them. */
  Network network();

  /**
   * Reads an architecture's text.
   *
   * @throws IllegalArgumentException saying what was expected and found
   */
  static Architecture parse(String text) {
    if (text.startsWith(Mlp.PREFIX)) {
      return Mlp.parse(text);
    }
    if (text.startsWith(GraphArchitecture.PREFIX)) {
      return GraphArchitecture.parse(text);
    }
    throw new IllegalArgumentException(
        "unknown architecture '%s'; expected mlp:IN-HIDDEN-…-OUT or graph:…".formatted(text));
  }
}
