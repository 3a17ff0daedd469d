package org.rebasin.model.network;

import java.nio.FloatBuffer;
import org.rebasin.model.tensor.Tensor;

/**
 * Softmax cross-entropy of logits against class labels, in natural logarithms. The log-softmax is
 * computed in double after subtracting the largest logit, so no finite logits overflow.
 */
public final class CrossEntropy {
  private CrossEntropy() {}

  /**
   * What a batch came to.
   *
   * @param lossSum the sum of the examples' losses
   * @param correct how many examples' largest logit is the label's; the first wins a tie
   */
  public record Sums(double lossSum, int correct) {}

  /** Loss and hits of the first {@code batch} rows of {@code logits [capacity, classes]}. */
  public static Sums evaluate(Tensor logits, int[] labels, int batch) {
    return compute(logits, labels, batch, false, logits);
  }

  /**
   * As {@link #evaluate}, and writes the gradient of the batch's <em>mean</em> loss with respect to
   * the logits: {@code (softmax − one-hot) / batch}.
   */
  public static Sums gradient(Tensor logits, int[] labels, int batch, Tensor gradient) {
    return compute(logits, labels, batch, true, gradient);
  }

  private static Sums compute(
      Tensor logits, int[] labels, int batch, boolean withGradient, Tensor gradient) {
    int classes = logits.size() / logits.dimension(0);
    FloatBuffer from = logits.values();
    FloatBuffer to = gradient.values();
    float[] row = new float[classes];
    double[] exponentials = new double[classes];
    double lossSum = 0;
    int correct = 0;
    for (int example = 0; example < batch; example++) {
      from.get(example * classes, row);
      int label = labels[example];
      int best = 0;
      for (int c = 1; c < classes; c++) {
        if (row[c] > row[best]) {
          best = c;
        }
      }
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        exponentials[c] = Math.exp((double) row[c] - row[best]);
        sum += exponentials[c];
      }
      lossSum += Math.log(sum) - ((double) row[label] - row[best]);
      if (best == label) {
        correct++;
      }
      if (withGradient) {
        for (int c = 0; c < classes; c++) {
          double probability = exponentials[c] / sum;
          row[c] = (float) ((probability - (c == label ? 1 : 0)) / batch);
        }
        to.put(example * classes, row);
      }
    }
    return new Sums(lossSum, correct);
  }
}
