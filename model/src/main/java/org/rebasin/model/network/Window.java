package org.rebasin.model.network;

/**
 * The rectangle of pixels that a convolution or pooling reads for each output pixel, and how it
 * moves: output pixel {@code (y, x)} reads rows {@code y·strideY − paddingY} and on, and columns
 * likewise. What lies outside the image counts as the operator says.
 *
 * @param height rows read
 * @param width columns read
 * @param strideY rows from one output pixel to the next
 * @param strideX columns from one output pixel to the next
 * @param paddingY rows added above and below the image
 * @param paddingX columns added on both sides of the image
 */
public record Window(int height, int width, int strideY, int strideX, int paddingY, int paddingX) {
  /** Checks the sizes. */
  public Window {
    if (height < 1 || width < 1 || strideY < 1 || strideX < 1) {
      throw new IllegalArgumentException(
          "expected a window and strides of at least 1, found %d×%d with strides %d×%d"
              .formatted(height, width, strideY, strideX));
    }
    if (paddingY < 0 || paddingX < 0) {
      throw new IllegalArgumentException(
          "expected padding of at least 0, found %d×%d".formatted(paddingY, paddingX));
    }
  }

  /** A square window with the same stride and padding both ways. */
  public static Window square(int size, int stride, int padding) {
    return new Window(size, size, stride, stride, padding, padding);
  }

  /** Rows of the output for an image of {@code rows}; not positive if the window does not fit. */
  public int outputHeight(int rows) {
    return Math.floorDiv(rows + 2 * paddingY - height, strideY) + 1;
  }

  /** Columns of the output for an image of {@code columns}. */
  public int outputWidth(int columns) {
    return Math.floorDiv(columns + 2 * paddingX - width, strideX) + 1;
  }

  /** Pixels of the window. */
  public int area() {
    return height * width;
  }

  /** Whether each output pixel reads just the input pixel in its place. */
  public boolean isPointwise() {
    return equals(square(1, 1, 0));
  }
}
