package org.rebasin.actors.http;

import java.time.Duration;
import java.time.format.DateTimeParseException;

/** Times as people write them in documents. */
final class DurationText {
  private DurationText() {}

  /**
   * Reads a time such as {@code 90s}, {@code 20m}, {@code 2h}, {@code 3d} or ISO 8601's {@code
   * PT20M}.
   *
   * @throws IllegalArgumentException naming the field, if it is none
   */
  static Duration parse(String field, String text) {
    try {
      return Duration.parse(
          text.matches("\\d{1,9}[smhSMH]")
              ? "PT" + text
              : text.matches("\\d{1,6}[dD]") ? "P" + text : text);
    } catch (DateTimeParseException problem) {
      throw new IllegalArgumentException(
          "%s: expected a time such as 90s, 20m, 2h, 3d or PT20M, found '%s'"
              .formatted(field, text),
          problem);
    }
  }
}
