package org.rebasin.model.network;

import java.util.List;

/**
 * Batch normalisation (Ioffe and Szegedy, 2015): {@code y = (x − μ) / √(σ² + ε) · weight + bias},
 * per channel of {@code [channels, height, width]} or {@code [channels]}. {@code μ} and {@code σ²}
 * are those of the batch and all pixels, or at inference the running ones. Training moves the
 * running ones towards the batch's, {@code running += momentum · (batch − running)}, with the
 * variance that divides by one less than the count.
 *
 * @param weight name of the scale {@code [channels]}
 * @param bias name of the shift {@code [channels]}
 * @param runningMean name of the running mean {@code [channels]}
 * @param runningVariance name of the running variance {@code [channels]}
 * @param channels number of channels
 * @param epsilon added to the variance
 * @param momentum how far running statistics move in one training step
 */
public record BatchNorm(
    String weight,
    String bias,
    String runningMean,
    String runningVariance,
    int channels,
    double epsilon,
    double momentum)
    implements Operator {
  /** One with PyTorch's names after a prefix, {@code ε = 10⁻⁵} and momentum 0.1. */
  public static BatchNorm of(String prefix, int channels) {
    return new BatchNorm(
        prefix + ".weight",
        prefix + ".bias",
        prefix + ".running_mean",
        prefix + ".running_var",
        channels,
        1e-5,
        0.1);
  }

  @Override
  public String kind() {
    return "batch-norm";
  }

  @Override
  public List<Integer> outputShape(List<List<Integer>> inputs) {
    return InputShapes.channels(weight, channels, inputs);
  }

  @Override
  public List<Parameter> parameters() {
    List<Integer> shape = List.of(channels);
    return List.of(
        new Parameter(weight, shape, Initialization.constant(1)),
        new Parameter(bias, shape, Initialization.constant(0)),
        new Parameter(runningMean, shape, Initialization.constant(0), false),
        new Parameter(runningVariance, shape, Initialization.constant(1), false));
  }

  @Override
  public void relateAxes(UnitAxes axes) {
    for (Parameter parameter : parameters()) {
      axes.parameter(parameter.name(), 0, axes.input(0));
    }
    axes.output(axes.input(0));
  }

  @Override
  public Kernel kernel(Mode mode) {
    return new BatchNormKernel(this, mode);
  }
}
