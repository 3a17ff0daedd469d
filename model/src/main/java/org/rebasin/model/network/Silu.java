package org.rebasin.model.network;

import java.util.List;

/** The sigmoid linear unit, {@code y = x·σ(x)}, also called swish. */
public record Silu() implements Operator {
  @Override
  public String kind() {
    return "silu";
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
            return x / (1 + Math.exp(-x));
          }

          @Override
          public double slope(double x, double y) {
            double sigmoid = 1 / (1 + Math.exp(-x));
            return sigmoid + y * (1 - sigmoid);
          }
        });
  }
}
