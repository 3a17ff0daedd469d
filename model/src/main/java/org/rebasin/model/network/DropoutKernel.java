package org.rebasin.model.network;

import java.util.List;
import java.util.Optional;
import org.rebasin.model.data.Seeds;
import org.rebasin.model.data.StableRandom;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * Computes a {@link Dropout} in training. Each stretch of elements draws from a stream of its own,
 * named by the step and its place, so that the backward pass draws the same again.
 */
final class DropoutKernel implements Kernel {
  private static final int STRETCH = 4096;

  private final Dropout dropout;
  private long step;

  DropoutKernel(Dropout dropout) {
    this.dropout = dropout;
  }

  @Override
  public void forward(int batch, List<Tensor> inputs, Tensor output, Weights weights) {
    step++;
    Parallel.forEachStretch(
        elements(batch, output),
        STRETCH,
        (from, length) -> {
          float[] x = new float[length];
          inputs.get(0).values().get(from, x);
          drop(x, from);
          output.values().put(from, x);
        });
  }

  private static int elements(int batch, Tensor tensor) {
    return batch * (tensor.size() / tensor.dimension(0));
  }

  private void drop(float[] x, int from) {
    StableRandom random = new StableRandom(Seeds.mix(dropout.seed(), step, from));
    float kept = (float) (1 / (1 - dropout.rate()));
    for (int i = 0; i < x.length; i++) {
      x[i] = random.chance(dropout.rate()) ? 0 : x[i] * kept;
    }
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
        STRETCH,
        (from, length) -> {
          float[] dy = new float[length];
          outputGradient.values().get(from, dy);
          drop(dy, from);
          target.put(from, dy, new float[length], length);
        });
  }
}
