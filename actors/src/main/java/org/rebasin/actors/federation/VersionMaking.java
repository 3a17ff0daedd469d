package org.rebasin.actors.federation;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
  /** A contribution of an earlier version that counts again: what it was then, and is now. */
  private record Remembered(Version.Ingredient then, Ingredient now) {}

  /** What a candidate is made from: its members that count, and then what is remembered. */
  Lineage.Recipe recipe(Candidate candidate, int version) {
    Optional<Version> parent = parent(candidate);
    return new Lineage.Recipe(
        version,
        parent.map(Version::model),
        parent.flatMap(Version::serverState),
        Stream.concat(
                counted(candidate).stream().map(member -> ingredient(candidate, member)),
                remembered(candidate).stream().map(Remembered::now))
            .toList());
  }

  private Optional<Version> parent(Candidate candidate) {
    return candidate.parent().isPresent()
        ? state.lineage().find(candidate.parent().getAsInt())
        : Optional.empty();
  }

  private Ingredient ingredient(Candidate candidate, int member) {
    Waiting one = state.waiting(member);
    return new Ingredient(
        one.contribution().model(),
        one.permutations(),
        state.base(one.contribution()),
        state.lineage().staleness(candidate.parent(), one.contribution().base()),
        one.contribution().examples());
  }

  private String participant(int member) {
    return state.waiting(member).contribution().participant();
  }

  /** The members that count: with memory only the newest of each participant. */
  List<Integer> counted(Candidate candidate) {
    if (settings().remembered() == 0) {
      return candidate.members();
    }
    Map<String, Integer> newest = new HashMap<>();
    candidate.members().forEach(member -> newest.merge(participant(member), member, Math::max));
    return candidate.members().stream()
        .filter(member -> newest.get(participant(member)).equals(member))
        .toList();
  }

  /**
   * What the version before was made from, of participants that no member comes from; those first
   * that were heard last. Nothing, if it is not kept what that version was made from.
   */
  private List<Remembered> remembered(Candidate candidate) {
    Optional<Version> parent = parent(candidate);
    Optional<Lineage.Recipe> recipe =
        parent.flatMap(version -> state.lineage().recipe(version.number()));
    if (settings().remembered() == 0
        || recipe.isEmpty()
        || parent.get().ingredients().size() != recipe.get().ingredients().size()) {
      return List.of();
    }
    Set<String> heard =
        candidate.members().stream().map(this::participant).collect(Collectors.toSet());
    List<Remembered> all = new ArrayList<>();
    for (int i = 0; i < recipe.get().ingredients().size(); i++) {
      Version.Ingredient then = parent.get().ingredients().get(i);
      if (all.size() < settings().remembered() && heard.add(then.participant())) {
        all.add(new Remembered(then, recipe.get().ingredients().get(i).oneVersionLater()));
      }
    }
    return all;
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
        List.of(ingredient(candidate, member)),
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
    for (int member : counted(candidate)) {
      Contribution contribution = state.waiting(member).contribution();
      Ingredient ingredient = recipe.ingredients().get(ingredients.size());
      ingredients.add(
          new Version.Ingredient(
              contribution.id(),
              contribution.participant(),
              contribution.model(),
              ingredient.permutations().map(Permutations::sha256),
              ingredient.staleness(),
              weights[ingredients.size()]));
    }
    for (Remembered again : remembered(candidate)) {
      ingredients.add(again.then().again(again.now().staleness(), weights[ingredients.size()]));
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
    if (settings().remembered() > 0) {
      text.put("remembered", String.valueOf(settings().remembered()));
    }
    text.put("first", settings().first().text());
    text.put("seed", String.valueOf(settings().seed()));
    return text;
  }

  private FederationSettings settings() {
    return state.settings();
  }
}
