package org.rebasin.actors.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.rebasin.actors.report.HtmlReport.Facts;
import org.rebasin.actors.report.HtmlReport.Part;
import org.rebasin.actors.report.HtmlReport.Picture;
import org.rebasin.actors.report.HtmlReport.Section;
import org.rebasin.actors.report.HtmlReport.Table;

/**
 * What a merge came to, as a report for people. It reads the documents that {@code --json} and the
 * HTTP interface give, so that it tells the same wherever the merge was done.
 */
public final class MergeReport {
  /** What could not be told. */
  private static final String UNKNOWN = "–";

  private static final String LOSS = "loss";
  private static final String ACCURACY = "accuracy";
  private static final String OBJECTIVE = "objective";
  private static final String OBJECTIVE_BEFORE = "objective_before";

  private final Subject subject;
  private final JsonNode settings;
  private final JsonNode outcome;

  private MergeReport(Subject subject, JsonNode settings, JsonNode outcome) {
    this.subject = subject;
    this.settings = settings;
    this.outcome = outcome;
  }

  /**
   * What was merged, by the names that the reader knows.
   *
   * @param models one for each of the outcome's models; of those with the same name all but the
   *     first are numbered
   * @param merged the merged model, if it has a name
   * @param facts what else is known of the models, such as their architecture
   */
  public record Subject(
      String title, List<String> models, Optional<String> merged, Map<String, String> facts) {
    /** Copies the list, and tells its names apart. */
    public Subject {
      models = distinct(models);
    }

    private static List<String> distinct(List<String> names) {
      Set<String> seen = new LinkedHashSet<>();
      for (String name : names) {
        String distinct = name;
        for (int copy = 2; !seen.add(distinct); copy++) {
          distinct = "%s (%d)".formatted(name, copy);
        }
      }
      return List.copyOf(seen);
    }
  }

  /**
   * The report of a merge, or of the lines between two models.
   *
   * @param settings {@link Documents#settings}, as a tree, and what else belongs to them
   * @param outcome {@link Documents#outcome}, as a tree
   * @param more sections of the caller's own
   * @param provenance what made the report
   */
  public static HtmlReport of(
      Subject subject,
      JsonNode settings,
      JsonNode outcome,
      List<Section> more,
      Map<String, String> provenance) {
    MergeReport report = new MergeReport(subject, settings, outcome);
    List<Section> sections = new ArrayList<>();
    report.evaluation().ifPresent(sections::add);
    CurveSections curves = new CurveSections(outcome.path("curves"));
    curves.overview().ifPresent(sections::add);
    sections.add(report.models());
    sections.add(report.alignment());
    sections.addAll(more);
    curves.points().ifPresent(sections::add);
    sections.add(new Section("Made by", List.of(new Facts(provenance))));
    return new HtmlReport(subject.title(), report.lead(), sections);
  }

  private String lead() {
    String method = settings.path("method").asText("none");
    String aligned =
        method.equals("none")
            ? "not aligned"
            : "aligned by the method %s with the strategy %s"
                .formatted(method, settings.path("strategy").asText());
    JsonNode score = outcome.path("evaluation").path("merged");
    String result =
        score.isMissingNode()
            ? ""
            : "; merged, they have a test loss of %s and an accuracy of %s"
                .formatted(decimal(score.path(LOSS)), percent(score.path(ACCURACY)));
    return "%d models, %s%s.".formatted(subject.models().size(), aligned, result);
  }

  private Optional<Section> evaluation() {
    JsonNode evaluation = outcome.path("evaluation");
    if (evaluation.isMissingNode()) {
      return Optional.empty();
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("test images", LOSS, ACCURACY, "calibration error"));
    for (int i = 0; i < subject.models().size(); i++) {
      rows.add(score(subject.models().get(i), evaluation.path("parents").path(i)));
    }
    rows.add(score("naive average", evaluation.path("naive")));
    if (evaluation.has("merged")) {
      rows.add(score("merged", evaluation.path("merged")));
    }
    rows.add(score("ensemble", evaluation.path("ensemble")));
    return Optional.of(new Section("Evaluation", List.of(new Table("", rows))));
  }

