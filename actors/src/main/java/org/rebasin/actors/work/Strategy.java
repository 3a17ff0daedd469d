package org.rebasin.actors.work;

import java.util.Locale;

/** How several models are brought into a common order. */
public enum Strategy {
  /** Each by itself to the first one. */
  TO_REFERENCE,
  /** Each in turn to the mean of the others (Git Re-Basin, algorithm 3). */
  MERGE_MANY,
  /** All at once to a universe between them (C2M3, Crisostomi et al. 2024). */
  CYCLE_CONSISTENT;

  /** The strategy of a name. */
  public static Strategy of(String text) {
    return valueOf(text.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  /** The name on the command line. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
