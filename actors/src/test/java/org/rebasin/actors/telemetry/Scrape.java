package org.rebasin.actors.telemetry;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A page in Prometheus' text format, version 0.0.4, read strictly: whatever is not of the format is
 * an error.
 *
 * @param types by metric, as {@code # TYPE} names them
 * @param samples in the page's order
 */
public record Scrape(Map<String, String> types, List<Sample> samples) {
  private static final Pattern TYPE =
      Pattern.compile(
          "# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)");
  private static final Pattern HELP = Pattern.compile("# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) .+");
  private static final Pattern SAMPLE =
      Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)\\})? (\\S+)");
  private static final Pattern LABEL =
      Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\]|\\\\[\\\\n\"])*)\"(?:,|$)");

  /** One line. */
  public record Sample(String name, Map<String, String> labels, double value) {}

  /** Reads a page. */
  public static Scrape parse(String page) {
    Map<String, String> types = new LinkedHashMap<>();
    List<Sample> samples = new ArrayList<>();
    for (String line : page.split("\n")) {
      Matcher type = TYPE.matcher(line);
      if (type.matches()) {
        types.put(type.group(1), type.group(2));
      } else if (!HELP.matcher(line).matches()) {
        samples.add(sample(line));
      }
    }
    return new Scrape(types, samples);
  }

  private static Sample sample(String line) {
    Matcher sample = SAMPLE.matcher(line);
    if (!sample.matches()) {
      throw new AssertionError("no line of the text format: " + line);
    }
    Map<String, String> labels = new TreeMap<>();
    String text = sample.group(2) == null ? "" : sample.group(2);
    Matcher label = LABEL.matcher(text);
    int end = 0;
    while (label.find() && label.start() == end) {
      labels.put(label.group(1), label.group(2));
      end = label.end();
    }
    if (end != text.length()) {
      throw new AssertionError("malformed labels: " + line);
    }
    String value = sample.group(3);
    return new Sample(
        sample.group(1),
        labels,
        value.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(value));
  }

  /** Whether there is a metric with at least one sample. */
  public boolean has(String metric) {
    return samples.stream()
        .anyMatch(
            sample -> sample.name().equals(metric) || sample.name().equals(metric + "_count"));
  }

  /** The sum over all of a metric's samples; of a histogram, how many were observed. */
  public double sum(String metric) {
    return sum(metric, Map.of());
  }

  /** The same over the samples with some labels. */
  public double sum(String metric, Map<String, String> labels) {
    return samples.stream()
        .filter(sample -> sample.name().equals(metric) || sample.name().equals(metric + "_count"))
        .filter(sample -> sample.labels().entrySet().containsAll(labels.entrySet()))
        .mapToDouble(Sample::value)
        .sum();
  }
}
