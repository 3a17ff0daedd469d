package org.rebasin.model.permutation;

import java.util.List;

/**
 * Units that are reordered together: one hidden layer's, or all that residual additions tie.
 *
 * @param name the operator that makes them
 * @param size how many units
 * @param axes every stretch of an axis of a parameter that carries them
 * @param values the network's values whose channels are these units and no others, as numbered by
 *     {@link org.rebasin.model.network.Network}
 */
public record PermutationGroup(String name, int size, List<Axis> axes, List<Integer> values) {
  /**
   * A stretch of an axis of a parameter, of {@code size · block} elements.
   *
   * @param tensor the parameter's name
   * @param axis 0 or 1
   * @param block consecutive elements of the axis per unit
   * @param offset the stretch's first element; 0, but for an axis that reads a concatenation
   */
  public record Axis(String tensor, int axis, int block, int offset) {
    /** A stretch that begins with the axis. */
    public Axis(String tensor, int axis, int block) {
      this(tensor, axis, block, 0);
    }
  }

  /** Copies the lists. */
  public PermutationGroup {
    axes = List.copyOf(axes);
    values = List.copyOf(values);
  }
}
