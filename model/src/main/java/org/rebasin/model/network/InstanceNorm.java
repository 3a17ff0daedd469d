package org.rebasin.model.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Instance normalisation (Ulyanov et al., 2016): {@code y = (x − μ) / √(σ² + ε) · weight + bias},
 * the mean and variance those of one example's channel over its pixels.
 *
 * @param weight name of the scale {@code [channels]}, if there is one
 * @param bias name of the shift {@code [channels]}, if there is one
 * @param channels number of channels
 * @param epsilon added to the variance
 */
public record InstanceNorm(
    Optional<String> weight, Optional<String> bias, int channels, double epsilon)
    implements Operator {
  @Override
  public String kind() {
    return "instance-norm";
  }

  @Override
  public List<Integer> outputShape(List<List<Integer>> inputs) {
    String name = weight.or(() -> bias).orElse(kind());
    List<Integer> shape = InputShapes.image(name, inputs);
    InputShapes.channels(name, channels, inputs);
    return shape;
  }

  @Override
  public List<Parameter> parameters() {
    List<Parameter> parameters = new ArrayList<>();
    weight.ifPresent(
        name -> parameters.add(new Parameter(name, List.of(channels), Initialization.constant(1))));
    bias.ifPresent(
        name -> parameters.add(new Parameter(name, List.of(channels), Initialization.constant(0))));
    return parameters;
  }

  @Override
  public void relateAxes(UnitAxes axes) {
    parameters().forEach(parameter -> axes.parameter(parameter.name(), 0, axes.input(0)));
    axes.output(axes.input(0));
  }

  @Override
  public Kernel kernel(Mode mode) {
    return new GroupNormKernel(weight, bias, channels, channels, epsilon);
  }
}
