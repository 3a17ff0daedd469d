package org.rebasin.model.network;

import java.util.List;

/** Checks of what an operator is given, with messages that show both shapes. */
final class InputShapes {
  private InputShapes() {}

  /** The only input's shape. */
  static List<Integer> single(String operator, List<List<Integer>> inputs) {
    if (inputs.size() != 1) {
      throw new IllegalArgumentException(operator + ": expected one input, found " + inputs);
    }
    return inputs.get(0);
  }

  /** The only input's shape, an image's. */
  static List<Integer> image(String operator, List<List<Integer>> inputs) {
    if (inputs.size() != 1 || inputs.get(0).size() != 3) {
      throw new IllegalArgumentException(
          operator + ": expected one input of shape [channels, height, width], found " + inputs);
    }
    return inputs.get(0);
  }

  /** The only input's shape, an image's or a vector's of so many channels. */
  static List<Integer> channels(String operator, int channels, List<List<Integer>> inputs) {
    boolean fits =
        inputs.size() == 1
            && (inputs.get(0).size() == 3 || inputs.get(0).size() == 1)
            && inputs.get(0).get(0) == channels;
    if (!fits) {
      throw new IllegalArgumentException(
          "%s: expected one input of shape [%d] or [%d, height, width], found %s"
              .formatted(operator, channels, channels, inputs));
    }
    return inputs.get(0);
  }

  /** The shape that a window's outputs make. */
  static List<Integer> windowed(String operator, Window window, int outputs, List<Integer> image) {
    int height = window.outputHeight(image.get(1));
    int width = window.outputWidth(image.get(2));
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "%s: an image of shape %s is smaller than the window %d×%d with padding %d×%d"
              .formatted(
                  operator,
                  image,
                  window.height(),
                  window.width(),
                  window.paddingY(),
                  window.paddingX()));
    }
    return List.of(outputs, height, width);
  }

  /** Pixels of an image, and 1 for a vector. */
  static int pixels(List<Integer> shape) {
    return shape.stream().skip(1).reduce(1, Math::multiplyExact);
  }
}
