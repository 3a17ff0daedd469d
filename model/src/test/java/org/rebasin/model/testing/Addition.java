package org.rebasin.model.testing;

import java.util.List;
import java.util.Optional;
import org.rebasin.model.network.Kernel;
import org.rebasin.model.network.Operator;
import org.rebasin.model.network.UnitAxes;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/** The sum of two values of one shape, as a residual connection makes it. */
public record Addition() implements Operator {
  @Override
  public String kind() {
    return "addition";
  }

  @Override
  public List<Integer> outputShape(List<List<Integer>> inputs) {
    if (inputs.size() != 2 || !inputs.get(0).equals(inputs.get(1))) {
      throw new IllegalArgumentException("expected two inputs of one shape, found " + inputs);
    }
    return inputs.get(0);
  }

  @Override
  public void relateAxes(UnitAxes axes) {
    axes.tie(axes.input(0), axes.input(1));
    axes.output(axes.input(0));
  }

  @Override
  public Kernel kernel() {
    return new Sum();
  }

  private static final class Sum implements Kernel {
    @Override
    public void forward(int batch, List<Tensor> inputs, Tensor output, Weights weights) {
      for (int i = 0; i < used(batch, output); i++) {
        output.values().put(i, inputs.get(0).values().get(i) + inputs.get(1).values().get(i));
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
      for (Optional<InputGradient> target : inputGradients) {
        target.ifPresent(
            gradient -> {
              for (int i = 0; i < used(batch, output); i++) {
                float before = gradient.accumulate() ? gradient.tensor().values().get(i) : 0;
                gradient.tensor().values().put(i, before + outputGradient.values().get(i));
              }
            });
      }
    }

    private static int used(int batch, Tensor output) {
      return batch * (output.size() / output.dimension(0));
    }
  }
}
