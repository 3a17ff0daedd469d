package org.rebasin.actors.work;

import java.util.Optional;
import org.rebasin.actors.store.ModelId;
import org.rebasin.model.permutation.Permutations;

/**
 * A contribution to a version.
 *
 * @param permutations that bring it into the global model's order, if any
 * @param base the version that it began from; empty for weights of its own
 * @param staleness how many versions the global model is ahead of its base
 * @param examples that it has seen
 */
public record Ingredient(
    ModelId model,
    Optional<Permutations> permutations,
    Optional<ModelId> base,
    int staleness,
    long examples) {
  /** Checks the numbers. */
  public Ingredient {
    if (staleness < 0) {
      throw new IllegalArgumentException("staleness: expected at least 0, found " + staleness);
    }
    if (examples < 1) {
      throw new IllegalArgumentException("examples: expected at least 1, found " + examples);
    }
  }

  /** The same for the version after; weights of its own are behind nothing. */
  public Ingredient oneVersionLater() {
    return new Ingredient(
        model, permutations, base, base.isPresent() ? staleness + 1 : staleness, examples);
  }
}
