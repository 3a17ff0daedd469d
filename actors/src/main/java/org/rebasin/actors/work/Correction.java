package org.rebasin.actors.work;

import java.util.Locale;

/**
 * What is put right in a merged model, on training images: averaging weights leaves the statistics
 * of its units behind.
 *
 * @param kind how
 * @param data the data set's text
 * @param examples training images to measure on, the first ones of a fixed random order
 */
public record Correction(Kind kind, String data, int examples) {
  /** The kinds of correction. */
  public enum Kind {
    /** Batch normalisations' running statistics are measured again. */
    RECALIBRATION,
    /** REPAIR (Jordan et al. 2022): every unit gets the mean and deviation of its parents. */
    REPAIR;

    /** The name in settings and documents. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Checks the number. */
  public Correction {
    if (examples < 2) {
      throw new IllegalArgumentException(
          "correction: expected at least 2 examples, found " + examples);
    }
  }
}
