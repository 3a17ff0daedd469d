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
import java.util.stream.IntStream;
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
  /** A contribution that counts in a version, and how. */
  private record Part(String contribution, String participant, Ingredient ingredient) {}

  /** What a candidate is made from. */
  Lineage.Recipe recipe(Candidate candidate, int version) {
    Optional<Version> parent = parent(candidate);
    return new Lineage.Recipe(
        version,
        parent.map(Version::model),
        parent.flatMap(Version::serverState),
        parts(candidate).stream().map(Part::ingredient).toList());
  }

  private Optional<Version> parent(Candidate candidate) {
    return candidate.parent().isPresent()
        ? state.lineage().find(candidate.parent().getAsInt())
        : Optional.empty();
  }

  /** The members that count, and then what is remembered. */
  private List<Part> parts(Candidate candidate) {
    return Stream.concat(
            counted(candidate).stream().map(member -> part(candidate, member)),
            remembered(candidate).stream())
        .toList();
  }

  private Part part(Candidate candidate, int member) {
    Contribution contribution = state.waiting(member).contribution();
    return new Part(
        contribution.id(),
        contribution.participant(),
        new Ingredient(
            contribution.model(),
            state.waiting(member).permutations(),
            state.base(contribution),
            state.lineage().staleness(candidate.parent(), contribution.base()),
            contribution.examples()));
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
  private List<Part> remembered(Candidate candidate) {
    List<Version.Ingredient> records =
        parent(candidate).map(Version::ingredients).orElse(List.of());
    List<Ingredient> ingredients =
        parent(candidate)
            .flatMap(version -> state.lineage().recipe(version.number()))
            .map(Lineage.Recipe::ingredients)
            .orElse(List.of());
    if (records.size() != ingredients.size()) {
      return List.of();
    }
    Set<String> heard =
        candidate.members().stream().map(this::participant).collect(Collectors.toSet());
    return IntStream.range(0, records.size())
        .filter(i -> !heard.contains(records.get(i).participant()))
        .limit(settings().remembered())
        .mapToObj(
            i ->
                new Part(
                    records.get(i).contribution(),
                    records.get(i).participant(),
                    ingredients.get(i).oneVersionLater()))
        .toList();
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
        List.of(part(candidate, member).ingredient()),
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
    List<Part> parts = parts(candidate);
    double[] weights = weights(parts.stream().map(Part::ingredient).toList());
    List<Version.Ingredient> ingredients = new ArrayList<>();
    for (Part part : parts) {
      ingredients.add(
          new Version.Ingredient(
              part.contribution(),
              part.participant(),
              part.ingredient().model(),
              part.ingredient().permutations().map(Permutations::sha256),
              part.ingredient().staleness(),
              weights[ingredients.size()]));
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
