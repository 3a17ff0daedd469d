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
    return new PointwiseKernel(
        new PointwiseKernel.Function() {
          @Override
          public double value(double x) {
            return Math.tanh(x);
          }

          @Override
          public double slope(double x, double y) {
            return 1 - y * y;
          }
        });
  }
}
