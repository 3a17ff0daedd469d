package org.rebasin.model.network;

import java.util.List;
import java.util.Optional;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * Computes one operator, forward and backward, for batches up to a capacity. Tensors are {@code
 * [capacity, …]}, of which the first {@code batch} examples are in use. A kernel belongs to one
 * {@link Execution} and may keep what its backward pass needs from its forward pass.
 */
public interface Kernel extends AutoCloseable {
  /** Computes {@code output} from {@code inputs}. */
  void forward(int batch, List<Tensor> inputs, Tensor output, Weights weights);

  /**
   * Computes the gradients of the loss from that of the output, after a forward pass of the same
   * batch. Gradients of parameters overwrite what {@code parameterGradients} held.
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
  record InputGradient(Tensor tensor, boolean accumulate) {}
}
