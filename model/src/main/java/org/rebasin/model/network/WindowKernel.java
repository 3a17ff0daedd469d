package org.rebasin.model.network;

import java.util.List;
import java.util.Optional;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * Computes an operator whose outputs read windows of one image: takes the examples one by one to
 * the heap, where loops over channels are fast, and back. What happens to an example is a {@link
 * Walk}.
 */
final class WindowKernel implements Kernel {
  private final Window window;
  private final Walks walks;

  WindowKernel(Window window, Walks walks) {
    this.window = window;
    this.walks = walks;
  }

  /** Makes the walk for images of one size. */
  interface Walks {
    /** A walk over images of these pixels and channels. */
    Walk over(WindowRange range, int inputChannels, int outputChannels);
  }

  /** Works on single examples, channels last; for any number of threads at a time. */
  interface Walk {
    /** Computes the output {@code y}, all 0 before, from the input {@code x}. */
    void forward(float[] x, float[] y);

    /**
     * Computes the gradient of the input.
     *
     * @param x the input
     * @param y the output
     * @param dx the gradient of the input; all 0 before
     * @param dy the gradient of the output; may be overwritten
     */
    void backward(float[] x, float[] y, float[] dx, float[] dy);
  }

  private Walk walk(Tensor input, Tensor output) {
    return walks.over(
        WindowRange.of(window, input, output), input.dimension(3), output.dimension(3));
  }

  @Override
  public void forward(int batch, List<Tensor> inputs, Tensor output, Weights weights) {
    Tensor input = inputs.get(0);
    Walk walk = walk(input, output);
    int inputSize = input.size() / input.dimension(0);
    int outputSize = output.size() / output.dimension(0);
    Parallel.forEach(
        batch,
        example -> {
          float[] x = new float[inputSize];
          float[] y = new float[outputSize];
          input.values().get(example * inputSize, x);
          walk.forward(x, y);
          output.values().put(example * outputSize, y);
        });
  }

  @Override
  public void backward(
      int batch,
      List<Tensor> inputs,
      Tensor output,
      Tensor outputGradient,
      List<Optional<InputGradient>> inputGradients,
      Weights weights,
      Weights parameterGradients) {
    if (inputGradients.get(0).isEmpty()) {
      return;
    }
    InputGradient target = inputGradients.get(0).get();
    Tensor input = inputs.get(0);
    Walk walk = walk(input, output);
    int inputSize = input.size() / input.dimension(0);
    int outputSize = output.size() / output.dimension(0);
    Parallel.forEach(
        batch,
        example -> {
          float[] x = new float[inputSize];
          float[] y = new float[outputSize];
          float[] dx = new float[inputSize];
          float[] dy = new float[outputSize];
          input.values().get(example * inputSize, x);
          output.values().get(example * outputSize, y);
          outputGradient.values().get(example * outputSize, dy);
          walk.backward(x, y, dx, dy);
          target.put(example * inputSize, dx, x, inputSize);
        });
  }
}
