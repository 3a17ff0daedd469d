package org.rebasin.actors.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.StreamSupport;
import org.rebasin.actors.job.MergeOutcome.CurveKind;
import org.rebasin.actors.report.HtmlReport.Picture;
import org.rebasin.actors.report.HtmlReport.Section;
import org.rebasin.actors.report.HtmlReport.Table;
import org.rebasin.actors.report.HtmlReport.Text;
import org.rebasin.actors.work.Split;

/** The lines between two models in a report, from {@link Documents#curves} as a tree. */
final class CurveSections {
  private static final String LOSS = "loss";
  private static final String ACCURACY = "accuracy";

  private final List<Line> lines = new ArrayList<>();
  private final JsonNode lambdas;

  CurveSections(JsonNode curves) {
    lambdas = curves.path("lambdas");
    for (CurveKind kind : CurveKind.values()) {
      for (Split split : Split.values()) {
        JsonNode curve = curves.path(kind.text()).path(split.text());
        if (!curve.isMissingNode()) {
          lines.add(new Line(kind, split, curve));
        }
      }
    }
  }

  private record Line(CurveKind kind, Split split, JsonNode curve) {
    String name() {
      return kind.text().replace('_', ' ') + ", " + split.text();
    }
  }

  /** Barriers and pictures; empty if there are no curves. */
  Optional<Section> overview() {
    if (lines.isEmpty()) {
      return Optional.empty();
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            "curve",
            "loss at 0",
            "at 1",
            "midpoint",
            ACCURACY,
            "barrier above chord",
            "above mean of ends"));
    lines.forEach(line -> rows.add(row(line)));
    return Optional.of(
        new Section(
            "Between the first two models",
            List.of(
                new Table("", rows),
                new Text(
                    "The barrier is the highest rise of the loss along the line: above the chord"
                        + " between both ends, or above their mean."),
                new Picture(plot("Loss", "cross-entropy loss", LOSS)),
                new Picture(plot("Accuracy", ACCURACY, ACCURACY)))));
  }

  private static List<String> row(Line line) {
    JsonNode losses = line.curve().path(LOSS);
    JsonNode accuracies = line.curve().path(ACCURACY);
    int middle = losses.size() / 2;
    return List.of(
        line.name(),
        MergeReport.decimal(losses.path(0)),
        MergeReport.decimal(losses.path(losses.size() - 1)),
        MergeReport.decimal(losses.path(middle)),
        MergeReport.percent(accuracies.path(middle)),
        MergeReport.decimal(line.curve().path("barrier")),
        MergeReport.decimal(line.curve().path("barrier_midpoint")));
  }

  private Plot plot(String title, String y, String field) {
    return Plot.alongLine(
        title,
        y,
        lines.stream()
            .map(
                line ->
                    new Plot.Series(
                        line.name(),
                        numbers(lambdas),
                        numbers(line.curve().path(field)),
                        line.kind().ordinal(),
                        line.split() == Split.TRAIN,
                        false))
            .toList());
  }

  private static List<Double> numbers(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asDouble).toList();
  }

  /** Every point of every curve; empty if there are none. */
  Optional<Section> points() {
    Map<String, Function<JsonNode, String>> figures = new LinkedHashMap<>();
    figures.put(LOSS, MergeReport::decimal);
    figures.put(ACCURACY, MergeReport::percent);
    return lines.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Section(
                "All points",
                figures.entrySet().stream()
                    .<HtmlReport.Part>map(figure -> points(figure.getKey(), figure.getValue()))
                    .toList()));
  }

  private Table points(String field, Function<JsonNode, String> figure) {
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of("λ"));
    lines.forEach(line -> head.add(line.name()));
    rows.add(head);
    for (int point = 0; point < lambdas.size(); point++) {
      List<String> row = new ArrayList<>(List.of(MergeReport.decimal(lambdas.get(point))));
      for (Line line : lines) {
        row.add(figure.apply(line.curve().path(field).path(point)));
      }
      rows.add(row);
    }
    return new Table(field, rows);
  }
}
