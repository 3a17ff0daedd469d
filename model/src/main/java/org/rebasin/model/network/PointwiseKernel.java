package org.rebasin.model.network;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/** Computes a function of each element by itself. */
final class PointwiseKernel implements Kernel {
  /** Elements at a time: they stay in the first-level cache. */
  private static final int CHUNK = 2048;

  private final Function function;

  PointwiseKernel(Function function) {
    this.function = function;
  }

  /** A function of one number, and its derivative. */
  interface Function {
    /** The value at {@code x}. */
    double value(double x);

    /** The derivative at {@code x}, where the value is {@code y}. */
    double slope(double x, double y);
  }

  private static int elements(int batch, Tensor tensor) {
    return batch * (tensor.size() / tensor.dimension(0));
  }

  @Override
  public void forward(int batch, List<Tensor> inputs, Tensor output, Weights weights) {
    FloatBuffer from = inputs.get(0).values();
    FloatBuffer to = output.values();
    Parallel.forEachStretch(
        elements(batch, output),
        CHUNK,
        (start, length) -> {
          float[] x = new float[length];
          from.get(start, x);
          for (int i = 0; i < length; i++) {
            x[i] = (float) function.value(x[i]);
          }
          to.put(start, x);
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
    Parallel.forEachStretch(
        elements(batch, output),
        CHUNK,
        (start, length) -> {
          float[] x = new float[length];
          float[] y = new float[length];
          float[] dy = new float[length];
          inputs.get(0).values().get(start, x);
          output.values().get(start, y);
          outputGradient.values().get(start, dy);
          for (int i = 0; i < length; i++) {
            dy[i] *= (float) function.slope(x[i], y[i]);
          }
          target.put(start, dy, x, length);
        });
  }
}
