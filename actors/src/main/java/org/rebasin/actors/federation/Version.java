package org.rebasin.actors.federation;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.rebasin.actors.store.ModelId;
import org.rebasin.model.evaluation.Score;

/**
 * A version of the global model, with all that it was made from: the same record gives the same
 * bytes again.
 *
 * @param number counted from 1; never used twice, also after a rollback
 * @param parent the version that it continues; empty for the first
 * @param model its weights
 * @param serverState what the server's optimiser remembers, as tensors in the stores; empty if
 *     nothing
 * @param ingredients what it was aggregated from, in order; empty for an initial model, and for a
 *     version of so long ago that the records of its contributions are gone
 * @param settings that decided the aggregation, as text
 * @param score on the held-out data
 * @param published when
 */
public record Version(
    int number,
    OptionalInt parent,
    ModelId model,
    Optional<ModelId> serverState,
    List<Ingredient> ingredients,
    Map<String, String> settings,
    Score score,
    Instant published) {
  /** Copies list and map. */
  public Version {
    ingredients = List.copyOf(ingredients);
    // In an order that never changes, as journals hold it.
    settings = Collections.unmodifiableMap(new TreeMap<>(settings));
  }

  /** The same without what it was made from. */
  Version withoutIngredients() {
    return ingredients.isEmpty()
        ? this
        : new Version(number, parent, model, serverState, List.of(), settings, score, published);
  }

  /**
   * One contribution to a version.
   *
   * @param contribution its id
   * @param model its weights as they came
   * @param permutations hash of the permutations that brought it into the global model's order, 64
   *     hexadecimal digits; empty if it was not aligned
   * @param staleness how many versions it was behind
   * @param weight how much it counted before the rule was applied
   */
  public record Ingredient(
      String contribution,
      String participant,
      ModelId model,
      Optional<String> permutations,
      int staleness,
      double weight) {}
}
