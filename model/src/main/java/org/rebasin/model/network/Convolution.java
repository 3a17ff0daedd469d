package org.rebasin.model.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A two-dimensional convolution (as the field says; a cross-correlation): {@code x [in, height,
 * width]}, {@code W [out, in/groups, window height, window width]}, {@code b [out]}. Pixels outside
 * the image count as zero.
 *
 * @param weight name of {@code W}
 * @param bias name of {@code b}; a layer may have none
 * @param inputs number of input channels
 * @param outputs number of output channels
 * @param window what is read for each output pixel
 * @param groups input and output channels are cut into so many groups, each convolved apart
 */
public record Convolution(
    String weight, Optional<String> bias, int inputs, int outputs, Window window, int groups)
    implements Operator {
  /** Checks that the groups divide the channels. */
  public Convolution {
    if (inputs < 1 || outputs < 1 || groups < 1 || inputs % groups != 0 || outputs % groups != 0) {
      throw new IllegalArgumentException(
          "%s: expected groups that divide the channels, found %d groups, %d inputs, %d outputs"
              .formatted(weight, groups, inputs, outputs));
    }
  }

  @Override
  public String kind() {
    return "convolution";
  }

  @Override
  public List<Integer> outputShape(List<List<Integer>> shapes) {
    if (shapes.size() != 1 || shapes.get(0).size() != 3 || shapes.get(0).get(0) != inputs) {
      throw new IllegalArgumentException(
          "%s: expected one input of shape [%d, height, width], found %s"
              .formatted(weight, inputs, shapes));
    }
    return InputShapes.windowed(weight, window, outputs, shapes.get(0));
  }

  /**
   * Weights are drawn as He et al. (2015) do for ReLU networks: normal with deviation {@code √(2 /
   * fan-in)}. Biases start at zero.
   */
  @Override
  public List<Parameter> parameters() {
    int fanIn = inputs / groups * window.area();
    List<Parameter> parameters = new ArrayList<>();
    parameters.add(
        new Parameter(
            weight,
            List.of(outputs, inputs / groups, window.height(), window.width()),
            Initialization.normal(Math.sqrt(2.0 / fanIn))));
    bias.ifPresent(
        name -> parameters.add(new Parameter(name, List.of(outputs), Initialization.constant(0))));
    return parameters;
  }

  /** Whether each channel is convolved apart from the others. */
  private boolean isDepthwise() {
    return groups == inputs;
  }

  /**
   * A depthwise convolution makes each output channel from one input channel, so its units are its
   * input's. Between one group and that, channels are told apart by their number.
   */
  @Override
  public void relateAxes(UnitAxes axes) {
    Units made;
    if (groups == 1) {
      made = axes.fresh(outputs);
      axes.parameter(weight, 1, axes.input(0));
    } else if (isDepthwise()) {
      made = axes.input(0).spread(outputs / inputs);
    } else {
      made = axes.fresh(outputs);
      axes.fix(axes.input(0));
      axes.fix(made);
    }
    axes.parameter(weight, 0, made);
    bias.ifPresent(name -> axes.parameter(name, 0, made));
    axes.output(made);
  }

  @Override
  public Kernel kernel(Mode mode) {
    if (groups > 1) {
      return new GroupedConvolutionKernel(this);
    }
    return window.isPointwise()
        ? new PointwiseConvolutionKernel(this)
        : new ConvolutionKernel(this);
  }
}
