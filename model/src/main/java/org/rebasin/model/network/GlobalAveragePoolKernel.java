package org.rebasin.model.network;

import java.util.List;
import java.util.Optional;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/** Computes a {@link GlobalAveragePool}. */
final class GlobalAveragePoolKernel implements Kernel {
  @Override
  public void forward(int batch, List<Tensor> inputs, Tensor output, Weights weights) {
    int channels = output.dimension(3);
    int size = inputs.get(0).size() / inputs.get(0).dimension(0);
    Parallel.forEach(
        batch,
        example -> {
          float[] x = new float[size];
          inputs.get(0).values().get(example * size, x);
          double[] sums = new double[channels];
          for (int at = 0; at < size; at += channels) {
            for (int c = 0; c < channels; c++) {
              sums[c] += x[at + c];
            }
          }
          for (int c = 0; c < channels; c++) {
            x[c] = (float) (sums[c] * channels / size);
          }
          output.values().put(example * channels, x, 0, channels);
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
    int channels = output.dimension(3);
    int size = inputs.get(0).size() / inputs.get(0).dimension(0);
    Parallel.forEach(
        batch,
        example -> {
          float[] dy = new float[channels];
          outputGradient.values().get(example * channels, dy);
          for (int c = 0; c < channels; c++) {
            dy[c] *= (float) channels / size;
          }
          float[] dx = new float[size];
          for (int at = 0; at < size; at += channels) {
            System.arraycopy(dy, 0, dx, at, channels);
          }
          target.put(example * size, dx, new float[size], size);
        });
  }
}
