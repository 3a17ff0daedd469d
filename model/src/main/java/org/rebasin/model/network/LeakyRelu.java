package org.rebasin.model.network;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import org.rebasin.model.tensor.ElementWise;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * {@code y = x} where {@code x > 0}, else {@code slope·x}; the ReLU is the one of slope 0.
 *
 * @param slope in {@code [0, 1)}
 */
public record LeakyRelu(float slope) implements Operator {
  /** Checks the slope. */
  public LeakyRelu {
    if (!(slope >= 0 && slope < 1)) {
      throw new IllegalArgumentException("expected a slope in [0, 1), found " + slope);
    }
  }

  @Override
  public String kind() {
    return slope == 0 ? "relu" : "leaky-relu";
  }

  @Override
  public List<Integer> outputShape(List<List<Integer>> inputs) {
    if (inputs.size() != 1) {
      throw new IllegalArgumentException(kind() + ": expected one input, found " + inputs);
    }
    return inputs.get(0);
  }

  @Override
  public void relateAxes(UnitAxes axes) {
    axes.output(axes.input(0));
  }

  @Override
  public Kernel kernel(Mode mode) {
    return new LeakyReluKernel();
  }

  private final class LeakyReluKernel implements Kernel {
    @Override
    public void forward(int batch, List<Tensor> inputs, Tensor output, Weights weights) {
      FloatBuffer x = inputs.get(0).values();
      FloatBuffer y = output.values();
      Parallel.forEachStretch(
          batch * (output.size() / output.dimension(0)),
          (from, length) -> ElementWise.leakyRelu(x, y, from, length, slope));
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
      inputGradients
          .get(0)
          .ifPresent(
              dx ->
                  Parallel.forEachStretch(
                      batch * (output.size() / output.dimension(0)),
                      (from, length) ->
                          ElementWise.leakyReluGradient(
                              output.values(),
                              outputGradient.values(),
                              dx.tensor().values(),
                              from,
                              length,
                              slope,
                              dx.accumulate())));
    }
  }
}
