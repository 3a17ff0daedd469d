package org.rebasin.model.network;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/** Computes a {@link MaxPool}. A gradient goes to the first of equal largest values, row by row. */
final class MaxPoolKernel implements Kernel {
  private final Window window;

  MaxPoolKernel(Window window) {
    this.window = window;
  }

  @Override
  public void forward(int batch, List<Tensor> inputs, Tensor output, Weights weights) {
    Tensor input = inputs.get(0);
    WindowRange range = WindowRange.of(window, input, output);
    int channels = input.dimension(3);
    int inputSize = input.size() / input.dimension(0);
    int outputSize = output.size() / output.dimension(0);
    Parallel.forEach(
        batch,
        example -> {
          float[] x = new float[inputSize];
          float[] y = new float[outputSize];
          input.values().get(example * inputSize, x);
          Arrays.fill(y, Float.NEGATIVE_INFINITY);
          range.forEach(
              (to, from, tap) -> {
                int xAt = from * channels;
                int yAt = to * channels;
                for (int c = 0; c < channels; c++) {
                  y[yAt + c] = Math.max(y[yAt + c], x[xAt + c]);
                }
              });
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
    WindowRange range = WindowRange.of(window, input, output);
    int channels = input.dimension(3);
    int inputSize = input.size() / input.dimension(0);
    int outputSize = output.size() / output.dimension(0);
    Parallel.forEach(
        batch,
        example -> {
          float[] x = new float[inputSize];
          float[] dx = new float[inputSize];
          float[] y = new float[outputSize];
          float[] dy = new float[outputSize];
          input.values().get(example * inputSize, x);
          output.values().get(example * outputSize, y);
          outputGradient.values().get(example * outputSize, dy);
          range.forEach(
              (to, from, tap) -> {
                int xAt = from * channels;
                int yAt = to * channels;
                for (int c = 0; c < channels; c++) {
                  if (x[xAt + c] == y[yAt + c]) {
                    dx[xAt + c] += dy[yAt + c];
                    // Given away: the next equal value gets none.
                    dy[yAt + c] = 0;
                  }
                }
              });
          target.put(example * inputSize, dx, x, inputSize);
        });
  }
}
