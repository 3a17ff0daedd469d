package org.rebasin.model.evaluation;

import java.util.List;

/**
 * How a network did on some examples, as sums, so that parts combine.
 *
 * @param lossSum sum of the examples' cross-entropies, natural logarithm
 * @param correct examples whose largest logit is the label's
 * @param examples how many there were
 */
public record Score(double lossSum, long correct, long examples) {
  /** Nothing evaluated. */
  public static final Score NONE = new Score(0, 0, 0);

  /** Mean cross-entropy. */
  public double loss() {
    return lossSum / examples;
  }

  /** Part of the examples that are right, 0 to 1. */
  public double accuracy() {
    return (double) correct / examples;
  }

  /** Both together. */
  public Score plus(Score other) {
    return new Score(lossSum + other.lossSum, correct + other.correct, examples + other.examples);
  }

  /** All together, added in their order. */
  public static Score sum(List<Score> parts) {
    return parts.stream().reduce(NONE, Score::plus);
  }
}
