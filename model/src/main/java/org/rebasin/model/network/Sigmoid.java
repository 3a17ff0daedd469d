package org.rebasin.model.network;

import java.util.List;

/** The logistic function, {@code y = 1 / (1 + e⁻ˣ)}. */
public record Sigmoid() implements Operator {
  @Override
  public String kind() {
    return "sigmoid";
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
            return 1 / (1 + Math.exp(-x));
          }

          @Override
          public double slope(double x, double y) {
            return y * (1 - y);
          }
        });
  }
}
