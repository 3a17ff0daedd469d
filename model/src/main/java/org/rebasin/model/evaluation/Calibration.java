package org.rebasin.model.evaluation;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.rebasin.model.tensor.Tensor;

/**
 * How far a network's confidence can be believed: the reliability diagram and the expected
 * calibration error of Guo et al. (2017). An example's confidence is the largest softmax
 * probability; equal bins over {@code (0, 1]}, each open below and closed above. Sums, so that
 * parts combine.
 *
 * @param bins at least one, of equal width, from the lowest confidence to the highest
 */
public record Calibration(List<Bin> bins) {
  /**
   * The examples whose confidence is in one bin.
   *
   * @param examples how many there are
   * @param confidenceSum the sum of their confidences
   * @param correct how many of them are right
   */
  public record Bin(long examples, double confidenceSum, long correct) {
    /** No example. */
    public static final Bin EMPTY = new Bin(0, 0, 0);

    /** Mean confidence; not a number without examples. */
    public double confidence() {
      return confidenceSum / examples;
    }

    /** Part of the examples that are right; not a number without examples. */
    public double accuracy() {
      return (double) correct / examples;
    }

    Bin plus(Bin other) {
      return new Bin(
          examples + other.examples, confidenceSum + other.confidenceSum, correct + other.correct);
    }
  }

  /** Copies the list. */
  public Calibration {
    bins = List.copyOf(bins);
    if (bins.isEmpty()) {
      throw new IllegalArgumentException("expected at least one bin, found none");
    }
  }

  /** Nothing evaluated. */
  public static Calibration none(int bins) {
    return new Calibration(Collections.nCopies(bins, Bin.EMPTY));
  }

  /**
   * The calibration of one batch.
   *
   * @param bins how many
   * @param logits {@code [capacity, classes]}
   * @param labels the classes of the first {@code batch} examples
   */
  public static Calibration of(int bins, Tensor logits, int[] labels, int batch) {
    List<Bin> filled = new ArrayList<>(none(bins).bins);
    int classes = logits.size() / logits.dimension(0);
    float[] row = new float[classes];
    for (int example = 0; example < batch; example++) {
      logits.values().get(example * classes, row);
      int best = 0;
      for (int c = 1; c < classes; c++) {
        if (row[c] > row[best]) {
          best = c;
        }
      }
      double sum = 0;
      for (float logit : row) {
        sum += Math.exp((double) logit - row[best]);
      }
      double confidence = 1 / sum;
      // NaN logits have no confidence; they are wrong, and of the lowest bin.
      int bin = confidence > 0 ? (int) Math.ceil(confidence * bins) - 1 : 0;
      int at = Math.max(0, Math.min(bins - 1, bin));
      filled.set(at, filled.get(at).plus(new Bin(1, confidence, best == labels[example] ? 1 : 0)));
    }
    return new Calibration(filled);
  }

  /**
   * Both together.
   *
   * @throws IllegalArgumentException if the numbers of bins differ
   */
  public Calibration plus(Calibration other) {
    if (bins.size() != other.bins.size()) {
      throw new IllegalArgumentException(
          "numbers of bins differ: %d != %d".formatted(bins.size(), other.bins.size()));
    }
    List<Bin> sums = new ArrayList<>();
    for (int bin = 0; bin < bins.size(); bin++) {
      sums.add(bins.get(bin).plus(other.bins.get(bin)));
    }
    return new Calibration(sums);
  }

  /** All examples. */
  public long examples() {
    return bins.stream().mapToLong(Bin::examples).sum();
  }

  /**
   * The mean distance between confidence and accuracy, bins weighted by their examples; 0 is
   * perfect, and not a number without examples.
   */
  public double expectedError() {
    double sum =
        bins.stream().mapToDouble(bin -> Math.abs(bin.confidenceSum() - bin.correct())).sum();
    return sum / examples();
  }

  /** The largest distance between confidence and accuracy of any bin that has examples. */
  public double maximumError() {
    return bins.stream()
        .filter(bin -> bin.examples() > 0)
        .mapToDouble(bin -> Math.abs(bin.confidence() - bin.accuracy()))
        .max()
        .orElse(Double.NaN);
  }

  /**
   * The same in fewer bins.
   *
   * @param count a divisor of the number of bins
   */
  public Calibration coarsened(int count) {
    if (count < 1 || bins.size() % count != 0) {
      throw new IllegalArgumentException(
          "expected a divisor of %d bins, found %d".formatted(bins.size(), count));
    }
    int together = bins.size() / count;
    return new Calibration(
        IntStream.range(0, count)
            .mapToObj(
                bin ->
                    bins.subList(bin * together, (bin + 1) * together).stream()
                        .reduce(Bin.EMPTY, Bin::plus))
            .toList());
  }
}
