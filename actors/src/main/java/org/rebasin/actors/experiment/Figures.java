package org.rebasin.actors.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Numbers of measured documents, as numbers and as people read them. */
final class Figures {
  private Figures() {}

  static List<Double> numbers(JsonNode array) {
    List<Double> numbers = new ArrayList<>();
    array.forEach(number -> numbers.add(number.asDouble()));
    return numbers;
  }

  /** The middle one of an odd number of values along a line. */
  static double middle(JsonNode array) {
    return array.get(array.size() / 2).asDouble();
  }

  static String number(JsonNode number) {
    return String.format(Locale.ROOT, "%.3f", number.asDouble());
  }

  static String percent(double part) {
    return String.format(Locale.ROOT, "%.2f %%", 100 * part);
  }
}
