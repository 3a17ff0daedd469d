package org.rebasin.model.testing;

import java.util.ArrayList;
import java.util.List;
import org.rebasin.model.network.Initialization;
import org.rebasin.model.network.Kernel;
import org.rebasin.model.network.Mode;
import org.rebasin.model.network.Operator;
import org.rebasin.model.network.Parameter;
import org.rebasin.model.network.UnitAxes;
import org.rebasin.model.network.Units;

/**
 * The shapes and axes of {@code multiplier} filters for each channel, with weight {@code [channels
 * · multiplier, 1, kernel, kernel]} and bias, so that a channel is a block of rows; computes
 * nothing. With a kernel of 1 it is a scale and shift of each channel, such as normalisations have.
 */
public record DepthwiseShape(String name, int channels, int multiplier, int kernelSize)
    implements Operator {
  @Override
  public String kind() {
    return "depthwise-shape";
  }

  @Override
  public List<Integer> outputShape(List<List<Integer>> shapes) {
    List<Integer> shape = new ArrayList<>(shapes.get(0));
    shape.set(0, channels * multiplier);
    return shape;
  }

  @Override
  public List<Parameter> parameters() {
    Initialization initialization = Initialization.uniform(1);
    int filters = channels * multiplier;
    return List.of(
        new Parameter(
            name + ".weight", List.of(filters, 1, kernelSize, kernelSize), initialization),
        new Parameter(name + ".bias", List.of(filters), initialization));
  }

  @Override
  public void relateAxes(UnitAxes axes) {
    Units made = axes.input(0).spread(multiplier);
    axes.parameter(name + ".weight", 0, made);
    axes.parameter(name + ".bias", 0, made);
    axes.output(made);
  }

  @Override
  public Kernel kernel(Mode mode) {
    throw new UnsupportedOperationException("has shapes only");
  }
}
