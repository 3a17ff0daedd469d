package org.rebasin.actors.job;

import java.util.Locale;

/** The phases of a merge, in order: each begins when the one before is over. */
public enum MergePhase {
  /** Trains the models that are to be trained. */
  TRAIN,
  /** Measures how the models' units act together. */
  COLLECT,
  /** Finds permutations. */
  ALIGN,
  /** Averages the models. */
  MERGE,
  /** Puts the merged model's statistics right. */
  CORRECT,
  /** Tells what all of it is worth. */
  EVALUATE;

  /** The name in documents, and in {@link org.rebasin.actors.work.TaskKey}s. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  static MergePhase of(String text) {
    return valueOf(text.toUpperCase(Locale.ROOT));
  }
}
