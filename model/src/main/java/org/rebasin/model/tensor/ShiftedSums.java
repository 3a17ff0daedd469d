package org.rebasin.model.tensor;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Optional;

/**
 * By channel, {@code Σ(x − s)} and {@code Σ(x − s)²} over samples, for a shift {@code s} near the
 * mean: so the centred moments follow from them without cancellation. Products are single
 * precision, and added in double after at most {@link #ROUNDS} of them.
 */
final class ShiftedSums {
  /** Additions in single precision before a sum goes to double. */
  private static final int ROUNDS = 64;

  private final int channels;
  private final double[] sums;
  private final double[] squares;
  private long count;

  ShiftedSums(int channels) {
    this.channels = channels;
    this.sums = new double[channels];
    this.squares = new double[channels];
  }

  /** A shift to begin with: the mean of the first few samples. */
  static float[] firstShift(FloatBuffer values, int channels, int samples) {
    int rows = Math.min(samples, ROUNDS);
    double[] totals = new double[channels];
    float[] row = new float[channels];
    for (int r = 0; r < rows; r++) {
      values.get(r * channels, row);
      for (int c = 0; c < channels; c++) {
        totals[c] += row[c];
      }
    }
    float[] shift = new float[channels];
    for (int c = 0; c < channels; c++) {
      shift[c] = (float) (totals[c] / rows);
    }
    return shift;
  }

  /**
   * Adds {@code rows} samples.
   *
   * @param values {@code [samples, channels]}
   * @param shifted where to write {@code x − s}, {@code [rows, channels]}, if anywhere
   */
  void add(
      FloatBuffer values, int firstRow, int rows, float[] shift, Optional<FloatBuffer> shifted) {
    // Several short rows are one stretch, as a vectorised loop wants it.
    int together = Math.max(1, Math.min(rows, Chunks.LENGTH / channels));
    float[] x = new float[together * channels];
    float[] s = new float[together * channels];
    for (int r = 0; r < together; r++) {
      System.arraycopy(shift, 0, s, r * channels, channels);
    }
    float[] sum = new float[x.length];
    float[] square = new float[x.length];
    int rounds = 0;
    for (int done = 0; done < rows; done += together) {
      int length = Math.min(together, rows - done) * channels;
      values.get((firstRow + done) * channels, x, 0, length);
      for (int i = 0; i < length; i++) {
        x[i] -= s[i];
        sum[i] += x[i];
        square[i] += x[i] * x[i];
      }
      if (shifted.isPresent()) {
        shifted.get().put(done * channels, x, 0, length);
      }
      if (++rounds == ROUNDS) {
        drain(sum, sums);
        drain(square, squares);
        rounds = 0;
      }
    }
    drain(sum, sums);
    drain(square, squares);
    count += rows;
  }

  private void drain(float[] from, double[] totals) {
    for (int at = 0; at < from.length; at += channels) {
      for (int c = 0; c < channels; c++) {
        totals[c] += from[at + c];
      }
    }
    Arrays.fill(from, 0);
  }

  /** Adds the sums of other samples under the same shift. */
  void add(ShiftedSums others) {
    for (int c = 0; c < channels; c++) {
      sums[c] += others.sums[c];
      squares[c] += others.squares[c];
    }
    count += others.count;
  }

  long count() {
    return count;
  }

  /** {@code Σ(x − s)} of one channel. */
  double sum(int channel) {
    return sums[channel];
  }

  /** The moments of these samples. */
  ChannelMoments moments(float[] shift) {
    double[] means = new double[channels];
    double[] centred = new double[channels];
    for (int c = 0; c < channels; c++) {
      means[c] = shift[c] + sums[c] / count;
      centred[c] = Math.max(0, squares[c] - sums[c] * sums[c] / count);
    }
    return new ChannelMoments(count, means, centred);
  }

  void clear() {
    Arrays.fill(sums, 0);
    Arrays.fill(squares, 0);
    count = 0;
  }
}
