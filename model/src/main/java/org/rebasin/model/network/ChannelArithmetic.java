package org.rebasin.model.network;

/**
 * Sums and arithmetic over rows of channels in one chunk of a value. A row may be as short as eight
 * channels, too short for a loop of its own: loops run over blocks of eight channels through all
 * rows, and only other widths go row by row. For one thread at a time.
 */
final class ChannelArithmetic {
  private static final int BLOCK = 8;

  private final int channels;
  private final int blocks;
  private final float[] partial;
  private final float[] first;
  private final float[] second;
  private final float[] third;

  /**
   * Arithmetic on chunks.
   *
   * @param channels elements of a row
   * @param rows the most rows of a chunk
   */
  ChannelArithmetic(int channels, int rows) {
    this.channels = channels;
    // Blocks of a row; one for each channel where the row has no whole number of them.
    this.blocks = channels % BLOCK == 0 ? channels / BLOCK : channels;
    this.partial = new float[rows * blocks];
    this.first = new float[rows * blocks];
    this.second = new float[rows * blocks];
    this.third = new float[rows * blocks];
  }

  private boolean inBlocks() {
    return blocks < channels;
  }

  /** {@code sums[from + r] = factor · Σ x} of each row. */
  void sums(float[] x, int rows, float factor, float[] sums, int from) {
    if (inBlocks()) {
      for (int b = 0; b < rows * blocks; b++) {
        int at = b * BLOCK;
        partial[b] =
            ((x[at] + x[at + 4]) + (x[at + 1] + x[at + 5]))
                + ((x[at + 2] + x[at + 6]) + (x[at + 3] + x[at + 7]));
      }
    } else {
      System.arraycopy(x, 0, partial, 0, rows * channels);
    }
    fold(rows, factor, sums, from);
  }

  /** {@code sums[from + r] = factor · Σ (x − means[from + r])²} of each row. */
  void squares(float[] x, int rows, float factor, float[] means, float[] sums, int from) {
    spread(means, from, rows, first);
    if (inBlocks()) {
      for (int b = 0; b < rows * blocks; b++) {
        int at = b * BLOCK;
        float m = first[b];
        float d0 = x[at] - m;
        float d1 = x[at + 1] - m;
        float d2 = x[at + 2] - m;
        float d3 = x[at + 3] - m;
        float d4 = x[at + 4] - m;
        float d5 = x[at + 5] - m;
        float d6 = x[at + 6] - m;
        float d7 = x[at + 7] - m;
        partial[b] =
            ((d0 * d0 + d4 * d4) + (d1 * d1 + d5 * d5))
                + ((d2 * d2 + d6 * d6) + (d3 * d3 + d7 * d7));
      }
    } else {
      for (int i = 0; i < rows * channels; i++) {
        float d = x[i] - first[i];
        partial[i] = d * d;
      }
    }
    fold(rows, factor, sums, from);
  }

  /** {@code sums[from + r] = factor · Σ x·y} of each row. */
  void products(float[] x, float[] y, int rows, float factor, float[] sums, int from) {
    if (inBlocks()) {
      for (int b = 0; b < rows * blocks; b++) {
        int at = b * BLOCK;
        partial[b] =
            ((x[at] * y[at] + x[at + 4] * y[at + 4])
                    + (x[at + 1] * y[at + 1] + x[at + 5] * y[at + 5]))
                + ((x[at + 2] * y[at + 2] + x[at + 6] * y[at + 6])
                    + (x[at + 3] * y[at + 3] + x[at + 7] * y[at + 7]));
      }
    } else {
      for (int i = 0; i < rows * channels; i++) {
        partial[i] = x[i] * y[i];
      }
    }
    fold(rows, factor, sums, from);
  }

  /** {@code x = (x − means[from + r])·scales[from + r]} in each row. */
  void normalize(float[] x, int rows, float[] means, float[] scales, int from) {
    spread(means, from, rows, first);
    spread(scales, from, rows, second);
    if (inBlocks()) {
      for (int b = 0; b < rows * blocks; b++) {
        int at = b * BLOCK;
        float m = first[b];
        float s = second[b];
        x[at] = (x[at] - m) * s;
        x[at + 1] = (x[at + 1] - m) * s;
        x[at + 2] = (x[at + 2] - m) * s;
        x[at + 3] = (x[at + 3] - m) * s;
        x[at + 4] = (x[at + 4] - m) * s;
        x[at + 5] = (x[at + 5] - m) * s;
        x[at + 6] = (x[at + 6] - m) * s;
        x[at + 7] = (x[at + 7] - m) * s;
      }
    } else {
      for (int i = 0; i < rows * channels; i++) {
        x[i] = (x[i] - first[i]) * second[i];
      }
    }
  }

  /**
   * {@code y = (y − offsets[r] − x·slopes[r])·scales[from + r]} in each row.
   *
   * @param offsets from index 0
   * @param slopes from index 0
   */
  void subtract(
      float[] y, float[] x, int rows, float[] offsets, float[] slopes, float[] scales, int from) {
    spread(offsets, 0, rows, first);
    spread(slopes, 0, rows, second);
    spread(scales, from, rows, third);
    if (inBlocks()) {
      for (int b = 0; b < rows * blocks; b++) {
        int at = b * BLOCK;
        float o = first[b];
        float k = second[b];
        float s = third[b];
        y[at] = (y[at] - o - x[at] * k) * s;
        y[at + 1] = (y[at + 1] - o - x[at + 1] * k) * s;
        y[at + 2] = (y[at + 2] - o - x[at + 2] * k) * s;
        y[at + 3] = (y[at + 3] - o - x[at + 3] * k) * s;
        y[at + 4] = (y[at + 4] - o - x[at + 4] * k) * s;
        y[at + 5] = (y[at + 5] - o - x[at + 5] * k) * s;
        y[at + 6] = (y[at + 6] - o - x[at + 6] * k) * s;
        y[at + 7] = (y[at + 7] - o - x[at + 7] * k) * s;
      }
    } else {
      for (int i = 0; i < rows * channels; i++) {
        y[i] = (y[i] - first[i] - x[i] * second[i]) * third[i];
      }
    }
  }

  /** A value of each row, for each of its blocks. */
  private void spread(float[] values, int from, int rows, float[] byBlock) {
    if (Integer.bitCount(blocks) == 1) {
      int shift = Integer.numberOfTrailingZeros(blocks);
      for (int b = 0; b < rows << shift; b++) {
        byBlock[b] = values[from + (b >> shift)];
      }
      return;
    }
    for (int r = 0; r < rows; r++) {
      for (int b = r * blocks; b < (r + 1) * blocks; b++) {
        byBlock[b] = values[from + r];
      }
    }
  }

  /** Adds the blocks' sums up to the rows': neighbours first, as long as they come in pairs. */
  private void fold(int rows, float factor, float[] sums, int from) {
    int width = blocks;
    for (; width % 2 == 0; width /= 2) {
      for (int i = 0; i < rows * width / 2; i++) {
        partial[i] = partial[2 * i] + partial[2 * i + 1];
      }
    }
    for (int r = 0; r < rows; r++) {
      float sum = partial[r * width];
      for (int i = r * width + 1; i < (r + 1) * width; i++) {
        sum += partial[i];
      }
      sums[from + r] = sum * factor;
    }
  }
}
