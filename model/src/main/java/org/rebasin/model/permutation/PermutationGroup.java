package org.rebasin.model.permutation;

import java.util.List;

/**
 * Units that are reordered together: one hidden layer's, or all that residual additions tie.
 *
 * @param name the operator that makes them
 * @param size how many units
 * @param axes every axis of every parameter that carries them
 */
public record PermutationGroup(String name, int size, List<Axis> axes) {
  /**
   * An axis of a parameter.
   *
   * @param tensor the parameter's name
   * @param axis 0 or 1
   * @param block consecutive elements of the axis per unit; the axis has {@code size · block}
   */
  public record Axis(String tensor, int axis, int block) {}

  /** Copies the list. */
  public PermutationGroup {
    axes = List.copyOf(axes);
  }
}
