package org.rebasin.actors.cli;

import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.rebasin.actors.report.HtmlReport;
import picocli.CommandLine.Option;

/** Where a report for people is written, if one is wanted. */
final class ReportOption {
  /** More models than this are counted in a title, and not named. */
  private static final int NAMED = 3;

  @Option(
      names = "--report",
      paramLabel = "FILE.html",
      description =
          "Where a report is written, one HTML file that needs nothing beside it; of a server's merge"
              + " when it has succeeded.")
  private Path report;

  boolean isGiven() {
    return report != null;
  }

  /** Refuses a path that cannot be written, or that another kind of file has. */
  void requireWritable() {
    if (report == null) {
      return;
    }
    RebasinCommand.requireWritable(report);
    if (!report.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".html")) {
      throw new IllegalArgumentException(
          "--report: expected a file's name that ends in .html, found " + report);
    }
  }

  /** Writes the report, if it is wanted; returns the line that says so. */
  String write(Supplier<HtmlReport> made) {
    if (report == null) {
      return "";
    }
    made.get().write(report);
    return "\nreported in " + report;
  }

  /** What makes a report now. */
  static Map<String, String> provenance() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("Rebasin", new Version().getVersion()[0].replaceFirst("^rebasin ", ""));
    facts.put("Java", Runtime.version().toString());
    facts.put("written", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    return facts;
  }

  /** Models in a title: by name if they are few. */
  static String named(List<Path> files) {
    if (files.size() > NAMED) {
      return files.size() + " models";
    }
    List<String> names = files.stream().map(file -> file.getFileName().toString()).toList();
    int last = names.size() - 1;
    return String.join(", ", names.subList(0, last)) + " and " + names.get(last);
  }
}
