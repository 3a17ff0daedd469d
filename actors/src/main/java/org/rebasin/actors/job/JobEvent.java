package org.rebasin.actors.job;

import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * Something that happened to a job.
 *
 * @param sequence rises by one or more from event to event; a client that has seen it can go on
 *     behind it
 * @param time when it happened
 * @param kind what
 * @param phase where, for what happens to a phase's task
 * @param done tasks of the phase that are done
 * @param total tasks of the phase in all
 * @param detail for people, such as why it failed; may be empty
 */
public record JobEvent(
    long sequence,
    Instant time,
    Kind kind,
    Optional<String> phase,
    int done,
    int total,
    String detail) {
  /** What happens to jobs. */
  public enum Kind {
    /** It was submitted. */
    SUBMITTED,
    /** A task came back. */
    PROGRESS,
    /** Somebody had it go on after its end. */
    RETRIED,
    /** All was done. */
    SUCCEEDED,
    /** A task was given up, or the deadline passed. */
    FAILED,
    /** Somebody cancelled it. */
    CANCELLED;

    /** Whether the job has ended with it. */
    public boolean last() {
      return this == SUCCEEDED || this == FAILED || this == CANCELLED;
    }

    /** The name in documents. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
