package org.rebasin.model.network;

import java.util.List;

/**
 * One stored tensor of a network.
 *
 * @param name unique in the network; the tensor's name in checkpoints
 * @param shape the length of each axis, in PyTorch's order (dense {@code [out, in]}, convolution
 *     {@code [out, in, height, width]})
 * @param initialization how a fresh one is drawn
 * @param trainable whether it has a gradient; running statistics have none
 */
public record Parameter(
    String name, List<Integer> shape, Initialization initialization, boolean trainable) {
  /** Copies the shape. */
  public Parameter {
    shape = List.copyOf(shape);
  }

  /** A parameter with a gradient. */
  public Parameter(String name, List<Integer> shape, Initialization initialization) {
    this(name, shape, initialization, true);
  }

  /** The number of its elements. */
  public long elements() {
    return shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
  }

  /** The shape as an array. */
  public int[] dimensions() {
    return shape.stream().mapToInt(Integer::intValue).toArray();
  }
}
