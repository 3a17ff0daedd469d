package org.rebasin.model.network;

import java.util.List;

/**
 * One trainable tensor of a network.
 *
 * @param name unique in the network; the tensor's name in checkpoints
 * @param shape the length of each axis, in PyTorch's order (dense {@code [out, in]})
 * @param initialization how a fresh one is drawn
 */
public record Parameter(String name, List<Integer> shape, Initialization initialization) {
  /** Copies the shape. */
  public Parameter {
    shape = List.copyOf(shape);
  }

  /** The shape as an array. */
  public int[] dimensions() {
    return shape.stream().mapToInt(Integer::intValue).toArray();
  }
}
