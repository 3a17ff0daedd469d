package org.rebasin.model.tensor;

import java.nio.FloatBuffer;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Count, means and variances by channel of samples that come in batches. Parts computed apart
 * combine (Chan, Golub and LeVeque, 1983), in a given order always to the same bits. Relative error
 * of means and variances about 10⁻⁶, whatever the mean: sums are taken around it. For one thread at
 * a time.
 */
public final class ChannelMoments {
  /** Elements that one piece of work covers. */
  private static final int PIECE = 1 << 16;

  private long count;
  private final double[] means;
  private final double[] squares;

  /** No samples yet. */
  public ChannelMoments(int channels) {
    this(0, new double[channels], new double[channels]);
  }

  /** Takes over the arrays; {@code squares} are {@code Σ(x − mean)²}. */
  ChannelMoments(long count, double[] means, double[] squares) {
    this.count = count;
    this.means = means;
    this.squares = squares;
    round();
  }

  /** What is held can be stored as pairs of floats. */
  private void round() {
    for (int c = 0; c < means.length; c++) {
      means[c] = PairedFloats.round(means[c]);
      squares[c] = PairedFloats.round(squares[c]);
    }
  }

  /**
   * Adds samples.
   *
   * @param values of which the first are {@code [samples, channels]}
   */
  public void add(FloatBuffer values, int samples) {
    int channels = means.length;
    float[] shift = count == 0 ? ShiftedSums.firstShift(values, channels, samples) : shift();
    int rows = Math.max(1, PIECE / channels);
    ShiftedSums[] parts = new ShiftedSums[(samples + rows - 1) / rows];
    Parallel.forEach(
        parts.length,
        piece -> {
          ShiftedSums sums = new ShiftedSums(channels);
          int from = piece * rows;
          sums.add(values, from, Math.min(rows, samples - from), shift, Optional.empty());
          parts[piece] = sums;
        });
    for (int piece = 1; piece < parts.length; piece++) {
      parts[0].add(parts[piece]);
    }
    combine(parts[0].moments(shift));
  }

  /** The means in single precision. */
  float[] shift() {
    float[] shift = new float[means.length];
    for (int c = 0; c < shift.length; c++) {
      shift[c] = (float) means[c];
    }
    return shift;
  }

  /** Adds all samples of another part. */
  public void combine(ChannelMoments later) {
    requireChannels(later.channels());
    if (later.count == 0) {
      return;
    }
    long together = count + later.count;
    double share = (double) later.count / together;
    for (int c = 0; c < means.length; c++) {
      double difference = later.means[c] - means[c];
      means[c] += difference * share;
      squares[c] += later.squares[c] + difference * difference * share * count;
    }
    count = together;
    round();
  }

  void requireChannels(int found) {
    if (found != means.length) {
      throw new IllegalArgumentException(
          "expected moments of %d channels, found %d".formatted(means.length, found));
    }
  }

  /** The number of channels. */
  public int channels() {
    return means.length;
  }

  /** The number of samples. */
  public long count() {
    return count;
  }

  /** The mean of a channel; 0 without samples. */
  public double mean(int channel) {
    return means[channel];
  }

  /** {@code Σ(x − mean)²} of a channel. */
  public double squares(int channel) {
    return squares[channel];
  }

  /** The mean squared distance from the mean, of the samples themselves; 0 without samples. */
  public double variance(int channel) {
    return count == 0 ? 0 : squares[channel] / count;
  }

  /** The root of {@link #variance}. */
  public double deviation(int channel) {
    return Math.sqrt(variance(channel));
  }

  /** The variance that divides by one less than the count; 0 with fewer than two samples. */
  public double unbiasedVariance(int channel) {
    return count < 2 ? 0 : squares[channel] / (count - 1);
  }

  /** All means; a copy. */
  double[] means() {
    return means.clone();
  }

  /** All {@link #squares}; a copy. */
  double[] squares() {
    return squares.clone();
  }

  @Override
  public String toString() {
    return "%d samples of %d channels, means %s"
        .formatted(
            count,
            means.length,
            IntStream.range(0, Math.min(8, means.length)).mapToObj(this::mean).toList());
  }
}
