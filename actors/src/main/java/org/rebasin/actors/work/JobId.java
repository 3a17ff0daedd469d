package org.rebasin.actors.work;

import java.security.SecureRandom;
import java.time.Clock;

/**
 * Names a job. Later jobs have greater names, as far as the clocks of the nodes agree.
 *
 * @param value 26 characters of Crockford's base 32: 48 bits of milliseconds, 80 random ones (a
 *     ULID)
 */
public record JobId(String value) implements Comparable<JobId> {
  private static final String DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  private static final int TIME_DIGITS = 10;
  private static final int RANDOM_DIGITS = 16;
  private static final SecureRandom RANDOM = new SecureRandom();

  /** Checks the form. */
  public JobId {
    if (!value.matches("[0-7][0-9A-HJKMNP-TV-Z]{25}")) {
      throw new IllegalArgumentException(
          "expected a job's name of 26 digits and capital letters, found '" + value + "'");
    }
  }

  /** A name that no other job has. */
  public static JobId next(Clock clock) {
    StringBuilder text = new StringBuilder();
    long millis = clock.millis();
    for (int digit = TIME_DIGITS - 1; digit >= 0; digit--) {
      text.append(DIGITS.charAt((int) (millis >>> (5 * digit)) & 31));
    }
    for (int digit = 0; digit < RANDOM_DIGITS; digit++) {
      text.append(DIGITS.charAt(RANDOM.nextInt(DIGITS.length())));
    }
    return new JobId(text.toString());
  }

  @Override
  public int compareTo(JobId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
