package org.rebasin.model.network;

import java.util.List;
import java.util.Optional;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/** Computes an {@link AveragePool}, and a {@link GlobalAveragePool} as one of a single window. */
final class AveragePoolKernel implements Kernel {
  private final Window window;
  private final boolean countPadding;

  AveragePoolKernel(Window window, boolean countPadding) {
    this.window = window;
    this.countPadding = countPadding;
  }

  /** By output pixel, the part that each pixel of its window has in the mean. */
  private float[] parts(WindowRange range) {
    int[] counts = range.counts();
    float[] parts = new float[counts.length];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = 1f / (countPadding ? window.area() : counts[i]);
    }
    return parts;
  }

  @Override
  public void forward(int batch, List<Tensor> inputs, Tensor output, Weights weights) {
    Tensor input = inputs.get(0);
    WindowRange range = WindowRange.of(window, input, output);
    float[] parts = parts(range);
    int channels = input.dimension(3);
    int inputSize = input.size() / input.dimension(0);
    int outputSize = output.size() / output.dimension(0);
    Parallel.forEach(
        batch,
        example -> {
          float[] x = new float[inputSize];
          float[] y = new float[outputSize];
          input.values().get(example * inputSize, x);
          range.forEach(
              (to, from, tap) -> {
                int xAt = from * channels;
                int yAt = to * channels;
                for (int c = 0; c < channels; c++) {
                  y[yAt + c] += x[xAt + c];
                }
              });
          for (int i = 0; i < outputSize; i++) {
            y[i] *= parts[i / channels];
          }
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
    float[] parts = parts(range);
    int channels = input.dimension(3);
    int inputSize = input.size() / input.dimension(0);
    int outputSize = output.size() / output.dimension(0);
    Parallel.forEach(
        batch,
        example -> {
          float[] dx = new float[inputSize];
          float[] dy = new float[outputSize];
          outputGradient.values().get(example * outputSize, dy);
          for (int i = 0; i < outputSize; i++) {
            dy[i] *= parts[i / channels];
          }
          range.forEach(
              (to, from, tap) -> {
                int xAt = from * channels;
                int yAt = to * channels;
                for (int c = 0; c < channels; c++) {
                  dx[xAt + c] += dy[yAt + c];
                }
              });
          target.put(example * inputSize, dx, new float[inputSize], inputSize);
        });
  }
}
