package org.rebasin.actors.http;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValueType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.rebasin.model.data.DatasetSpecification;

/**
 * The data sets that requests may name. A request never says where files are: it names one of
 * these, or digits that are generated, and may select examples by options behind a {@code #}.
 *
 * @param byName what each name stands for, as the command line writes it
 */
public record DataNames(Map<String, String> byName) {
  private static final String DIGITS = "digits";

  /** More than any experiment needs; they are drawn into memory. */
  private static final int MAX_DIGITS = 100_000;

  /** Checks the names and what they stand for. */
  public DataNames {
    byName = Map.copyOf(byName);
    byName.forEach(
        (name, text) -> {
          if (!name.matches("[a-z0-9][a-z0-9-]{0,63}") || name.equals(DIGITS)) {
            throw new IllegalArgumentException(
                "rebasin.data: expected names of lower-case letters, digits and hyphens other than"
                    + " digits, found '%s'".formatted(name));
          }
          DatasetSpecification.parse(text);
        });
  }

  /** The names under {@code rebasin.data}. */
  static DataNames of(Config config) {
    Map<String, String> names = new TreeMap<>();
    config
        .getObject("rebasin.data")
        .forEach(
            (name, value) -> {
              if (value.valueType() != ConfigValueType.STRING) {
                throw new IllegalArgumentException(
                    "rebasin.data.%s: expected a text such as \"mnist:/directory\", found %s"
                        .formatted(name, value.unwrapped()));
              }
              names.put(name, (String) value.unwrapped());
            });
    return new DataNames(names);
  }

  /**
   * What a request's text stands for.
   *
   * @throws IllegalArgumentException if it names no data set of this server, or selects by unknown
   *     options
   */
  String resolve(String text) {
    if (text.matches("digits([:#].*)?")) {
      DatasetSpecification specification = DatasetSpecification.parse(text);
      DatasetSpecification source = specification.source();
      if (source instanceof DatasetSpecification.Digits digits
          && (long) digits.train() + digits.test() > MAX_DIGITS) {
        throw new IllegalArgumentException(
            "data '%s': expected up to %d images in all".formatted(text, MAX_DIGITS));
      }
      return specification.text();
    }
    int mark = text.indexOf(DatasetSpecification.SELECTION_MARK);
    String name = mark < 0 ? text : text.substring(0, mark);
    String options = mark < 0 ? "" : text.substring(mark + 1);
    String source = byName.get(name);
    if (source == null) {
      throw new IllegalArgumentException(
          "data: expected digits or one of the server's data sets, %s, found '%s'"
              .formatted(byName.isEmpty() ? "of which it has none" : sorted(), text));
    }
    if (options.isEmpty()) {
      return DatasetSpecification.parse(source).text();
    }
    if (options.indexOf(DatasetSpecification.SELECTION_MARK) >= 0) {
      throw new IllegalArgumentException("data: expected one #, found '%s'".formatted(text));
    }
    int own = source.lastIndexOf(DatasetSpecification.SELECTION_MARK);
    String between = own < 0 ? "#" : own == source.length() - 1 ? "" : ",";
    try {
      return DatasetSpecification.parse(source + between + options).text();
    } catch (IllegalArgumentException problem) {
      // Where the server keeps its files is none of the sender's business.
      throw new IllegalArgumentException(
          problem.getMessage().replace(source + between + options, text).replace(source, name),
          problem);
    }
  }

  /** The text by which a request could ask for a data set that was resolved. */
  String shown(String resolved) {
    for (String name : longestFirst()) {
      String own = DatasetSpecification.parse(byName.get(name)).text();
      if (resolved.equals(own)) {
        return name;
      }
      String source = source(own);
      if (resolved.startsWith(source)) {
        List<String> added = new ArrayList<>(options(resolved.substring(source.length())));
        added.removeAll(options(byName.get(name)));
        String shown = name + DatasetSpecification.SELECTION_MARK + String.join(",", added);
        if (isResolved(shown, resolved)) {
          return shown;
        }
      }
    }
    return hidden(resolved);
  }

  /** A data set's text without options. */
  private static String source(String text) {
    int mark = text.lastIndexOf(DatasetSpecification.SELECTION_MARK);
    return mark < 0 ? text : text.substring(0, mark);
  }

  private static List<String> options(String text) {
    return List.of(
        text.substring(text.lastIndexOf(DatasetSpecification.SELECTION_MARK) + 1).split(","));
  }

  private boolean isResolved(String shown, String resolved) {
    try {
      return resolve(shown).equals(resolved);
    } catch (IllegalArgumentException unfit) {
      // The name stands for something that only looks alike.
      return false;
    }
  }

  /** A text for people without the directories of the server's data sets. */
  String hidden(String text) {
    String hidden = text;
    for (String name : longestFirst()) {
      String source = DatasetSpecification.parse(byName.get(name)).source().text();
      String directory = source(source.substring(source.indexOf(':') + 1));
      if (source.indexOf(':') >= 0 && directory.length() > 1) {
        hidden = hidden.replace(directory, name);
      }
    }
    return hidden;
  }

  /** So that no name is shown for a part of another's source. */
  private List<String> longestFirst() {
    return byName.keySet().stream()
        .sorted(
            Comparator.comparingInt((String name) -> -byName.get(name).length())
                .thenComparing(Comparator.naturalOrder()))
        .toList();
  }

  /** All names that requests may use, in order. */
  List<String> names() {
    return Stream.concat(Stream.of(DIGITS), new TreeSet<>(byName.keySet()).stream()).toList();
  }

  private String sorted() {
    return String.join(", ", new TreeSet<>(byName.keySet()));
  }
}
