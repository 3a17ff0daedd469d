package org.rebasin.model.alignment;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.rebasin.model.data.Seeds;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.Weights;

/**
 * Brings many models into one order by moving all of them at once (C²M³, Crisostomi et al.,
 * "Cycle-Consistent Multi-Model Merging", 2024): each model has permutations into a common
 * universe, so that {@code P_AB = P_A·P_Bᵀ} is cycle-consistent by construction, and the sum over
 * all pairs of models is maximised by the method of Frank and Wolfe over doubly stochastic
 * matrices.
 *
 * <p>An iteration linearises the objective, finds for every model and group the permutation that is
 * best for the linear function, and moves all matrices towards them at once, by the step that is
 * best for the objective itself: on that line it is a polynomial of degree four, whose coefficients
 * are computed, so the search is exact and the objective never falls. Where that rests, matrices
 * are rounded one after the other, which does not lower it either, as it is linear in any one of
 * them. Rounds of {@link MergeMany} follow.
 *
 * <p>It begins half-way between the first rounds of {@link MergeMany} in several orders of the
 * models. Where these agree, the matrices begin as permutations; where they do not, several remain
 * possible. The paper begins with identities, which takes more iterations and ends lower; a single
 * end of {@link MergeMany} is a local maximum, from which no iteration moves.
 *
 * <p>Holds about three times the models' memory besides the models.
 */
public final class CycleConsistentMatching {
  private CycleConsistentMatching() {}

  /**
   * What decides the result, with the weights.
   *
   * @param seed of the orders in which {@link MergeMany} visits models and groups
   * @param starts orders of the models to begin between; 0 begins with identities
   * @param maximumIterations of Frank and Wolfe
   * @param tolerance it rests when an iteration gains no more than this part of the objective
   */
  public record Settings(long seed, int starts, int maximumIterations, double tolerance) {
    /** Checks the numbers. */
    public Settings {
      if (starts < 0) {
        throw new IllegalArgumentException("expected starts of at least 0, found " + starts);
      }
      if (maximumIterations < 1) {
        throw new IllegalArgumentException(
            "expected at least 1 iteration, found " + maximumIterations);
      }
      if (!(tolerance >= 0)) {
        throw new IllegalArgumentException(
            "expected a tolerance of at least 0, found " + tolerance);
      }
    }

    /** Three starts, at most 200 iterations, down to a relative gain of 1e-6. */
    public static Settings withSeed(long seed) {
      return new Settings(seed, 3, 200, 1e-6);
    }
  }

  /**
   * Aligns all models.
   *
   * @param spec of the network they belong to
   * @param models at least two; read only
   * @return permutations into the order of the first model, the progress of the iterations and of
   *     the rounds after them; the same for the same input, on any number of threads
   */
  public static ManyAlignment align(PermutationSpec spec, List<Weights> models, Settings settings) {
    ManyModelObjective.requireAlike(models);
    long started = System.nanoTime();
    List<Permutations> identities = Collections.nCopies(models.size(), spec.identity());
    List<List<Permutations>> starts = new ArrayList<>();
    int matchings = settings.starts() * (models.size() - 1);
    for (int start = 0; start < settings.starts(); start++) {
      starts.add(
          MergeMany.firstRound(
              spec, models, Seeds.mix(Seeds.mix(settings.seed(), "start"), start)));
    }
    if (starts.isEmpty()) {
      starts.add(identities);
    }
    List<Double> progress = new ArrayList<>();
    List<Permutations> rounded;
    try (FrankWolfe search = new FrankWolfe(spec, models, starts)) {
      double pairs = models.size() * (models.size() - 1) / 2.0;
      search.iterate(settings.maximumIterations(), settings.tolerance()).stream()
          .map(sum -> sum / pairs)
          .forEach(progress::add);
      rounded = search.round();
    }
    ManyAlignment refined =
        MergeMany.refine(spec, models, rounded, MergeMany.Settings.withSeed(settings.seed()));
    progress.addAll(refined.progress());
    return new ManyAlignment(
        "cycle-consistent",
        refined.permutations(),
        ManyModelObjective.of(spec, models, identities),
        refined.objective(),
        progress,
        matchings + refined.matchings(),
        (System.nanoTime() - started) / 1e9,
        settings.seed());
  }
}
