package org.rebasin.actors.job;

import java.time.Duration;
import java.util.Optional;

/**
 * How a job is to be done.
 *
 * @param priority of its tasks: those of a higher one go first; 0 is usual
 * @param deadline how long after its submission the job fails if it has not ended
 * @param idempotencyKey a name for the submission, so that repeating it makes no second job
 * @param label for people
 */
public record JobOptions(
    int priority, Optional<Duration> deadline, Optional<String> idempotencyKey, String label) {
  /** No wishes. */
  public static final JobOptions DEFAULT =
      new JobOptions(0, Optional.empty(), Optional.empty(), "");

  private static final int MAX_PRIORITY = 100;
  private static final int MAX_TEXT = 200;

  /** Checks the ranges. */
  public JobOptions {
    if (Math.abs(priority) > MAX_PRIORITY) {
      throw new IllegalArgumentException(
          "priority: expected -%d to %d, found %d".formatted(MAX_PRIORITY, MAX_PRIORITY, priority));
    }
    deadline.ifPresent(
        time -> {
          if (time.isNegative() || time.isZero()) {
            throw new IllegalArgumentException("deadline: expected above 0, found " + time);
          }
        });
    idempotencyKey.ifPresent(
        key -> {
          if (key.isBlank() || key.length() > MAX_TEXT) {
            throw new IllegalArgumentException(
                "idempotency key: expected 1 to %d characters, found %s"
                    .formatted(MAX_TEXT, key.isBlank() ? "none" : key.length()));
          }
        });
    if (label.length() > MAX_TEXT) {
      throw new IllegalArgumentException(
          "label: expected up to %d characters, found %d".formatted(MAX_TEXT, label.length()));
    }
  }
}
