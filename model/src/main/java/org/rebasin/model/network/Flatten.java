package org.rebasin.model.network;

import java.util.List;
import java.util.Optional;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * {@code [channels, height, width]} to {@code [channels·height·width]}, channels outermost as in
 * PyTorch: each channel becomes a block of {@code height·width} elements.
 *
 * @param shape the input's shape
 */
public record Flatten(List<Integer> shape) implements Operator {
  /** Copies the shape. */
  public Flatten {
    shape = List.copyOf(shape);
  }

  @Override
  public String kind() {
    return "flatten";
  }

  @Override
  public List<Integer> outputShape(List<List<Integer>> inputs) {
    if (!inputs.equals(List.of(shape))) {
      throw new IllegalArgumentException(
          "flatten: expected one input of shape " + shape + ", found " + inputs);
    }
    return List.of(shape.stream().reduce(1, Math::multiplyExact));
  }

  @Override
  public void relateAxes(UnitAxes axes) {
    axes.output(axes.input(0).spread(pixels()));
  }

  private int channels() {
    return shape.get(0);
  }

  private int pixels() {
    return shape.stream().skip(1).reduce(1, Math::multiplyExact);
  }

  /** Memory holds channels last; only where that is no other order is nothing to move. */
  @Override
  public boolean onlyReshapes() {
    return channels() == 1 || pixels() == 1;
  }

  @Override
  public Kernel kernel(Mode mode) {
    return new FlattenKernel();
  }

  private final class FlattenKernel implements Kernel {
    @Override
    public void forward(int batch, List<Tensor> inputs, Tensor output, Weights weights) {
      ChannelOrder.toFirst(
          inputs.get(0).values(), output.values(), batch, channels(), pixels(), false);
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
                  ChannelOrder.transpose(
                      outputGradient.values(),
                      dx.tensor().values(),
                      batch,
                      channels(),
                      pixels(),
                      dx.accumulate()));
    }
  }
}
