package org.rebasin.model.network;

import java.util.List;
import java.util.Optional;
import org.rebasin.model.tensor.ElementWise;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/** The sum of two values of one shape, as a residual connection makes it; ties their units. */
public record Addition() implements Operator {
  @Override
  public String kind() {
    return "addition";
  }

  @Override
  public List<Integer> outputShape(List<List<Integer>> inputs) {
    if (inputs.size() != 2 || !inputs.get(0).equals(inputs.get(1))) {
      throw new IllegalArgumentException(
          "addition: expected two inputs of one shape, found " + inputs);
    }
    return inputs.get(0);
  }

  @Override
  public void relateAxes(UnitAxes axes) {
    axes.tie(axes.input(0), axes.input(1));
    axes.output(axes.input(0));
  }

  @Override
  public Kernel kernel(Mode mode) {
    return new AdditionKernel();
  }

  private static final class AdditionKernel implements Kernel {
    @Override
    public void forward(int batch, List<Tensor> inputs, Tensor output, Weights weights) {
      Parallel.forEachStretch(
          elements(batch, output),
          (from, length) ->
              ElementWise.combine(
                  output.values(),
                  from,
                  1,
                  inputs.get(0).values(),
                  1,
                  inputs.get(1).values(),
                  length));
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
        target.ifPresent(dx -> dx.add(outputGradient, elements(batch, output)));
      }
    }

    private static int elements(int batch, Tensor output) {
      return batch * (output.size() / output.dimension(0));
    }
  }
}
