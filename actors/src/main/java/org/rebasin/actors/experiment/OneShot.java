package org.rebasin.actors.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Correction;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Strategy;

/** Merges what participants have trained alone into one network, once, by each strategy. */
final class OneShot {
  private final Laboratory laboratory;
  private final Experiment experiment;
  private final Cohort cohort;
  private final List<Laboratory.Trained> models;

  OneShot(
      Laboratory laboratory,
      Experiment experiment,
      Cohort cohort,
      List<Laboratory.Trained> models) {
    this.laboratory = laboratory;
    this.experiment = experiment;
    this.cohort = cohort;
    this.models = models;
  }

  /** What each way of merging comes to on the test images, by its name. */
  Map<String, JsonNode> measure() {
    Map<String, JsonNode> all = new LinkedHashMap<>();
    JsonNode controls = merged(Optional.of(weight()), Optional.empty());
    JsonNode parents = controls.get("parents");
    all.put(
        "best participant",
        StreamSupport.stream(parents.spliterator(), false)
            .max(Comparator.comparingDouble(each -> each.get("accuracy").asDouble()))
            .orElseThrow());
    all.put("mean of the weights", merged(Optional.empty(), Optional.empty()).get("merged"));
    Map<String, MergeRequest.AlignmentPlan> plans = new LinkedHashMap<>();
    for (String way : experiment.settings().getStringList("one-shot")) {
      plans.put(way, plan(way));
    }
    plans.forEach(
        (name, plan) -> all.put(name, merged(Optional.of(plan), Optional.empty()).get("merged")));
    plans.forEach(
        (name, plan) ->
            all.put(
                name + ", REPAIR",
                merged(Optional.of(plan), experiment.correction()).get("merged")));
    all.put("ensemble", controls.get("ensemble"));
    return all;
  }

  private MergeRequest.AlignmentPlan plan(String way) {
    return switch (way) {
      case "weight matching" -> weight();
      case "activation matching" ->
          MergeRequest.AlignmentPlan.toReference(
              new Matching.Activation(false, experiment.data("matching-select")), 1, false);
      default -> new MergeRequest.AlignmentPlan(Strategy.of(way), new Matching.Weight(0), 1, false);
    };
  }

  private JsonNode merged(
      Optional<MergeRequest.AlignmentPlan> plan, Optional<Correction> correction) {
    return laboratory
        .merge(Map.of("division", cohort.label()), request(plan, correction, true))
        .get("evaluation");
  }

  /**
   * The merged model.
   *
   * @param way how the units are aligned; as they are if empty
   */
  ModelId model(Optional<String> way) {
    return laboratory.merged(request(way.map(this::plan), Optional.empty(), false));
  }

  private static MergeRequest.AlignmentPlan weight() {
    return MergeRequest.AlignmentPlan.toReference(new Matching.Weight(0), 1, false);
  }

  private MergeRequest request(
      Optional<MergeRequest.AlignmentPlan> plan,
      Optional<Correction> correction,
      boolean evaluated) {
    return new MergeRequest(
        Cohort.sources(models),
        plan,
        Optional.of(cohort.shares()),
        correction,
        evaluated
            ? Optional.of(new MergeRequest.EvaluationPlan(experiment.data(), true, 0, Set.of()))
            : Optional.empty());
  }
}
