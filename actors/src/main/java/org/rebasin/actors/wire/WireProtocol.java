package org.rebasin.actors.wire;

/**
 * The list of all classes that may be sent between nodes. The setting {@code rebasin.wire.protocol}
 * names the class, which has a public constructor without arguments.
 */
@FunctionalInterface
public interface WireProtocol {
  /**
   * Gives each class its number. The same number must mean the same class on every node and in
   * every version: a class that is gone leaves its number unused.
   */
  void list(WireClasses classes);
}
