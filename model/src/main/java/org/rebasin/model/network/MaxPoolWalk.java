package org.rebasin.model.network;

import java.util.Arrays;

/**
 * Computes a {@link MaxPool} of one example. A gradient goes to the first of equal largest values,
 * row by row.
 */
record MaxPoolWalk(WindowRange range, int channels) implements WindowKernel.Walk {
  @Override
  public void forward(float[] x, float[] y) {
    Arrays.fill(y, Float.NEGATIVE_INFINITY);
    range.forEach(
        (to, from, tap) -> {
          int xAt = from * channels;
          int yAt = to * channels;
          for (int c = 0; c < channels; c++) {
            y[yAt + c] = Math.max(y[yAt + c], x[xAt + c]);
          }
        });
  }

  @Override
  public void backward(float[] x, float[] y, float[] dx, float[] dy) {
    range.forEach(
        (to, from, tap) -> {
          int xAt = from * channels;
          int yAt = to * channels;
          for (int c = 0; c < channels; c++) {
            if (x[xAt + c] == y[yAt + c]) {
              dx[xAt + c] += dy[yAt + c];
              // Given away: the next equal value gets none.
              dy[yAt + c] = 0;
            }
          }
        });
  }
}
