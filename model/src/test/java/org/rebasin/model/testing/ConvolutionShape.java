package org.rebasin.model.testing;

import java.util.List;
import org.rebasin.model.network.Initialization;
import org.rebasin.model.network.Kernel;
import org.rebasin.model.network.Mode;
import org.rebasin.model.network.Operator;
import org.rebasin.model.network.Parameter;
import org.rebasin.model.network.UnitAxes;
import org.rebasin.model.network.Units;

/**
 * The shapes and axes of a same-padded convolution with weight {@code [out, in, kernel, kernel]}
 * and bias {@code [out]}; computes nothing.
 */
public record ConvolutionShape(String name, int inputs, int outputs, int kernelSize)
    implements Operator {
  @Override
  public String kind() {
    return "convolution-shape";
  }

  @Override
  public List<Integer> outputShape(List<List<Integer>> shapes) {
    return List.of(outputs, shapes.get(0).get(1), shapes.get(0).get(2));
  }

  @Override
  public List<Parameter> parameters() {
    Initialization initialization = Initialization.uniform(1);
    return List.of(
        new Parameter(
            name + ".weight", List.of(outputs, inputs, kernelSize, kernelSize), initialization),
        new Parameter(name + ".bias", List.of(outputs), initialization));
  }

  @Override
  public void relateAxes(UnitAxes axes) {
    Units made = axes.fresh(outputs);
    axes.parameter(name + ".weight", 0, made);
    axes.parameter(name + ".weight", 1, axes.input(0));
    axes.parameter(name + ".bias", 0, made);
    axes.output(made);
  }

  @Override
  public Kernel kernel(Mode mode) {
    throw new UnsupportedOperationException("has shapes only");
  }
}
