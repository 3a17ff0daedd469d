package org.rebasin.model.evaluation;

import java.util.List;
import java.util.stream.IntStream;

/**
 * How far the loss rises between two networks (Git Re-Basin, section 2, definition 2.1): 0 where
 * they lie in one basin.
 *
 * @param aboveChord {@code max_λ [L(λ) − ((1−λ)·L(0) + λ·L(1))]}
 * @param aboveMidpoint {@code max_λ L(λ) − ½·(L(0) + L(1))}
 */
public record LossBarrier(double aboveChord, double aboveMidpoint) {
  /**
   * The barrier of a curve.
   *
   * @param lambdas rising from 0 to 1
   * @param losses the loss at each
   */
  public static LossBarrier of(List<Double> lambdas, List<Double> losses) {
    int last = lambdas.size() - 1;
    if (lambdas.size() != losses.size()
        || last < 1
        || lambdas.get(0) != 0
        || lambdas.get(last) != 1) {
      throw new IllegalArgumentException(
          "expected a loss for each λ from 0 to 1, found %d losses at λ %s"
              .formatted(losses.size(), lambdas));
    }
    double start = losses.get(0);
    double end = losses.get(last);
    double aboveChord =
        IntStream.rangeClosed(0, last)
            .mapToDouble(i -> losses.get(i) - ((1 - lambdas.get(i)) * start + lambdas.get(i) * end))
            .max()
            .orElseThrow();
    double highest = losses.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
    return new LossBarrier(aboveChord, highest - (start + end) / 2);
  }
}
