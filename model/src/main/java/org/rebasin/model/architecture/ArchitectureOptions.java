package org.rebasin.model.architecture;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * An architecture's text in its parts: {@code NAME}, {@code NAME:KEY=VALUE,…} or {@code
 * NAME:LEADING,KEY=VALUE,…}. A family asks for the options that it knows; what nobody asked for is
 * refused.
 */
final class ArchitectureOptions {
  private final String name;
  private final String leading;
  private final Map<String, String> values = new LinkedHashMap<>();
  private final Set<String> asked = new LinkedHashSet<>();

  /**
   * Splits a text.
   *
   * @throws IllegalArgumentException if an option has no value or comes twice
   */
  ArchitectureOptions(String text) {
    int colon = text.indexOf(':');
    this.name = colon < 0 ? text : text.substring(0, colon);
    List<String> parts = colon < 0 ? List.of() : List.of(text.substring(colon + 1).split(",", -1));
    boolean leads = !parts.isEmpty() && !parts.get(0).isEmpty() && parts.get(0).indexOf('=') < 0;
    this.leading = leads ? parts.get(0) : "";
    for (String part : parts.subList(leads ? 1 : 0, parts.size())) {
      int equals = part.indexOf('=');
      if (equals < 1) {
        throw new IllegalArgumentException("expected options KEY=VALUE, found '" + part + "'");
      }
      if (values.put(part.substring(0, equals), part.substring(equals + 1)) != null) {
        throw new IllegalArgumentException(
            "found the option '" + part.substring(0, equals) + "' twice");
      }
    }
  }

  /** What comes before the colon. */
  String name() {
    return name;
  }

  /** The value without a key that comes first; empty if there is none. */
  String leading() {
    asked.add("");
    return leading;
  }

  /** An option that is a number. */
  int integer(String key, int fallback, int minimum) {
    String found = value(key, String.valueOf(fallback));
    try {
      int number = Integer.parseInt(found);
      if (number >= minimum) {
        return number;
      }
    } catch (NumberFormatException notANumber) {
      // Refused below, together with numbers that are too small.
    }
    throw new IllegalArgumentException(
        "expected %s=N, a whole number of at least %d, found '%s'".formatted(key, minimum, found));
  }

  /** An option that is a fraction. */
  float fraction(String key, float fallback) {
    String found = value(key, String.valueOf(fallback));
    try {
      return Float.parseFloat(found);
    } catch (NumberFormatException notANumber) {
      throw new IllegalArgumentException(
          "expected a number for %s=, found '%s'".formatted(key, found), notANumber);
    }
  }

  /** An option that is one of a few words; the words are the choices' {@code toString}. */
  <T> T choice(String key, T fallback, List<T> choices) {
    String found = value(key, fallback.toString());
    return choices.stream()
        .filter(choice -> choice.toString().equals(found))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "expected %s=%s, found '%s'"
                        .formatted(
                            key,
                            choices.stream().map(T::toString).collect(Collectors.joining("|")),
                            found)));
  }

  private String value(String key, String fallback) {
    asked.add(key);
    return values.getOrDefault(key, fallback);
  }

  /**
   * To be called when a family has asked for all that it knows.
   *
   * @throws IllegalArgumentException naming an option that nobody asked for
   */
  void requireAllKnown() {
    if (!asked.contains("") && !leading.isEmpty()) {
      throw new IllegalArgumentException("expected options KEY=VALUE, found '" + leading + "'");
    }
    for (String key : values.keySet()) {
      if (!asked.contains(key)) {
        throw new IllegalArgumentException("unknown option '" + key + "'");
      }
    }
  }

  /** Writes an architecture's text; leaves out what is as it would be anyway. */
  static final class Text {
    private final String name;
    private final List<String> parts = new ArrayList<>();

    Text(String name) {
      this.name = name;
    }

    /** The value that has no key. */
    Text leading(String value) {
      parts.add(value);
      return this;
    }

    /** An option, unless it has the value that it has when left out. */
    Text option(String key, Object value, Object fallback) {
      if (!value.equals(fallback)) {
        parts.add(key + "=" + value);
      }
      return this;
    }

    @Override
    public String toString() {
      return parts.isEmpty() ? name : name + ":" + String.join(",", parts);
    }
  }
}
