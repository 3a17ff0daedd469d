package org.rebasin.model.architecture;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rebasin.model.network.Window;

/**
 * One operator's line of a graph's text, read: its name, the shapes of what it reads, and its
 * options. Options are taken one by one; what is left at the end nobody understood.
 */
final class OperatorText {
  private static final Pattern PAIR = Pattern.compile("(\\d{1,9})(?:x(\\d{1,9}))?");
  private static final String NONE = "none";

  private final String source;
  private final String name;
  private final GraphToken place;
  private final List<List<Integer>> shapes;
  private final Map<String, GraphToken> options;

  /**
   * A line.
   *
   * @param place the operator's kind, where messages point that have no option to point at
   * @param options values by key; emptied by the reader
   */
  OperatorText(
      String source,
      String name,
      GraphToken place,
      List<List<Integer>> shapes,
      Map<String, GraphToken> options) {
    this.source = source;
    this.name = name;
    this.place = place;
    this.shapes = shapes;
    this.options = options;
  }

  boolean isKind(String kind) {
    return place.text().equals(kind);
  }

  int inputs() {
    return shapes.size();
  }

  /** The first input's shape. */
  List<Integer> shape() {
    return shapes.get(0);
  }

  /** The first input's channels or units. */
  int channels() {
    return shape().get(0);
  }

  private Optional<GraphToken> take(String key) {
    return Optional.ofNullable(options.remove(key));
  }

  /** A parameter's name: the node's with the suffix, unless the option says otherwise. */
  String parameter(String key, String suffix) {
    return take(key).map(GraphToken::text).orElse(name + "." + suffix);
  }

  /** A parameter that {@code none} leaves out. */
  Optional<String> optionalParameter(String key, String suffix) {
    Optional<GraphToken> value = take(key);
    return value.filter(token -> token.isWord(NONE)).isPresent()
        ? Optional.empty()
        : Optional.of(value.map(GraphToken::text).orElse(name + "." + suffix));
  }

  int required(String key, String meaning) {
    GraphToken value =
        take(key)
            .orElseThrow(
                () ->
                    place.problem(
                        source,
                        "%s: expected %s=%s, found no such option"
                            .formatted(place.text(), key, meaning)));
    int count = whole(key, value);
    if (count < 1) {
      throw value.unexpected(source, key + " to be at least 1");
    }
    return count;
  }

  int whole(String key, int otherwise) {
    return take(key).map(value -> whole(key, value)).orElse(otherwise);
  }

  private int whole(String key, GraphToken value) {
    return parsed(key, value, "a whole number", () -> Integer.parseInt(value.text()));
  }

  long seed(String key) {
    return take(key)
        .map(value -> parsed(key, value, "a whole number", () -> Long.parseLong(value.text())))
        .orElse(0L);
  }

  double number(String key, double otherwise, String expected, Predicate<Double> valid) {
    Optional<GraphToken> value = take(key);
    if (value.isEmpty()) {
      return otherwise;
    }
    double number =
        parsed(key, value.get(), expected, () -> Double.parseDouble(value.get().text()));
    if (!valid.test(number)) {
      throw value.get().unexpected(source, key + " to be " + expected);
    }
    return number;
  }

  /** {@code ε} of a normalisation. */
  double epsilon() {
    return number(
        "epsilon", 1e-5, "a number of at least 0", x -> x >= 0 && x < Double.POSITIVE_INFINITY);
  }

  boolean flag(String key, boolean otherwise) {
    return take(key)
        .map(
            value ->
                parsed(
                    key,
                    value,
                    "true or false",
                    () ->
                        switch (value.text()) {
                          case "true" -> true;
                          case "false" -> false;
                          default -> throw new NumberFormatException();
                        }))
        .orElse(otherwise);
  }

  /** One of several words. */
  String word(String key, List<String> words) {
    Optional<GraphToken> value = take(key);
    if (value.isPresent() && !words.contains(value.get().text())) {
      throw value.get().unexpected(source, key + " to be one of " + String.join(", ", words));
    }
    return value.map(GraphToken::text).orElse(words.get(0));
  }

  /** The options {@code kernel}, {@code stride} and {@code padding}. */
  Window window(boolean strideIsKernel) {
    GraphToken value =
        take("kernel")
            .orElseThrow(
                () ->
                    place.problem(
                        source,
                        place.text()
                            + ": expected kernel=SIZE or HEIGHTxWIDTH, found no such option"));
    int[] kernel = pair("kernel", value);
    int[] stride =
        take("stride")
            .map(token -> pair("stride", token))
            .orElse(strideIsKernel ? kernel : new int[] {1, 1});
    int[] padding = take("padding").map(token -> pair("padding", token)).orElse(new int[2]);
    return new Window(kernel[0], kernel[1], stride[0], stride[1], padding[0], padding[1]);
  }

  private int[] pair(String key, GraphToken value) {
    Matcher matcher = PAIR.matcher(value.text());
    if (!matcher.matches()) {
      throw value.unexpected(source, key + " to be a number or HEIGHTxWIDTH");
    }
    int first = Integer.parseInt(matcher.group(1));
    return new int[] {first, matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2))};
  }

  private <T> T parsed(String key, GraphToken value, String expected, Supplier<T> parse) {
    try {
      return parse.get();
    } catch (NumberFormatException notThat) {
      throw value.unexpected(source, key + " to be " + expected);
    }
  }
}
