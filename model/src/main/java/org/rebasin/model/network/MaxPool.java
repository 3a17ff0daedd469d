package org.rebasin.model.network;

import java.util.List;

/**
 * The largest value of each channel in each window; padding counts as −∞.
 *
 * @param window what is read for each output pixel
 */
public record MaxPool(Window window) implements Operator {
  /** Checks that every window holds a pixel of the image. */
  public MaxPool {
    if (2 * window.paddingY() > window.height() || 2 * window.paddingX() > window.width()) {
      throw new IllegalArgumentException(
          "max-pool: expected padding of at most half the window, found " + window);
    }
  }

  @Override
  public String kind() {
    return "max-pool";
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
        window, (range, inputChannels, channels) -> new MaxPoolWalk(range, channels));
  }
}
