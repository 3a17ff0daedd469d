package org.rebasin.model.network;

import java.util.List;

/**
 * Dropout (Srivastava et al., 2014): in training each element is zero with probability {@code rate}
 * and else divided by {@code 1 − rate}; otherwise nothing changes. Which elements a step drops
 * follows from the seed and the number of steps before it.
 *
 * @param rate in {@code [0, 1)}
 * @param seed where the randomness comes from
 */
public record Dropout(double rate, long seed) implements Operator {
  /** Checks the rate. */
  public Dropout {
    if (!(rate >= 0 && rate < 1)) {
      throw new IllegalArgumentException("dropout: expected a rate in [0, 1), found " + rate);
    }
  }

  @Override
  public String kind() {
    return "dropout";
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
    return mode == Mode.TRAINING ? new DropoutKernel(this) : new CopyKernel();
  }
}
