package org.rebasin.model.training;

import java.util.Locale;

/**
 * The learning rate over a training run: rises linearly from near 0 during the warm-up, then stays
 * or falls along half a cosine that would reach 0 one step after the last.
 *
 * @param peak the rate at the end of the warm-up
 * @param warmupSteps steps of the warm-up; may be 0
 * @param totalSteps steps of the whole run
 * @param decay what follows the warm-up
 */
public record Schedule(double peak, long warmupSteps, long totalSteps, Decay decay) {
  /** What the rate does after the warm-up. */
  public enum Decay {
    /** It stays at the peak. */
    CONSTANT,
    /** It falls along half a cosine. */
    COSINE;

    /** The name in settings. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Checks the numbers. */
  public Schedule {
    if (!(peak > 0) || warmupSteps < 0 || totalSteps < 1 || warmupSteps > totalSteps) {
      throw new IllegalArgumentException(
          "expected a positive rate and a warm-up within the run, found rate %s, %d of %d steps"
              .formatted(peak, warmupSteps, totalSteps));
    }
  }

  /** The rate of a step, counted from 0. */
  public double learningRate(long step) {
    if (step < warmupSteps) {
      return peak * (step + 1) / warmupSteps;
    }
    return switch (decay) {
      case CONSTANT -> peak;
      case COSINE ->
          peak
              * 0.5
              * (1
                  + StrictMath.cos(
                      Math.PI * (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps)));
    };
  }
}
