package org.rebasin.model.evaluation;

import org.rebasin.model.network.CrossEntropy;
import org.rebasin.model.tensor.Tensor;

/**
 * Everything that one pass over some examples tells, as sums, so that parts combine.
 *
 * @param score loss and accuracy
 * @param calibration whether the confidence can be believed
 */
public record Evaluation(Score score, Calibration calibration) {
  /** The bins of a reliability diagram, as in Git Re-Basin's for ten classes. */
  public static final int BINS = 10;

  /** Nothing evaluated. */
  public static Evaluation none(int bins) {
    return new Evaluation(Score.NONE, Calibration.none(bins));
  }

  /** The evaluation of the first {@code batch} rows of {@code logits [capacity, classes]}. */
  static Evaluation of(int bins, Tensor logits, int[] labels, int batch) {
    CrossEntropy.Sums sums = CrossEntropy.evaluate(logits, labels, batch);
    return new Evaluation(
        new Score(sums.lossSum(), sums.correct(), batch),
        Calibration.of(bins, logits, labels, batch));
  }

  /** Both together. */
  public Evaluation plus(Evaluation other) {
    return new Evaluation(score.plus(other.score), calibration.plus(other.calibration));
  }
}
