package org.rebasin.model.network;

import java.util.List;
import java.util.Optional;

/**
 * Group normalisation (Wu and He, 2018): {@code y = (x − μ) / √(σ² + ε) · weight + bias}, the mean
 * and variance those of one example's group of channels at all positions.
 *
 * @param weight name of the scale {@code [channels]}
 * @param bias name of the shift {@code [channels]}
 * @param channels number of channels
 * @param groups number of groups of neighbouring channels
 * @param epsilon added to the variance
 */
public record GroupNorm(String weight, String bias, int channels, int groups, double epsilon)
    implements Operator {
  /** Checks that the groups divide the channels. */
  public GroupNorm {
    if (groups < 1 || channels < 1 || channels % groups != 0) {
      throw new IllegalArgumentException(
          "%s: expected groups that divide the channels, found %d groups of %d channels"
              .formatted(weight, groups, channels));
    }
  }

  @Override
  public String kind() {
    return "group-norm";
  }

  @Override
  public List<Integer> outputShape(List<List<Integer>> inputs) {
    return InputShapes.channels(weight, channels, inputs);
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(
        new Parameter(weight, List.of(channels), Initialization.constant(1)),
        new Parameter(bias, List.of(channels), Initialization.constant(0)));
  }

  /**
   * With all channels in one group, or each in its own, no order of them matters.
   *
   * @throws IllegalArgumentException for any other number of groups
   */
  @Override
  public void relateAxes(UnitAxes axes) {
    if (groups != 1 && groups != channels) {
      throw new IllegalArgumentException(
          ("%s: a group normalisation of %d channels in %d groups changes when its channels change"
                  + " groups, so it is not permutation-invariant; such a network cannot be aligned")
              .formatted(weight, channels, groups));
    }
    axes.parameter(weight, 0, axes.input(0));
    axes.parameter(bias, 0, axes.input(0));
    axes.output(axes.input(0));
  }

  @Override
  public Kernel kernel(Mode mode) {
    return new GroupNormKernel(Optional.of(weight), Optional.of(bias), channels, groups, epsilon);
  }
}
