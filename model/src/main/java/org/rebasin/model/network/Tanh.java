package org.rebasin.model.network;

/** The hyperbolic tangent. */
public record Tanh() implements Pointwise {
  @Override
  public String kind() {
    return "tanh";
  }

  @Override
  public double value(double x) {
    return Math.tanh(x);
  }

  @Override
  public double slope(double x, double y) {
    return 1 - y * y;
  }
}
