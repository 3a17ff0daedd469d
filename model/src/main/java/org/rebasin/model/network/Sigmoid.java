package org.rebasin.model.network;

/** The logistic function, {@code y = 1 / (1 + e⁻ˣ)}. */
public record Sigmoid() implements Pointwise {
  @Override
  public String kind() {
    return "sigmoid";
  }

  @Override
  public double value(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  @Override
  public double slope(double x, double y) {
    return y * (1 - y);
  }
}
