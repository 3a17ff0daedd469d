package org.rebasin.actors.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.Config;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;
import org.rebasin.actors.job.MergeOutcome.CurveKind;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.report.Plot;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Correction;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Split;
import org.rebasin.actors.work.Task;

/**
 * Trains two networks of each of some architectures from different seeds, or on different data, and
 * tells the loss along the line between them, naive and by each method (Git Re-Basin, sections 5.1,
 * 5.2 and 5.4).
 */
final class PairExperiment {
  private static final String NAIVE = "naive";

  private final Laboratory laboratory;
  private final Experiment experiment;
  private final Config settings;
  private final int points;
  private final Set<Split> splits;

  private final Map<String, Object> document = new LinkedHashMap<>();
  private final List<List<String>> rows = new ArrayList<>();
  private final Map<String, Plot> plots = new LinkedHashMap<>();
  private final Map<String, List<double[]>> barriers = new LinkedHashMap<>();

  PairExperiment(Laboratory laboratory, Experiment experiment) {
    this.laboratory = laboratory;
    this.experiment = experiment;
    this.settings = experiment.settings();
    this.points = settings.getInt("points");
    this.splits =
        settings.getStringList("splits").stream()
            .map(split -> Split.valueOf(split.toUpperCase(java.util.Locale.ROOT)))
            .collect(Collectors.toCollection(() -> EnumSet.noneOf(Split.class)));
  }

  Findings run() {
    rows.add(
        List.of(
            "networks",
            "parents' accuracy",
            "method",
            "test barrier",
            "train barrier",
            "midpoint accuracy",
            "objective",
            "seconds"));
    List<Object> variants = new ArrayList<>();
    for (Config variant : settings.getConfigList("variants")) {
      variants.add(run(variant));
    }
    document.put("variants", variants);
    if (barriers.values().stream().anyMatch(line -> line.size() > 1)) {
      plots.put("barrier-by-width", barrierPlot());
    }
    return new Findings(document, Map.of("Barriers", rows), plots);
  }

  private Map<String, Object> run(Config variant) {
    String label = variant.getString("label");
    String architecture = variant.getString("architecture");
    List<Laboratory.Trained> parents =
        laboratory.train(
            List.of(
                experiment.training(label + ", A", architecture, experiment.data("data-a"), 1),
                experiment.training(label + ", B", architecture, experiment.data("data-b"), 2)));
    Map<String, JsonNode> results = new LinkedHashMap<>();
    results.put(NAIVE, laboratory.merge(Map.of(), request(variant, parents, Optional.empty())));
    for (Matching matching : experiment.matchings()) {
      results.put(
          matching.text(),
          laboratory.merge(Map.of(), request(variant, parents, Optional.of(matching))));
    }
    describe(variant, parents, results);
    Map<String, Object> found = new LinkedHashMap<>();
    found.put("label", label);
    found.put("architecture", architecture);
    found.put("training", parents.stream().map(Laboratory.Trained::report).toList());
    found.put("results", results);
    fullDataModel(label, architecture)
        .ifPresent(
            full -> {
              found.put("full_data", full.report());
              rows.add(
                  List.of(
                      label,
                      Figures.percent(full.testAccuracy()),
                      "trained on all data",
                      "",
                      "",
                      Figures.percent(full.testAccuracy()),
                      "",
                      ""));
            });
    return found;
  }

  /** One network trained on what both parents saw, as an upper bound. */
  private Optional<Laboratory.Trained> fullDataModel(String label, String architecture) {
    if (!settings.hasPath("full-data") || !settings.getBoolean("full-data")) {
      return Optional.empty();
    }
    Task.Train task = experiment.training(label + ", all", architecture, experiment.data(), 3);
    return Optional.of(laboratory.train(List.of(task)).get(0));
  }

