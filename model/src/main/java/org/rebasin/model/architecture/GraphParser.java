package org.rebasin.model.architecture;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Operator;

/** Reads the text of a graph; see {@link GraphArchitecture} for what it looks like. */
final class GraphParser {
  private static final Pattern DIMENSIONS =
      Pattern.compile("[1-9]\\d{0,8}(x[1-9]\\d{0,8}x[1-9]\\d{0,8})?");
  private static final String INPUT = "input";
  private static final String OUTPUT = "output";

  /** A name, where it was given, and what is known of it. */
  private record Named(GraphToken token, int value) {}

  private final String source;
  private final List<GraphToken> tokens;
  private final Map<String, Named> values = new LinkedHashMap<>();
  private final Set<Integer> read = new HashSet<>();
  private int position;

  private GraphParser(String text, String source) {
    this.source = source;
    this.tokens = GraphScanner.scan(text, source);
  }

  /**
   * The network that a text describes.
   *
   * @param source where the text is from, for messages
   * @throws IllegalArgumentException with source, line and column, what was expected and found
   */
  static Network parse(String text, String source) {
    return new GraphParser(text, source).network();
  }

  private Network network() {
    skipEmptyLines();
    Network.Builder builder = Network.builder("", input());
    while (!peek().isWord(OUTPUT)) {
      if (!peek().isName()) {
        throw peek().unexpected(source, "NAME = OPERATOR(…) or output NAME");
      }
      operator(builder);
    }
    output();
    return builder.build();
  }

  private List<Integer> input() {
    if (!peek().isWord(INPUT)) {
      throw peek().unexpected(source, "the line: input NAME UNITS or CHANNELSxHEIGHTxWIDTH");
    }
    take();
    GraphToken name = name("the input's name");
    GraphToken dimensions = take();
    if (!DIMENSIONS.matcher(dimensions.text()).matches()) {
      throw dimensions.unexpected(source, "the input's shape, UNITS or CHANNELSxHEIGHTxWIDTH");
    }
    endOfLine();
    values.put(name.text(), new Named(name, 0));
    List<Integer> shape = new ArrayList<>();
    for (String length : dimensions.text().split("x")) {
      shape.add(Integer.valueOf(length));
    }
    return shape;
  }

  private void operator(Network.Builder builder) {
    GraphToken name = name("an operator's name");
    if (values.containsKey(name.text())) {
      throw name.problem(
          source,
          "expected a new name, found %s, which line %d has"
              .formatted(name.shown(), values.get(name.text()).token().line()));
    }
    sign("=");
    GraphToken kind = name("an operator");
    OperatorForm<?> form =
        OperatorForm.of(kind.text())
            .orElseThrow(
                () -> kind.unexpected(source, "an operator, one of " + String.join(", ", kinds())));
    List<Integer> inputs = new ArrayList<>();
    Map<String, GraphToken> keys = new LinkedHashMap<>();
    Map<String, GraphToken> options = new LinkedHashMap<>();
    arguments(inputs, keys, options);
    read.addAll(inputs);
    List<List<Integer>> shapes = inputs.stream().map(builder::shape).toList();
    if (shapes.isEmpty()) {
      throw kind.problem(
          source, kind.text() + ": expected the name of a value it reads, found none");
    }
    int value;
    try {
      Operator operator =
          form.reader().apply(new OperatorText(source, name.text(), kind, shapes, options));
      for (String unknown : options.keySet()) {
        throw keys.get(unknown)
            .problem(source, "%s has no option '%s'".formatted(kind.text(), unknown));
      }
      value = builder.add(name.text(), operator, inputs);
    } catch (IllegalArgumentException | ArithmeticException problem) {
      // What the operators themselves refuse does not say where it is.
      boolean placed = problem.getMessage().startsWith(source + ":");
      throw placed ? problem : kind.problem(source, problem.getMessage());
    }
    values.put(name.text(), new Named(name, value));
    endOfLine();
  }

  private void arguments(
      List<Integer> inputs, Map<String, GraphToken> keys, Map<String, GraphToken> options) {
    sign("(");
    if (peek().isSign(")")) {
      take();
      return;
    }
    while (true) {
      GraphToken word = name("the name of a value or an option");
      if (peek().isSign("=")) {
        take();
        GraphToken value = name("a value for " + word.text());
        keys.put(word.text(), word);
        if (options.put(word.text(), value) != null) {
          throw word.problem(source, "the option '%s' is given twice".formatted(word.text()));
        }
      } else if (!options.isEmpty()) {
        throw word.problem(
            source, "expected an option such as kernel=3, found %s alone".formatted(word.shown()));
      } else {
        inputs.add(value(word));
      }
      GraphToken after = take();
      if (after.isSign(")")) {
        return;
      }
      if (!after.isSign(",")) {
        throw after.unexpected(source, "a comma or a closing parenthesis");
      }
    }
  }

  private int value(GraphToken name) {
    Named named = values.get(name.text());
    if (named == null) {
      throw name.problem(
          source, "expected the name of a value from a line above, found " + name.shown());
    }
    return named.value();
  }

  private void output() {
    take();
    GraphToken name = name("the name of the value that is the output");
    int output = value(name);
    if (output != values.size() - 1 || output == 0) {
      throw name.problem(
          source, "expected the output to be the last operator, found " + name.shown());
    }
    endOfLine();
    if (peek().kind() != GraphToken.Kind.END_OF_TEXT) {
      throw peek().unexpected(source, "nothing after the output");
    }
    values.values().stream()
        .filter(named -> named.value() != output && !read.contains(named.value()))
        .findFirst()
        .ifPresent(
            unread -> {
              throw unread
                  .token()
                  .problem(source, "nothing reads the value " + unread.token().shown());
            });
  }

  private static Set<String> kinds() {
    Set<String> kinds = new TreeSet<>();
    OperatorForm.ALL.forEach(form -> kinds.addAll(form.kinds()));
    return kinds;
  }

  private GraphToken peek() {
    return tokens.get(position);
  }

  private GraphToken take() {
    GraphToken token = tokens.get(position);
    position = Math.min(position + 1, tokens.size() - 1);
    return token;
  }

  private GraphToken name(String expected) {
    if (!peek().isName()) {
      throw peek().unexpected(source, expected);
    }
    return take();
  }

  private void sign(String sign) {
    if (!peek().isSign(sign)) {
      throw peek().unexpected(source, "'" + sign + "'");
    }
    take();
  }

  private void endOfLine() {
    if (peek().kind() != GraphToken.Kind.END_OF_LINE) {
      throw peek().unexpected(source, "the end of the line");
    }
    skipEmptyLines();
  }

  private void skipEmptyLines() {
    while (peek().kind() == GraphToken.Kind.END_OF_LINE) {
      take();
    }
  }
}
