package org.rebasin.model.network;

import java.util.List;

/**
 * One operation of a network: what it computes from its inputs and parameters, what shapes that
 * gives, and which axes hold the same units. Operators are immutable and hold no tensor; {@link
 * #kernel} makes the thing that computes.
 *
 * <p>Shapes leave out the batch axis, which is always the first: {@code [units]} or {@code
 * [channels, height, width]}. In memory channels are last, {@code [batch, height, width,
 * channels]}: convolutions are faster so, and normalisations read whole cache lines.
 */
public interface Operator {
  /** The operator's name in descriptions, such as {@code dense}. */
  String kind();

  /**
   * The shape of the output for one example.
   *
   * @throws IllegalArgumentException if the inputs do not fit, with both shapes
   */
  List<Integer> outputShape(List<List<Integer>> inputs);

  /** The parameters, in the order they are stored. */
  default List<Parameter> parameters() {
    return List.of();
  }

  /** The rule from which the permutation spec is derived. */
  void relateAxes(UnitAxes axes);

  /**
   * Whether the output is the input's memory under another shape; then there is no kernel to run.
   */
  default boolean onlyReshapes() {
    return false;
  }

  /** A new kernel with scratch memory of its own, for one execution. */
  Kernel kernel(Mode mode);
}
