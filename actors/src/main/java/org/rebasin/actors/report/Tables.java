package org.rebasin.actors.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Plain tables for people: columns padded to their widest cell, all but the first to the right. */
public final class Tables {
  private Tables() {}

  /** A table whose first column is of words and all others of numbers. */
  public static String table(List<List<String>> rows) {
    List<Integer> widths = widths(rows);
    return rows.stream().map(row -> line(row, widths, 1)).collect(Collectors.joining("\n"));
  }

  private static List<Integer> widths(List<List<String>> rows) {
    List<Integer> widths = new ArrayList<>();
    for (List<String> row : rows) {
      for (int c = 0; c < row.size(); c++) {
        int width = row.get(c).length();
        if (c == widths.size()) {
          widths.add(width);
        } else {
          widths.set(c, Math.max(widths.get(c), width));
        }
      }
    }
    return widths;
  }

  /** The same as Markdown. */
  public static String markdown(List<List<String>> rows) {
    List<String> lines = new ArrayList<>();
    for (List<String> row : rows) {
      lines.add(
          row.stream()
              .map(cell -> cell.replace("|", "\\|"))
              .collect(Collectors.joining(" | ", "| ", " |")));
    }
    lines.add(1, "|" + "---|".repeat(rows.get(0).size()));
    return String.join("\n", lines);
  }

  /** The same for words: every column to the left. */
  public static String leftAligned(List<List<String>> rows) {
    List<Integer> widths = widths(rows);
    return rows.stream()
        .map(row -> line(row, widths, row.size()))
        .collect(Collectors.joining("\n"));
  }

  private static String line(List<String> row, List<Integer> widths, int left) {
    StringBuilder line = new StringBuilder();
    for (int c = 0; c < row.size(); c++) {
      String padding = " ".repeat(widths.get(c) - row.get(c).length());
      line.append(c == 0 ? "" : "  ");
      line.append(c < left ? row.get(c) + padding : padding + row.get(c));
    }
    return line.toString().stripTrailing();
  }
}
