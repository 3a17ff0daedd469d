package org.rebasin.actors.work;

import java.util.Locale;

/** A part of a data set. */
public enum Split {
  /** What networks learn from. */
  TRAIN,
  /** What they are judged by. */
  TEST;

  /** The name on the command line. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
