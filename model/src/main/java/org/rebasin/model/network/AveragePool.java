package org.rebasin.model.network;

import java.util.List;

/**
 * The mean of each channel in each window.
 *
 * @param window what is read for each output pixel
 * @param countPadding whether padding counts as zeros; else the mean is over pixels of the image
 */
public record AveragePool(Window window, boolean countPadding) implements Operator {
  /** Checks that every window holds a pixel of the image. */
  public AveragePool {
    if (2 * window.paddingY() > window.height() || 2 * window.paddingX() > window.width()) {
      throw new IllegalArgumentException(
          "average-pool: expected padding of at most half the window, found " + window);
    }
  }

  @Override
  public String kind() {
    return "average-pool";
  }

  @Override
  public List<Integer> outputShape(List<List<Integer>> inputs) {
    List<Integer> image = InputShapes.image(kind(), inputs);
    return InputShapes.windowed(kind(), window, image.get(0), image);
  }

  @Override
  public void relateAxes(UnitAxes axes) {
    axes.output(axes.input(0));
  }

  @Override
  public Kernel kernel(Mode mode) {
    return new WindowKernel(
        window,
        (range, inputChannels, channels) -> new AveragePoolWalk(range, channels, countPadding));
  }
}
