package org.rebasin.model.network;

import java.nio.FloatBuffer;
import org.rebasin.model.tensor.Parallel;

/**
 * Moves images between the two orders of their axes: channels first, as in files and flattened
 * vectors, and channels last, as inside a network.
 */
final class ChannelOrder {
  private ChannelOrder() {}

  /** {@code [batch, channels, pixels]} to {@code [batch, pixels, channels]}. */
  static void toLast(FloatBuffer first, FloatBuffer last, int batch, int channels, int pixels) {
    transpose(first, last, batch, channels, pixels, false);
  }

  /**
   * {@code [batch, pixels, channels]} to {@code [batch, channels, pixels]}.
   *
   * @param accumulate whether to add to what {@code first} holds
   */
  static void toFirst(
      FloatBuffer last,
      FloatBuffer first,
      int batch,
      int channels,
      int pixels,
      boolean accumulate) {
    transpose(last, first, batch, pixels, channels, accumulate);
  }

  /** {@code to[b, c, r] = from[b, r, c]}, or added to it. */
  static void transpose(
      FloatBuffer from, FloatBuffer to, int batch, int rows, int columns, boolean accumulate) {
    int size = rows * columns;
    Parallel.forEach(
        batch,
        example -> {
          float[] read = new float[size];
          float[] written = new float[size];
          from.get(example * size, read);
          if (accumulate) {
            to.get(example * size, written);
          }
          for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
              int at = c * rows + r;
              written[at] =
                  accumulate ? written[at] + read[r * columns + c] : read[r * columns + c];
            }
          }
          to.put(example * size, written);
        });
  }
}
