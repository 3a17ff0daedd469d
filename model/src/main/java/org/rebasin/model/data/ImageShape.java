package org.rebasin.model.data;

/** The shape {@code [channels, height, width]} of an image, in the order its pixels are stored. */
public record ImageShape(int channels, int height, int width) {
  /**
   * @throws IllegalArgumentException if an extent is not positive or the elements exceed an array
   */
  public ImageShape {
    if (channels < 1 || height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "image shape: expected positive extents, found [%d, %d, %d]"
              .formatted(channels, height, width));
    }
    if ((long) channels * height > Integer.MAX_VALUE / width) {
      throw new IllegalArgumentException(
          "image shape: expected at most %d elements, found [%d, %d, %d]"
              .formatted(Integer.MAX_VALUE, channels, height, width));
    }
  }

  /** channels · height · width. */
  public int elements() {
    return channels * height * width;
  }

  @Override
  public String toString() {
    return "[%d, %d, %d]".formatted(channels, height, width);
  }
}
