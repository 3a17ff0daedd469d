package org.rebasin.model.network;

import org.rebasin.model.tensor.Tensor;

/**
 * The input pixels that the output pixels of an image read, channels last.
 *
 * @param window what is read for each output pixel
 * @param height rows of the input
 * @param width columns of the input
 * @param outputHeight rows of the output
 * @param outputWidth columns of the output
 */
record WindowRange(Window window, int height, int width, int outputHeight, int outputWidth) {
  /** The pixels that an output {@code [batch, height, width, channels]} reads of an input. */
  static WindowRange of(Window window, Tensor input, Tensor output) {
    return new WindowRange(
        window, input.dimension(1), input.dimension(2), output.dimension(1), output.dimension(2));
  }

  /**
   * Calls {@code body} for each output pixel and each input pixel that it reads, windows row by
   * row; what lies outside the image is left out.
   */
  void forEach(PixelBody body) {
    for (int oy = 0; oy < outputHeight; oy++) {
      for (int ox = 0; ox < outputWidth; ox++) {
        int output = oy * outputWidth + ox;
        for (int ky = 0; ky < window.height(); ky++) {
          int y = oy * window.strideY() - window.paddingY() + ky;
          for (int kx = 0; kx < window.width() && y >= 0 && y < height; kx++) {
            int x = ox * window.strideX() - window.paddingX() + kx;
            if (x >= 0 && x < width) {
              body.accept(output, y * width + x, ky * window.width() + kx);
            }
          }
        }
      }
    }
  }

  /** The number of input pixels that each output pixel reads. */
  int[] counts() {
    int[] counts = new int[outputHeight * outputWidth];
    forEach((output, input, tap) -> counts[output]++);
    return counts;
  }

  /** Works on one output pixel and one of the input pixels in its window. */
  @FunctionalInterface
  interface PixelBody {
    /** Does the work; {@code tap} is the place in the window. */
    void accept(int output, int input, int tap);
  }
}
