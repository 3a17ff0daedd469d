package org.rebasin.actors.work;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.random.RandomGenerator;

/**
 * Names a job: 26 characters of Crockford's base 32, of which the first ten are the time in
 * milliseconds and the others random, so that later jobs sort after earlier ones.
 */
public record JobId(String value) implements Comparable<JobId> {
  private static final String DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
  private static final int TIME_DIGITS = 10;
  private static final int LENGTH = 26;
  private static final RandomGenerator RANDOM = new SecureRandom();

  /** Checks the form. */
  public JobId {
    if (!value.matches("[0-7][0-9a-hjkmnp-tv-z]{25}")) {
      throw new IllegalArgumentException(
          "job: expected 26 lower-case characters of base 32, found '" + value + "'");
    }
  }

  /** A new name. */
  public static JobId at(Instant time) {
    StringBuilder text = new StringBuilder(LENGTH);
    for (int digit = TIME_DIGITS - 1; digit >= 0; digit--) {
      text.append(DIGITS.charAt((int) (time.toEpochMilli() >>> 5 * digit & 31)));
    }
    while (text.length() < LENGTH) {
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
