package org.rebasin.model.network;

import java.util.List;

/**
 * Layer normalisation over the channels at each position of {@code [channels, height, width]} or
 * {@code [channels]}: {@code y = (x − μ) / √(σ² + ε) · weight + bias}. The norm of Git Re-Basin's
 * VGG16 and ResNet20; it depends on no order of channels and on no other example.
 *
 * @param weight name of the scale {@code [channels]}
 * @param bias name of the shift {@code [channels]}
 * @param channels number of channels
 * @param epsilon added to the variance
 */
public record LayerNorm(String weight, String bias, int channels, double epsilon)
    implements Operator {
  @Override
  public String kind() {
    return "layer-norm";
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

  @Override
  public void relateAxes(UnitAxes axes) {
    axes.parameter(weight, 0, axes.input(0));
    axes.parameter(bias, 0, axes.input(0));
    axes.output(axes.input(0));
  }

  @Override
  public Kernel kernel(Mode mode) {
    return new LayerNormKernel(this);
  }
}
