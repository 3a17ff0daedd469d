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
    throw new IllegalStateException("no kernel");
  }
}
