package org.rebasin.model.network;

import java.util.List;
import java.util.Optional;
import org.rebasin.model.tensor.ElementWise;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * Computes one operator, forward and backward, for batches up to a capacity. Tensors are {@code
 * [capacity, units]} or {@code [capacity, height, width, channels]}, of which the first {@code
 * batch} examples are in use. A kernel belongs to one {@link Execution} and may keep what its
 * backward pass needs from its forward pass.
 */
public interface Kernel extends AutoCloseable {
  /** Computes {@code output} from {@code inputs}. */
  void forward(int batch, List<Tensor> inputs, Tensor output, Weights weights);

  /**
   * Computes the gradients of the loss from that of the output, after a forward pass of the same
   * batch. Gradients of parameters overwrite what {@code parameterGradients} held; it has those of
   * trainable parameters.
   */
  void backward(
      int batch,
      List<Tensor> inputs,
      Tensor output,
      Tensor outputGradient,
      List<Optional<InputGradient>> inputGradients,
      Weights weights,
      Weights parameterGradients);

  /** Frees scratch memory, if any. */
  @Override
  default void close() {}

  /**
   * Where the gradient of an input goes. Absent for the network's own input.
   *
   * @param tensor shaped like the input
   * @param accumulate whether to add to what is there, because another operator reads the same
   *     input
   */
  record InputGradient(Tensor tensor, boolean accumulate) {
    /**
     * Passes on the first {@code length} values of an array, which is left changed.
     *
     * @param from the first element that gets one
     * @param scratch another array as long, left changed
     */
    void put(int from, float[] values, float[] scratch, int length) {
      if (accumulate) {
        tensor.values().get(from, scratch, 0, length);
        for (int i = 0; i < length; i++) {
          values[i] += scratch[i];
        }
      }
      tensor.values().put(from, values, 0, length);
    }

    /** Passes on the first {@code elements} of a gradient of the same shape. */
    void add(Tensor gradient, int elements) {
      Parallel.forEachStretch(
          elements,
          (from, length) -> {
            if (accumulate) {
              ElementWise.addScaled(tensor.values(), from, 1, gradient.values(), from, length);
            } else {
              tensor.values().put(from, gradient.values(), from, length);
            }
          });
    }
  }
}
