package org.rebasin.actors.telemetry;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The metrics that METRICS.md has a row for. */
public final class DocumentedMetrics {
  private static final Pattern ROW =
      Pattern.compile("\\| `([a-z_0-9]+)`( †)? \\| ([a-z]+) \\|([^|]*)\\|([^|]+)\\|");

  private DocumentedMetrics() {}

  /**
   * A row.
   *
   * @param kamon whether Kamon measures it
   */
  public record Row(String name, boolean kamon, String type, List<String> labels, String meaning) {}

  /** All rows, by name. */
  public static Map<String, Row> all() {
    Map<String, Row> rows = new TreeMap<>();
    try {
      for (String line : Files.readAllLines(Path.of("METRICS.md"))) {
        Matcher row = ROW.matcher(line);
        if (row.matches()) {
          List<String> labels =
              row.group(4).isBlank()
                  ? List.of()
                  : Arrays.stream(row.group(4).split(","))
                      .map(label -> label.strip().replace("`", ""))
                      .toList();
          Row found =
              new Row(
                  row.group(1), row.group(2) != null, row.group(3), labels, row.group(5).strip());
          if (rows.put(found.name(), found) != null) {
            throw new AssertionError("METRICS.md has two rows for " + found.name());
          }
        }
      }
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
    return rows;
  }
}