  private MergeRequest request(
      Config variant, List<Laboratory.Trained> parents, Optional<Matching> matching) {
    Optional<Correction> correction = experiment.correction(variant);
    EnumSet<CurveKind> kinds =
        matching.isEmpty()
            ? EnumSet.of(CurveKind.NAIVE, CurveKind.NAIVE_CORRECTED)
            : EnumSet.of(CurveKind.ALIGNED, CurveKind.CORRECTED);
    List<ModelId> models = parents.stream().map(Laboratory.Trained::model).toList();
    return new MergeRequest(
        models.stream().<MergeRequest.Source>map(MergeRequest.Stored::new).toList(),
        matching.map(method -> MergeRequest.AlignmentPlan.toReference(method, 1, false)),
        Optional.of(List.of(0.5, 0.5)),
        correction,
        Optional.of(
            new MergeRequest.EvaluationPlan(experiment.data(), true, points, splits, kinds)));
  }

  private void describe(
      Config variant, List<Laboratory.Trained> parents, Map<String, JsonNode> results) {
    String label = variant.getString("label");
    String family = variant.hasPath("family") ? variant.getString("family") + ", " : "";
    String accuracies =
        parents.stream()
            .map(parent -> Figures.percent(parent.testAccuracy()))
            .collect(Collectors.joining(", "));
    List<Plot.Series> losses = new ArrayList<>();
    List<Plot.Series> hits = new ArrayList<>();
    results.forEach(
        (method, found) -> {
          JsonNode curves = found.get("curves");
          for (CurveKind kind : CurveKind.values()) {
            JsonNode curve = curves.get(kind.text());
            if (curve != null) {
              boolean corrected = kind == CurveKind.CORRECTED || kind == CurveKind.NAIVE_CORRECTED;
              String name = corrected ? method + ", corrected" : method;
              rows.add(row(label, accuracies, name, curve, found));
              JsonNode test = curve.get("test");
              List<Double> lambdas = Figures.numbers(curves.get("lambdas"));
              int color = losses.size();
              losses.add(series(name, lambdas, test.get("loss"), color));
              hits.add(series(name, lambdas, test.get("accuracy"), color));
              if (variant.hasPath("x")) {
                barriers
                    .computeIfAbsent(family + name, key -> new ArrayList<>())
                    .add(new double[] {variant.getDouble("x"), test.get("barrier").asDouble()});
              }
            }
          }
        });
    rows.add(ensembleRow(label, accuracies, results.get(NAIVE)));
    String file = label.toLowerCase(java.util.Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    plots.put(file + "-loss", Plot.alongLine(label + ": test loss", "cross-entropy loss", losses));
    plots.put(file + "-accuracy", Plot.alongLine(label + ": test accuracy", "accuracy", hits));
  }

  private static Plot.Series series(String name, List<Double> xs, JsonNode ys, int color) {
    return new Plot.Series(name, xs, Figures.numbers(ys), color, name.startsWith(NAIVE), false);
  }

  private static List<String> row(
      String label, String accuracies, String name, JsonNode curve, JsonNode found) {
    JsonNode test = curve.get("test");
    JsonNode alignment = found.get("alignments").path(0);
    return List.of(
        label,
        accuracies,
        name,
        Figures.number(test.get("barrier")),
        curve.has("train") ? Figures.number(curve.get("train").get("barrier")) : "",
        Figures.percent(Figures.middle(test.get("accuracy"))),
        alignment.has("objective") ? Figures.number(alignment.get("objective")) : "",
        alignment.has("seconds") ? Figures.number(alignment.get("seconds")) : "");
  }

  private static List<String> ensembleRow(String label, String accuracies, JsonNode found) {
    return List.of(
        label,
        accuracies,
        "ensemble of logits",
        "",
        "",
        Figures.percent(found.get("evaluation").get("ensemble").get("accuracy").asDouble()),
        "",
        "");
  }

  private Plot barrierPlot() {
    List<Plot.Series> series = new ArrayList<>();
    barriers.forEach(
        (name, line) ->
            series.add(
                new Plot.Series(
                    name,
                    line.stream().map(point -> point[0]).toList(),
                    line.stream().map(point -> point[1]).toList(),
                    series.size(),
                    name.contains(NAIVE),
                    true)));
    return new Plot(experiment.title(), "width", "test loss barrier", OptionalDouble.of(0), series);
  }
}
