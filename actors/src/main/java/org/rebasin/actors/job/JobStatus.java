package org.rebasin.actors.job;

import java.util.Locale;

/** How a job stands. */
public enum JobStatus {
  /** Its tasks wait or are at work. */
  RUNNING,
  /** All was done. */
  SUCCEEDED,
  /** A task was given up, or the deadline passed. */
  FAILED,
  /** Somebody cancelled it. */
  CANCELLED;

  /** Whether nothing more happens unless somebody retries. */
  public boolean ended() {
    return this != RUNNING;
  }

  /** The name in documents. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
