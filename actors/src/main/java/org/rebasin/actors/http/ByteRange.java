package org.rebasin.actors.http;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A part of a file.
 *
 * @param from the first byte's position
 * @param length bytes, at least one
 */
record ByteRange(long from, long length) {
  /** At most 18 digits, so that none exceeds a long. */
  private static final Pattern SINGLE = Pattern.compile("bytes=\\s*(\\d{0,18})-(\\d{0,18})\\s*");

  /**
   * The part that a {@code Range} header asks for (RFC 9110, section 14.2). Empty for what may be
   * answered with the whole file: another unit, several parts, or no range at all.
   *
   * @throws ProblemException if none of its bytes is there
   */
  static Optional<ByteRange> of(String header, long size) {
    Matcher range = SINGLE.matcher(header);
    if (!range.matches() || range.group(1).isEmpty() && range.group(2).isEmpty()) {
      return Optional.empty();
    }
    long from;
    long last = size - 1;
    if (range.group(1).isEmpty()) {
      long suffix = Long.parseLong(range.group(2));
      from = suffix == 0 ? size : Math.max(0, size - suffix);
    } else {
      from = Long.parseLong(range.group(1));
      if (!range.group(2).isEmpty()) {
        long asked = Long.parseLong(range.group(2));
        if (asked < from) {
          return Optional.empty();
        }
        last = Math.min(last, asked);
      }
    }
    if (from >= size) {
      throw new ProblemException(
          Problem.Kind.RANGE_NOT_SATISFIABLE,
          "expected a range within %d bytes, found '%s'".formatted(size, header));
    }
    return Optional.of(new ByteRange(from, last - from + 1));
  }
}
