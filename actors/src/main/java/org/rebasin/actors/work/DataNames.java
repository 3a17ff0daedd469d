package org.rebasin.actors.work;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValueType;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.rebasin.model.data.DatasetSpecification;

/**
 * The data sets that a node has by name. What comes from outside never says where files are: it
 * names one of these, or digits that are generated, and may select examples by options behind a
 * {@code #}. Tasks, journals and the provenance of models hold the name; each node has a directory
 * of its own behind it.
 *
 * @param byName what each name stands for on this node, as the command line writes it
 */
public record DataNames(Map<String, String> byName) {
  private static final String DIGITS = "digits";
  private static final String NAME = "[a-z0-9][a-z0-9-]{0,63}";

  /** More than any experiment needs; they are drawn into memory. */
  private static final int MAX_DIGITS = 100_000;

  /** Checks the names and what they stand for. */
  public DataNames {
    byName = Map.copyOf(byName);
    byName.forEach(
        (name, text) -> {
          if (!name.matches(NAME) || name.equals(DIGITS)) {
            throw new IllegalArgumentException(
                "rebasin.data: expected names of lower-case letters, digits and hyphens other than"
                    + " digits, found '%s'".formatted(name));
          }
          DatasetSpecification.parse(text);
        });
  }

  /** The names under {@code rebasin.data}. */
  public static DataNames of(Config config) {
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
   * Checks what a request says.
   *
   * @return the data set's text in tasks: the name with what is selected, or digits with every
   *     default written out
   * @throws IllegalArgumentException if it names no data set of this node, or selects by unknown
   *     options
   */
  public String requireKnown(String text) {
    if (!text.matches(DIGITS + "([:#].*)?")) {
      if (!byName.containsKey(name(text))) {
        throw new IllegalArgumentException(
            "data: expected digits or one of the server's data sets, %s, found '%s'"
                .formatted(listed(), text));
      }
      specification(text);
      return text;
    }
    DatasetSpecification specification = DatasetSpecification.parse(text);
    if (specification.source() instanceof DatasetSpecification.Digits digits
        && (long) digits.train() + digits.test() > MAX_DIGITS) {
      throw new IllegalArgumentException(
          "data '%s': expected up to %d images in all".formatted(text, MAX_DIGITS));
    }
    return specification.text();
  }

  /**
   * What a task's text stands for on this node: a name with options, or a data set written out.
   *
   * @throws IllegalArgumentException if an option or a data set is not known
   * @throws IllegalStateException if this node has no data set of that name; another may have
   */
  DatasetSpecification specification(String text) {
    String name = name(text);
    String source = byName.get(name);
    if (source == null) {
      if (name.matches(NAME) && !name.equals(DIGITS)) {
        throw new IllegalStateException(
            "data '%s': expected one of this node's data sets, %s".formatted(text, listed()));
      }
      return DatasetSpecification.parse(text);
    }
    String options = text.substring(Math.min(text.length(), name.length() + 1));
    if (options.indexOf(DatasetSpecification.SELECTION_MARK) >= 0) {
      throw new IllegalArgumentException("data: expected one #, found '%s'".formatted(text));
    }
    int own = source.lastIndexOf(DatasetSpecification.SELECTION_MARK);
    String between = own < 0 ? "#" : own == source.length() - 1 ? "" : ",";
    String whole = options.isEmpty() ? source : source + between + options;
    try {
      return DatasetSpecification.parse(whole);
    } catch (IllegalArgumentException problem) {
      throw new IllegalArgumentException(
          problem.getMessage().replace(whole, text).replace(source, name), problem);
    }
  }

  /**
   * A message about a data set without the directory behind its name, which is nobody's business.
   */
  String conceal(String text, String message) {
    String name = name(text);
    if (!byName.containsKey(name)) {
      return message;
    }
    String source = DatasetSpecification.parse(byName.get(name)).source().text();
    int mark = source.lastIndexOf(DatasetSpecification.SELECTION_MARK);
    String directory = source.substring(source.indexOf(':') + 1, mark < 0 ? source.length() : mark);
    return directory.length() > 1
        ? message.replace(specification(text).text(), text).replace(directory, name)
        : message;
  }

  /** A text without options. */
  private static String name(String text) {
    int mark = text.indexOf(DatasetSpecification.SELECTION_MARK);
    return mark < 0 ? text : text.substring(0, mark);
  }

  /** All names that requests may use, in order. */
  public List<String> names() {
    return Stream.concat(Stream.of(DIGITS), new TreeSet<>(byName.keySet()).stream()).toList();
  }

  private String listed() {
    return byName.isEmpty()
        ? "of which it has none"
        : String.join(", ", new TreeSet<>(byName.keySet()));
  }
}
