package org.rebasin.model.network;

import java.util.List;

/**
 * The Gaussian error linear unit (Hendrycks and Gimpel, 2016), {@code y = x·Φ(x)}.
 *
 * @param tanh whether {@code Φ} is approximated by {@code ½ + ½·tanh(√(2/π)·(x + 0.044715·x³))}
 */
public record Gelu(boolean tanh) implements Operator {
  @Override
  public String kind() {
    return "gelu";
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
    return new PointwiseKernel(tanh ? new Approximation() : new GaussianErrorLinear());
  }

  private static final class Approximation implements PointwiseKernel.Function {
    private static final double FACTOR = Math.sqrt(2 / Math.PI);
    private static final double CUBIC = 0.044715;

    private static double tanh(double x) {
      return Math.tanh(FACTOR * (x + CUBIC * x * x * x));
    }

    @Override
    public double value(double x) {
      return 0.5 * x * (1 + tanh(x));
    }

    @Override
    public double slope(double x, double y) {
      double tanh = tanh(x);
      double inner = FACTOR * (1 + 3 * CUBIC * x * x);
      return 0.5 * (1 + tanh) + 0.5 * x * (1 - tanh * tanh) * inner;
    }
  }
}
