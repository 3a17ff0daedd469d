package org.rebasin.model.aggregation;

import java.util.Arrays;
import java.util.List;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;

/**
 * Robust means of single coordinates (Yin et al. 2018): a minority of the models, whatever their
 * values, cannot move one out of the range of the others'. The order of the models does not count.
 */
final class CoordinateWise {
  private static final int CHUNK = 2048;

  private CoordinateWise() {}

  /**
   * The mean of each coordinate without its extremes. O(n·k log k) for n coordinates of k models.
   *
   * @param tensors of one shape
   * @param trim how many values to leave out at each end; fewer than half of them
   * @param target of that shape, sharing no memory with the others
   */
  static void trimmedMean(List<Tensor> tensors, int trim, Tensor target) {
    int models = tensors.size();
    int kept = models - 2 * trim;
    if (trim < 0 || kept < 1) {
      throw new IllegalArgumentException(
          "trim: expected at least 0 and fewer than half of %d, found %d".formatted(models, trim));
    }
    Parallel.forEachStretch(
        target.size(),
        (from, length) -> {
          float[][] rows = new float[models][CHUNK];
          float[] column = new float[models];
          float[] means = new float[CHUNK];
          for (int at = from; at < from + length; at += CHUNK) {
            int n = Math.min(CHUNK, from + length - at);
            for (int model = 0; model < models; model++) {
              tensors.get(model).values().get(at, rows[model], 0, n);
            }
            for (int i = 0; i < n; i++) {
              for (int model = 0; model < models; model++) {
                column[model] = rows[model][i];
              }
              Arrays.sort(column);
              double sum = 0;
              for (int rank = trim; rank < trim + kept; rank++) {
                sum += column[rank];
              }
              means[i] = (float) (sum / kept);
            }
            target.values().put(at, means, 0, n);
          }
        });
  }

  /** How many values leave the middle one, or the middle two of an even number. */
  static int medianTrim(int models) {
    return (models - 1) / 2;
  }

  /** How many values a fraction of them is, rounded down; 0.3 of 10 are 3. */
  static int trim(double fraction, int models) {
    return (int) Math.floor(fraction * models + 1e-9);
  }
}
