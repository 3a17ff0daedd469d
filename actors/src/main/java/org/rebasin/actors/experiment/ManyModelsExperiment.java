package org.rebasin.actors.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.IntStream;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.report.Plot;
import org.rebasin.actors.work.Correction;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Strategy;

/**
 * Trains many networks, each on a random part of the data, merges them by each strategy, and tells
 * the accuracy and the calibration of what comes out (Git Re-Basin, section 5.5 and appendix).
 */
final class ManyModelsExperiment {
  private final Laboratory laboratory;
  private final Experiment experiment;

  ManyModelsExperiment(Laboratory laboratory, Experiment experiment) {
    this.laboratory = laboratory;
    this.experiment = experiment;
  }

  Findings run() {
    int count = experiment.settings().getInt("models");
    String architecture = experiment.settings().getString("architecture");
    List<Laboratory.Trained> parents =
        laboratory.train(
            IntStream.rangeClosed(1, count)
                .mapToObj(
                    model ->
                        experiment.training(
                            "model " + model,
                            architecture,
                            experiment.data("data-part").replace("{model}", String.valueOf(model)),
                            model))
                .toList());
    Map<String, JsonNode> merged = new LinkedHashMap<>();
    for (String strategy : experiment.settings().getStringList("strategies")) {
      merged.put(
          strategy, laboratory.merge(Map.of(), request(parents, strategy, Optional.empty())));
      if (experiment.correction().isPresent()) {
        merged.put(
            strategy + ", corrected",
            laboratory.merge(Map.of(), request(parents, strategy, experiment.correction())));
      }
    }
    JsonNode controls = merged.values().iterator().next().get("evaluation");
    Map<String, JsonNode> all = new LinkedHashMap<>();
    int best = best(controls.get("parents"));
    all.put("best parent", controls.get("parents").get(best));
    all.put("naive average", controls.get("naive"));
    merged.forEach((strategy, found) -> all.put(strategy, found.get("evaluation").get("merged")));
    all.put("ensemble", controls.get("ensemble"));

    Map<String, Object> document = new LinkedHashMap<>();
    document.put("training", parents.stream().map(Laboratory.Trained::report).toList());
    document.put("parents", controls.get("parents"));
    document.put("merged", merged);
    return new Findings(
        document,
        Map.of("Test images", rows(controls.get("parents"), all)),
        Map.of("reliability", reliability(all)));
  }

  private MergeRequest request(
      List<Laboratory.Trained> parents, String strategy, Optional<Correction> correction) {
    return new MergeRequest(
        parents.stream()
            .<MergeRequest.Source>map(parent -> new MergeRequest.Stored(parent.model()))
            .toList(),
        Optional.of(
            new MergeRequest.AlignmentPlan(
                Strategy.of(strategy), new Matching.Weight(0), 1, false)),
        Optional.of(parents.stream().map(parent -> 1.0 / parents.size()).toList()),
        correction,
        Optional.of(new MergeRequest.EvaluationPlan(experiment.data(), true, 0, Set.of())));
  }

  private static int best(JsonNode parents) {
    return IntStream.range(0, parents.size())
        .boxed()
        .max(java.util.Comparator.comparingDouble(i -> parents.get(i).get("accuracy").asDouble()))
        .orElseThrow();
  }

  private static List<List<String>> rows(JsonNode parents, Map<String, JsonNode> all) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("", "accuracy", "loss", "expected calibration error"));
    double mean =
        IntStream.range(0, parents.size())
            .mapToDouble(i -> parents.get(i).get("accuracy").asDouble())
            .average()
            .orElseThrow();
    rows.add(List.of("mean parent", Figures.percent(mean), "", ""));
    all.forEach(
        (name, evaluated) ->
            rows.add(
                List.of(
                    name,
                    Figures.percent(evaluated.get("accuracy").asDouble()),
                    Figures.number(evaluated.get("loss")),
                    Figures.number(evaluated.get("expected_calibration_error")))));
    return rows;
  }

  /**
   * Accuracy by confidence; on the diagonal confidence is deserved. Without bins of less than one
   * image in a thousand, whose accuracy is chance.
   */
  private Plot reliability(Map<String, JsonNode> all) {
    List<Plot.Series> series = new ArrayList<>();
    all.forEach(
        (name, evaluated) -> {
          List<Double> confidences = new ArrayList<>();
          List<Double> accuracies = new ArrayList<>();
          for (JsonNode bin : evaluated.get("reliability")) {
            if (bin.get("examples").asLong() * 1000 >= evaluated.get("examples").asLong()) {
              confidences.add(bin.get("confidence").asDouble());
              accuracies.add(bin.get("accuracy").asDouble());
            }
          }
          series.add(new Plot.Series(name, confidences, accuracies, series.size(), false, true));
        });
    series.add(
        new Plot.Series(
            "calibrated", List.of(0.0, 1.0), List.of(0.0, 1.0), series.size(), true, false));
    return new Plot(
        experiment.title() + ": reliability",
        "mean confidence of the bin",
        "accuracy in the bin",
        OptionalDouble.of(0),
        series);
  }
}
