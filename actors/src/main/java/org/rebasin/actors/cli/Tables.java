package org.rebasin.actors.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Plain tables for people: columns padded to their widest cell, all but the first to the right. */
final class Tables {
  private Tables() {}

  static String table(List<List<String>> rows) {
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
    return rows.stream().map(row -> line(row, widths)).collect(Collectors.joining("\n"));
  }

  private static String line(List<String> row, List<Integer> widths) {
    StringBuilder line = new StringBuilder();
    for (int c = 0; c < row.size(); c++) {
      String padding = " ".repeat(widths.get(c) - row.get(c).length());
      line.append(c == 0 ? row.get(c) + padding : "  " + padding + row.get(c));
    }
    return line.toString().stripTrailing();
  }
}
