package org.rebasin.model.network;

import java.util.List;

/**
 * {@code y = x} where {@code x > 0}, else {@code weight·x} with a learned slope (He et al., 2015),
 * one for all channels or one for each.
 *
 * @param weight name of the slopes {@code [count]}
 * @param count 1, or the number of channels
 */
public record Prelu(String weight, int count) implements Operator {
  /** Checks the count. */
  public Prelu {
    if (count < 1) {
      throw new IllegalArgumentException(weight + ": expected at least one slope, found " + count);
    }
  }

  @Override
  public String kind() {
    return "prelu";
  }

  @Override
  public List<Integer> outputShape(List<List<Integer>> inputs) {
    return count == 1
        ? InputShapes.single(weight, inputs)
        : InputShapes.channels(weight, count, inputs);
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(new Parameter(weight, List.of(count), Initialization.constant(0.25)));
  }

  @Override
  public void relateAxes(UnitAxes axes) {
    if (count > 1) {
      axes.parameter(weight, 0, axes.input(0));
    }
    axes.output(axes.input(0));
  }

  @Override
  public Kernel kernel(Mode mode) {
    return new PreluKernel(this);
  }
}
