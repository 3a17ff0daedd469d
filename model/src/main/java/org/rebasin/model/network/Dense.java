package org.rebasin.model.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.rebasin.model.tensor.ElementWise;
import org.rebasin.model.tensor.Gemm;
import org.rebasin.model.tensor.Matrix;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * A dense layer, {@code y = x·Wᵀ + b}: {@code x [batch, in]}, {@code W [out, in]}, {@code b [out]},
 * {@code y [batch, out]}.
 *
 * @param weight name of {@code W}
 * @param bias name of {@code b}; a layer may have none
 * @param inputs number of input units
 * @param outputs number of output units
 */
public record Dense(String weight, Optional<String> bias, int inputs, int outputs)
    implements Operator {

  @Override
  public String kind() {
    return "dense";
  }

  @Override
  public List<Integer> outputShape(List<List<Integer>> shapes) {
    if (!shapes.equals(List.of(List.of(inputs)))) {
      throw new IllegalArgumentException(
          weight + ": expected one input of shape [" + inputs + "], found " + shapes);
    }
    return List.of(outputs);
  }

  @Override
  public List<Parameter> parameters() {
    // PyTorch's default for linear layers, weight and bias alike.
    Initialization initialization = Initialization.uniform(1 / Math.sqrt(inputs));
    List<Parameter> parameters = new ArrayList<>();
    parameters.add(new Parameter(weight, List.of(outputs, inputs), initialization));
    bias.ifPresent(name -> parameters.add(new Parameter(name, List.of(outputs), initialization)));
    return parameters;
  }

  @Override
  public void relateAxes(UnitAxes axes) {
    Units made = axes.fresh(outputs);
    axes.parameter(weight, 0, made);
    axes.parameter(weight, 1, axes.input(0));
    bias.ifPresent(name -> axes.parameter(name, 0, made));
    axes.output(made);
  }

  @Override
  public Kernel kernel(Mode mode) {
    return new DenseKernel();
  }

  private final class DenseKernel implements Kernel {
    private final float[] biases = new float[outputs];

    @Override
    public void forward(int batch, List<Tensor> tensors, Tensor output, Weights weights) {
      Matrix x = tensors.get(0).matrix().rows(0, batch);
      Matrix y = output.matrix().rows(0, batch);
      Matrix w = weights.get(weight).matrix();
      if (bias.isEmpty()) {
        Gemm.multiply(x, w.transpose(), 0, y);
        return;
      }
      weights.get(bias.get()).values().get(0, biases);
      int tile = Gemm.tileRows(batch, outputs, inputs);
      Gemm.multiply(
          x,
          w.transpose(),
          0,
          y,
          row ->
              ElementWise.addToRows(y.values(), row, Math.min(tile, batch - row), outputs, biases));
    }

    @Override
    public void backward(
        int batch,
        List<Tensor> tensors,
        Tensor output,
        Tensor outputGradient,
        List<Optional<InputGradient>> inputGradients,
        Weights weights,
        Weights parameterGradients) {
      Matrix x = tensors.get(0).matrix().rows(0, batch);
      Matrix dy = outputGradient.matrix().rows(0, batch);
      Gemm.multiply(dy.transpose(), x, 0, parameterGradients.get(weight).matrix());
      if (bias.isPresent()) {
        ElementWise.sumRows(dy.values(), batch, outputs, biases);
        parameterGradients.get(bias.get()).values().put(0, biases);
      }
      inputGradients
          .get(0)
          .ifPresent(
              dx ->
                  Gemm.multiply(
                      dy,
                      weights.get(weight).matrix(),
                      dx.accumulate() ? 1 : 0,
                      dx.tensor().matrix().rows(0, batch)));
    }
  }
}
