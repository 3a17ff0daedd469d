package org.rebasin.actors.federation;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rebasin.actors.federation.FederationState.Known;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Correction;
import org.rebasin.actors.work.Ingredient;
import org.rebasin.actors.work.Task;
import org.rebasin.model.aggregation.Aggregation;
import org.rebasin.model.aggregation.AggregationSettings;
import org.rebasin.model.evaluation.Score;
import org.rebasin.model.permutation.Permutations;

/** How versions are made of contributions, and what their records say of it. */
record VersionMaking(Known state) {
  /** What a candidate is made from. */
  Lineage.Recipe recipe(Candidate candidate, int version) {
    return recipe(candidate, candidate.members(), version);
  }

  /** What some of a candidate's members would be made from. */
  Lineage.Recipe recipe(Candidate candidate, List<Integer> members, int version) {
    Optional<Version> parent =
        candidate.parent().isPresent()
            ? state.lineage().find(candidate.parent().getAsInt())
            : Optional.empty();
    List<Ingredient> ingredients =
        members.stream()
            .map(state::waiting)
            .map(
                one ->
                    new Ingredient(
                        one.contribution().model(),
                        one.permutations(),
                        state.base(one.contribution()),
                        state.lineage().staleness(candidate.parent(), one.contribution().base()),
                        one.contribution().examples()))
            .toList();
    return new Lineage.Recipe(
        version, parent.map(Version::model), parent.flatMap(Version::serverState), ingredients);
  }

  /** The task that makes a recipe's model. */
  Task.Aggregate aggregation(Lineage.Recipe recipe) {
    return new Task.Aggregate(
        recipe.global(), recipe.serverState(), recipe.ingredients(), settings().aggregation());
  }

  /** The task that makes one contribution's own model, in the global model's order. */
  Task.Aggregate alone(Candidate candidate, int member) {
    return new Task.Aggregate(
        Optional.empty(),
        Optional.empty(),
        recipe(candidate, List.of(member), 0).ingredients(),
        AggregationSettings.FEDAVG);
  }

  /** The task that corrects it. */
  Task.Correct correction(ModelId merged, List<Ingredient> ingredients, Correction correction) {
    return new Task.Correct(
        merged,
        ingredients.stream().map(one -> new Task.Member(one.model(), one.permutations())).toList(),
        shares(ingredients),
        correction);
  }

  /** How much each counted, summing to 1. */
  private List<Double> shares(List<Ingredient> ingredients) {
    double[] weights = weights(ingredients);
    double sum = Arrays.stream(weights).sum();
    return Arrays.stream(weights).mapToObj(weight -> weight / sum).toList();
  }

  private double[] weights(List<Ingredient> ingredients) {
    return Aggregation.weights(
        settings().aggregation(),
        ingredients.stream().mapToLong(Ingredient::examples).toArray(),
        ingredients.stream().mapToInt(Ingredient::staleness).toArray());
  }

  /** A candidate as the version that it becomes. */
  Version version(Candidate candidate, Score score, Instant at) {
    int number = state.lineage().versions().size() + 1;
    Lineage.Recipe recipe = recipe(candidate, number);
    double[] weights = weights(recipe.ingredients());
    List<Version.Ingredient> ingredients = new ArrayList<>();
    for (int i = 0; i < candidate.members().size(); i++) {
      Contribution contribution = state.waiting(candidate.members().get(i)).contribution();
      Ingredient ingredient = recipe.ingredients().get(i);
      ingredients.add(
          new Version.Ingredient(
              contribution.id(),
              contribution.participant(),
              contribution.model(),
              ingredient.permutations().map(Permutations::sha256),
              ingredient.staleness(),
              weights[i]));
    }
    return new Version(
        number,
        candidate.parent(),
        candidate.model().orElseThrow(),
        candidate.serverState(),
        ingredients,
        settingsText(),
        score,
        at);
  }

  /** What decided how versions are made. */
  Map<String, String> settingsText() {
    Map<String, String> text = new LinkedHashMap<>(settings().aggregation().asText());
    settings()
        .alignment()
        .ifPresent(
            matching -> {
              text.put("method", matching.text());
              text.putAll(matching.settings());
            });
    settings()
        .correction()
        .ifPresent(
            correction -> {
              text.put("correction", correction.kind().text());
              text.put("correction_data", correction.data());
              text.put("correction_examples", String.valueOf(correction.examples()));
            });
    text.put("first", settings().first().text());
    text.put("seed", String.valueOf(settings().seed()));
    return text;
  }

  private FederationSettings settings() {
    return state.settings();
  }
}