  private static List<String> score(String name, JsonNode score) {
    return List.of(
        name,
        decimal(score.path(LOSS)),
        percent(score.path(ACCURACY)),
        decimal(score.path("expected_calibration_error")));
  }

  private Section models() {
    JsonNode weights = settings.path("weights");
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("model", "SHA-256", "weight"));
    for (int i = 0; i < subject.models().size(); i++) {
      rows.add(
          List.of(
              subject.models().get(i),
              outcome.path("models").path(i).asText(),
              weights.has(i) ? decimal(weights.path(i)) : ""));
    }
    if (outcome.has("merged")) {
      rows.add(
          List.of(
              subject.merged().map(name -> name + " (merged)").orElse("merged"),
              outcome.path("merged").asText(),
              ""));
    }
    boolean weighted = !weights.isMissingNode();
    List<List<String>> shown =
        rows.stream().map(row -> weighted ? row : row.subList(0, row.size() - 1)).toList();
    List<Part> parts = new ArrayList<>();
    parts.add(new Table("", shown));
    if (!subject.facts().isEmpty()) {
      parts.add(new Facts(subject.facts()));
    }
    return new Section("Models", parts);
  }

  private Section alignment() {
    List<Part> parts = new ArrayList<>();
    Map<String, String> facts = new LinkedHashMap<>();
    settings
        .fields()
        .forEachRemaining(
            setting -> {
              if (!setting.getKey().equals("weights")) {
                facts.put(setting.getKey().replace('_', ' '), setting.getValue().asText());
              }
            });
    parts.add(new Facts(facts));
    Map<String, JsonNode> aligned = new LinkedHashMap<>();
    for (int i = 0; i < outcome.path("alignments").size(); i++) {
      aligned.put(subject.models().get(i + 1), outcome.path("alignments").get(i));
    }
    JsonNode common = outcome.path("common_alignment");
    if (!common.isMissingNode()) {
      parts.add(commonTable(common));
    }
    if (!aligned.isEmpty()) {
      parts.add(alignmentTable(aligned));
    }
    Map<String, JsonNode> descents = new LinkedHashMap<>(aligned);
    if (!common.isMissingNode()) {
      descents.put("all models", common);
    }
    parts.addAll(descent(descents, aligned.isEmpty() ? "round" : "sweep"));
    if (aligned.values().stream().anyMatch(alignment -> !alignment.path("groups").isEmpty())) {
      parts.add(groups(aligned));
    }
    return new Section("Alignment", parts);
  }

  private static Table commonTable(JsonNode common) {
    return new Table(
        "All models to a common order",
        List.of(
            List.of("method", "objective before", OBJECTIVE, "rounds", "seconds"),
            List.of(
                common.path("method").asText(),
                decimal(common.path(OBJECTIVE_BEFORE)),
                decimal(common.path(OBJECTIVE)),
                common.path("rounds").asText(),
                seconds(common))));
  }

  private static Table alignmentTable(Map<String, JsonNode> aligned) {
    boolean similarities = aligned.values().stream().anyMatch(found -> found.has("similarity"));
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of("model", "objective before", OBJECTIVE));
    if (similarities) {
      head.addAll(List.of("similarity before", "similarity"));
    }
    head.addAll(List.of("sweeps", "seconds", "units moved"));
    rows.add(head);
    aligned.forEach(
        (name, found) -> {
          List<String> row = new ArrayList<>();
          row.add(name);
          row.add(decimal(found.path(OBJECTIVE_BEFORE)));
          row.add(decimal(found.path(OBJECTIVE)));
          if (similarities) {
            row.add(decimal(found.path("similarity_before")));
            row.add(decimal(found.path("similarity")));
          }
          row.add(found.path("sweeps").asText());
          row.add(seconds(found));
          row.add(sum(found, "moved") + " of " + sum(found, "size"));
          rows.add(row);
        });
    return new Table("", rows);
  }

  private static int sum(JsonNode alignment, String field) {
    return stream(alignment.path("groups")).mapToInt(group -> group.path(field).asInt()).sum();
  }

  /**
   * How the objective rose, where it is told: drawn, and as numbers.
   *
   * @param step what the objective is told after each of
   */
  private static List<Part> descent(Map<String, JsonNode> alignments, String step) {
    List<Plot.Series> series = new ArrayList<>();
    alignments.forEach(
        (name, found) -> {
          JsonNode before = found.path(OBJECTIVE_BEFORE);
          List<Double> ys =
              DoubleStream.concat(
                      DoubleStream.of(before.asDouble()),
                      stream(found.path("objectives")).mapToDouble(JsonNode::asDouble))
                  .boxed()
                  .toList();
          List<Double> xs = IntStream.range(0, ys.size()).mapToObj(Double::valueOf).toList();
          if (before.isNumber() && ys.size() > 1) {
            series.add(new Plot.Series(name, xs, ys, series.size(), false, true));
          }
        });
    // One step has no course, and its two values stand in the table above.
    if (series.stream().allMatch(line -> line.ys().size() < 3)) {
      return List.of();
    }
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of(step));
    series.forEach(line -> head.add(line.name()));
    rows.add(head);
    int sweeps = series.stream().mapToInt(line -> line.ys().size()).max().orElseThrow();
    for (int sweep = 0; sweep < sweeps; sweep++) {
      List<String> row = new ArrayList<>(List.of(sweep == 0 ? "before" : String.valueOf(sweep)));
      for (Plot.Series line : series) {
        row.add(sweep < line.ys().size() ? decimal(line.ys().get(sweep)) : "");
      }
      rows.add(row);
    }
    return List.of(
        new Picture(
            new Plot("Objective by " + step, step, OBJECTIVE, OptionalDouble.empty(), series)),
        new Table("Objective by " + step, rows));
  }

  /** The units of each permutation group that took another slot. */
  private static Table groups(Map<String, JsonNode> aligned) {
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of("permutation group", "units"));
    aligned.keySet().forEach(name -> head.add("moved of " + name));
    rows.add(head);
    JsonNode first = aligned.values().iterator().next().path("groups");
    for (int g = 0; g < first.size(); g++) {
      List<String> row = new ArrayList<>();
      row.add(first.get(g).path("name").asText());
      row.add(first.get(g).path("size").asText());
      for (JsonNode found : aligned.values()) {
        row.add(found.path("groups").path(g).path("moved").asText());
      }
      rows.add(row);
    }
    return new Table("Units moved", rows);
  }

  /** The course of trainings, of which {@link Documents#training} tells. */
  public static Section training(List<String> names, JsonNode trainings) {
    return new Section(
        "Training",
        List.of(
            training("Test loss by epoch", names, trainings, "test_loss", MergeReport::decimal),
            training(
                "Test accuracy by epoch",
                names,
                trainings,
                "test_accuracy",
                MergeReport::percent)));
  }

  private static Table training(
      String caption,
      List<String> names,
      JsonNode trainings,
      String field,
      Function<JsonNode, String> figure) {
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of("epoch"));
    head.addAll(names);
    rows.add(head);
    JsonNode epochs = trainings.path(0).path("epochs");
    for (int e = 0; e < epochs.size(); e++) {
      List<String> row = new ArrayList<>(List.of(epochs.get(e).path("epoch").asText()));
      for (JsonNode training : trainings) {
        row.add(figure.apply(training.path("epochs").path(e).path(field)));
      }
      rows.add(row);
    }
    return new Table(caption, rows);
  }

  private static Stream<JsonNode> stream(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }

  static String decimal(JsonNode number) {
    return number.isNumber() ? decimal(number.asDouble()) : UNKNOWN;
  }

  static String decimal(double number) {
    return String.format(Locale.ROOT, "%.4f", number);
  }

  static String percent(JsonNode part) {
    return part.isNumber() ? String.format(Locale.ROOT, "%.2f %%", 100 * part.asDouble()) : UNKNOWN;
  }

  private static String seconds(JsonNode alignment) {
    return String.format(Locale.ROOT, "%.2f", alignment.path("seconds").asDouble());
  }
}
