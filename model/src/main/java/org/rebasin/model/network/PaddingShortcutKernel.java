package org.rebasin.model.network;

import java.util.List;
import java.util.Optional;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/** Computes a {@link PaddingShortcut}. */
final class PaddingShortcutKernel implements Kernel {
  private final PaddingShortcut shortcut;

  PaddingShortcutKernel(PaddingShortcut shortcut) {
    this.shortcut = shortcut;
  }

  private WindowRange range(Tensor input, Tensor output) {
    return WindowRange.of(Window.square(1, shortcut.stride(), 0), input, output);
  }

  @Override
  public void forward(int batch, List<Tensor> inputs, Tensor output, Weights weights) {
    Tensor input = inputs.get(0);
    WindowRange range = range(input, output);
    int width = input.dimension(3);
    int channels = output.dimension(3);
    int inputSize = input.size() / input.dimension(0);
    int outputSize = output.size() / output.dimension(0);
    Parallel.forEach(
        batch,
        example -> {
          float[] x = new float[inputSize];
          float[] y = new float[outputSize];
          input.values().get(example * inputSize, x);
          range.forEach(
              (to, from, tap) ->
                  System.arraycopy(x, from * width, y, to * channels + shortcut.before(), width));
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
    WindowRange range = range(input, output);
    int width = input.dimension(3);
    int channels = output.dimension(3);
    int inputSize = input.size() / input.dimension(0);
    int outputSize = output.size() / output.dimension(0);
    Parallel.forEach(
        batch,
        example -> {
          float[] dx = new float[inputSize];
          float[] dy = new float[outputSize];
          outputGradient.values().get(example * outputSize, dy);
          range.forEach(
              (to, from, tap) ->
                  System.arraycopy(dy, to * channels + shortcut.before(), dx, from * width, width));
          target.put(example * inputSize, dx, new float[inputSize], inputSize);
        });
  }
}
