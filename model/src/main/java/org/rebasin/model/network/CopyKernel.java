package org.rebasin.model.network;

import java.util.List;
import java.util.Optional;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/** Passes its input on, and its gradient back. */
final class CopyKernel implements Kernel {
  @Override
  public void forward(int batch, List<Tensor> inputs, Tensor output, Weights weights) {
    Parallel.forEachStretch(
        elements(batch, output),
        (from, length) -> output.values().put(from, inputs.get(0).values(), from, length));
  }

  private static int elements(int batch, Tensor tensor) {
    return batch * (tensor.size() / tensor.dimension(0));
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
    inputGradients.get(0).ifPresent(dx -> dx.add(outputGradient, elements(batch, output)));
  }
}
