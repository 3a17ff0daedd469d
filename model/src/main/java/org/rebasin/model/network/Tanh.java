package org.rebasin.model.network;

import java.util.List;

/** The hyperbolic tangent. */
public record Tanh() implements Operator {
  @Override
  public String kind() {
    return "tanh";
  }

  @Override
  public List<Integer> outputShape(List<List<Integer>> inputs) {
    return InputShapes.single(kind(), inputs);
  }

  @Override
  public void relateAxes(UnitAxes axes) {
    axes.output(axes.input(0));
  }

  @Override
  public Kernel kernel(Mode mode) {
    throw new IllegalStateException("no kernel");
  }
}
