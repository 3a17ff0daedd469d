package org.rebasin.model.network;

/** The sigmoid linear unit, {@code y = x·σ(x)}, also called swish. */
public record Silu() implements Pointwise {
  @Override
  public String kind() {
    return "silu";
  }

  @Override
  public double value(double x) {
    return x / (1 + Math.exp(-x));
  }

  @Override
  public double slope(double x, double y) {
    double sigmoid = 1 / (1 + Math.exp(-x));
    return sigmoid + y * (1 - sigmoid);
  }
}
