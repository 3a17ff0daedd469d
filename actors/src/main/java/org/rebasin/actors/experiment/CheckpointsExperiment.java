package org.rebasin.actors.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Split;
import org.rebasin.model.data.Normalization;

/**
 * Aligns two networks that the user has by their weights, and, where there is data to evaluate on,
 * tells the line between them (Git Re-Basin, section 5.3).
 */
final class CheckpointsExperiment {
  private final Laboratory laboratory;
  private final Experiment experiment;

  CheckpointsExperiment(Laboratory laboratory, Experiment experiment) {
    this.laboratory = laboratory;
    this.experiment = experiment;
  }

  Findings run() {
    if (experiment.models().size() != 2) {
      throw new IllegalArgumentException(
          "experiment %s: expected --model twice, found %d models"
              .formatted(experiment.name(), experiment.models().size()));
    }
    Optional<Normalization> normalization = experiment.normalization();
    List<ModelId> models =
        experiment.models().stream()
            .map(
                file ->
                    normalization
                        .map(given -> laboratory.register(file, given))
                        .orElseGet(() -> laboratory.register(file)))
            .toList();
    Optional<MergeRequest.EvaluationPlan> evaluation =
        experiment
            .givenData()
            .map(
                data ->
                    new MergeRequest.EvaluationPlan(
                        data, true, experiment.settings().getInt("points"), Set.of(Split.TEST)));
    JsonNode found =
        laboratory.merge(
            normalization
                .map(given -> Map.<String, Object>of(Normalization.KEY, given.text()))
                .orElseGet(Map::of),
            new MergeRequest(
                models.stream().<MergeRequest.Source>map(MergeRequest.Stored::new).toList(),
                Optional.of(
                    MergeRequest.AlignmentPlan.toReference(new Matching.Weight(0), 1, false)),
                Optional.of(List.of(0.5, 0.5)),
                evaluation.flatMap(plan -> experiment.correction()),
                evaluation));
    JsonNode alignment = found.get("alignments").get(0);
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("", "figure"));
    rows.add(List.of("objective before", Figures.number(alignment.get("objective_before"))));
    rows.add(List.of("objective", Figures.number(alignment.get("objective"))));
    rows.add(List.of("sweeps", alignment.get("sweeps").asText()));
    rows.add(List.of("seconds", Figures.number(alignment.get("seconds"))));
    if (found.has("evaluation")) {
      JsonNode evaluated = found.get("evaluation");
      for (String what : List.of("naive", "merged", "ensemble")) {
        rows.add(
            List.of(
                what + ", accuracy",
                Figures.percent(evaluated.get(what).get("accuracy").asDouble())));
        rows.add(List.of(what + ", loss", Figures.number(evaluated.get(what).get("loss"))));
      }
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("models", models.stream().map(ModelId::sha256).toList());
    document.put("found", found);
    return new Findings(document, Map.of("Alignment", rows), Map.of());
  }
}
