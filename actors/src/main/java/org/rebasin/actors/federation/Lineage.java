package org.rebasin.actors.federation;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Ingredient;

/**
 * A federation's versions. Immutable.
 *
 * @param versions all of them; version n is at n − 1
 * @param current the number of the one that counts
 * @param recipes what the newest were made from
 */
record Lineage(List<Version> versions, OptionalInt current, List<Recipe> recipes) {
  static final Lineage NONE = new Lineage(List.of(), OptionalInt.empty(), List.of());

  /** Copies the lists. */
  Lineage {
    versions = List.copyOf(versions);
    recipes = List.copyOf(recipes);
  }

  /** What a version was aggregated from, with the permutations. */
  record Recipe(
      int version,
      Optional<ModelId> global,
      Optional<ModelId> serverState,
      List<Ingredient> ingredients) {
    /** Copies the list. */
    Recipe {
      ingredients = List.copyOf(ingredients);
    }
  }

  Optional<Version> currentVersion() {
    return current.isPresent() ? find(current.getAsInt()) : Optional.empty();
  }

  Optional<ModelId> currentModel() {
    return currentVersion().map(Version::model);
  }

  Optional<Version> find(int number) {
    return number >= 1 && number <= versions.size()
        ? Optional.of(versions.get(number - 1))
        : Optional.empty();
  }

  Optional<Recipe> recipe(int version) {
    return recipes.stream().filter(recipe -> recipe.version() == version).findFirst();
  }

  /** With a new version, which is the current one; its recipe unless it was given as it is. */
  Lineage with(Version version, Optional<Recipe> recipe, FederationBounds bounds) {
    List<Version> all = new ArrayList<>(versions);
    all.add(version);
    long ingredients = 0;
    for (int i = all.size() - 1; i >= 0; i--) {
      ingredients += all.get(i).ingredients().size();
      if (ingredients > bounds.contributions()) {
        all.set(i, all.get(i).withoutIngredients());
      }
    }
    int kept = bounds.reproducible();
    List<Recipe> newest = new ArrayList<>(recipes);
    recipe.ifPresent(newest::add);
    return new Lineage(
        all,
        OptionalInt.of(version.number()),
        newest.subList(Math.max(0, newest.size() - kept), newest.size()));
  }

  Lineage backTo(int version) {
    return new Lineage(versions, OptionalInt.of(version), recipes);
  }

  /** Whether a version's model is still there to begin from and to go back to. */
  boolean keeps(int number, FederationBounds bounds) {
    return number > versions.size() - bounds.versions() || OptionalInt.of(number).equals(current);
  }

  /**
   * How many versions one is ahead of another, along the line that leads to it: steps back to the
   * first that is not newer than the base.
   */
  int staleness(OptionalInt version, OptionalInt base) {
    int steps = 0;
    OptionalInt at = version;
    while (base.isPresent() && at.isPresent() && at.getAsInt() > base.getAsInt()) {
      at = find(at.getAsInt()).map(Version::parent).orElse(OptionalInt.empty());
      steps++;
    }
    return steps;
  }

  /** The models that must stay. */
  Set<ModelId> models(FederationBounds bounds) {
    Set<ModelId> kept = new HashSet<>();
    versions.stream()
        .filter(version -> keeps(version.number(), bounds))
        .forEach(
            version -> {
              kept.add(version.model());
              version.serverState().ifPresent(kept::add);
            });
    for (Recipe recipe : recipes) {
      recipe.global().ifPresent(kept::add);
      recipe.serverState().ifPresent(kept::add);
      for (Ingredient ingredient : recipe.ingredients()) {
        kept.add(ingredient.model());
        ingredient.base().ifPresent(kept::add);
      }
    }
    return kept;
  }
}
