package org.rebasin.model.data;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * Options as users write them, {@code KEY=VALUE,KEY=VALUE,…}.
 *
 * @param context begins every message, such as {@code data 'digits:seed=x'}
 */
record Options(String context, Map<String, String> values) {
  /**
   * Takes the text apart; an empty one holds no options.
   *
   * @throws IllegalArgumentException if a key is not known or occurs twice, or lacks a value
   */
  static Options parse(String context, String text, List<String> known) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String option : text.isEmpty() ? new String[0] : text.split(",", -1)) {
      int equals = option.indexOf('=');
      String key = equals < 0 ? option : option.substring(0, equals);
      if (equals < 0 || !known.contains(key)) {
        throw new IllegalArgumentException(
            "%s: expected OPTION=VALUE with one of the options %s, found '%s'"
                .formatted(context, String.join(", ", known), option));
      }
      if (values.put(key, option.substring(equals + 1)) != null) {
        throw new IllegalArgumentException(
            "%s: expected %s once, found it twice".formatted(context, key));
      }
    }
    return new Options(context, values);
  }

  boolean has(String key) {
    return values.containsKey(key);
  }

  String text(String key, String otherwise) {
    return values.getOrDefault(key, otherwise);
  }

  long integer(String key, long otherwise) {
    return has(key) ? number(key, "an integer", Long::parseLong) : otherwise;
  }

  /** A number of 1 or more. */
  OptionalInt count(String key) {
    if (!has(key)) {
      return OptionalInt.empty();
    }
    int count = number(key, "an integer", Integer::parseInt);
    if (count < 1) {
      throw refused(key, "1 or more");
    }
    return OptionalInt.of(count);
  }

  int whole(String key, int otherwise) {
    return has(key) ? number(key, "an integer", Integer::parseInt) : otherwise;
  }

  OptionalDouble real(String key) {
    return has(key)
        ? OptionalDouble.of(number(key, "a number", Double::parseDouble))
        : OptionalDouble.empty();
  }

  private <N> N number(String key, String expected, Function<String, N> parser) {
    try {
      return parser.apply(values.get(key));
    } catch (NumberFormatException e) {
      throw refused(key, expected, e);
    }
  }

  /** A refusal of a key's value. */
  IllegalArgumentException refused(String key, String expected) {
    return new IllegalArgumentException(
        "%s: %s: expected %s, found '%s'".formatted(context, key, expected, values.get(key)));
  }

  /** A refusal of a key's value for a reason. */
  IllegalArgumentException refused(String key, String expected, Throwable cause) {
    return new IllegalArgumentException(
        "%s: %s: expected %s, found '%s'".formatted(context, key, expected, values.get(key)),
        cause);
  }
}
