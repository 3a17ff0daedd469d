package org.rebasin.model.alignment;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.rebasin.model.data.Seeds;
import org.rebasin.model.data.StableRandom;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.Weights;

/**
 * Brings many models into one order (Git Re-Basin, appendix A.10, algorithm 3): each in turn is
 * aligned to the mean of all the others by weight matching, in an order drawn from the seed, until
 * none comes closer to that mean. {@link ManyModelObjective} never falls from the second round on.
 *
 * <p>The first round is progressive: models enter one after the other, each aligned to the mean of
 * those already in. In the paper's first round all others count, though they are in no common order
 * yet and their mean says little. Later rounds descend from the permutations a model has. A model
 * is passed over if no other has changed since its last turn.
 *
 * <p>Holds one sum of all models (float32, tensors with a permuted axis only) and one set of score
 * matrices, however many models there are: permuted copies are never made.
 */
public final class MergeMany {
  private final PermutationSpec spec;
  private final List<Weights> models;
  private final Settings settings;
  private final List<Permutations> permutations;
  private final List<Double> progress = new ArrayList<>();
  private int matchings;

  /**
   * What decides the result, with the weights.
   *
   * @param seed of the order of the models, and in which their groups are visited
   * @param maximumRounds rounds at most, the first one included
   * @param tolerance a model has come closer if its squared distance from the others' mean fell by
   *     more than this part
   */
  public record Settings(long seed, int maximumRounds, double tolerance) {
    /** Checks the numbers. */
    public Settings {
      if (maximumRounds < 1) {
        throw new IllegalArgumentException("expected at least 1 round, found " + maximumRounds);
      }
      if (!(tolerance >= 0)) {
        throw new IllegalArgumentException(
            "expected a tolerance of at least 0, found " + tolerance);
      }
    }

    /** Until the models rest: at most 100 rounds, down to a part of 1e-9. */
    public static Settings withSeed(long seed) {
      return new Settings(seed, 100, 1e-9);
    }
  }

  private MergeMany(
      PermutationSpec spec,
      List<Weights> models,
      List<Permutations> permutations,
      Settings settings) {
    this.spec = spec;
    this.models = models;
    this.permutations = new ArrayList<>(permutations);
    this.settings = settings;
  }

  /**
   * Aligns all models.
   *
   * @param spec of the network they belong to
   * @param models at least two; read only
   * @return permutations into the order of the first model; the same for the same input, on any
   *     number of threads
   */
  public static ManyAlignment align(PermutationSpec spec, List<Weights> models, Settings settings) {
    ManyModelObjective.requireAlike(models);
    long started = System.nanoTime();
    List<Permutations> identities = Collections.nCopies(models.size(), spec.identity());
    MergeMany merge = new MergeMany(spec, models, identities, settings);
    try (PermutedSum sum = new PermutedSum(spec, models.get(0))) {
      merge.enter(sum);
      merge.descend(sum);
    }
    return merge.result("merge-many", identities, started);
  }

  /** The first round alone, in an order drawn from the seed. */
  static List<Permutations> firstRound(PermutationSpec spec, List<Weights> models, long seed) {
    List<Permutations> identities = Collections.nCopies(models.size(), spec.identity());
    MergeMany merge = new MergeMany(spec, models, identities, Settings.withSeed(seed));
    try (PermutedSum sum = new PermutedSum(spec, models.get(0))) {
      merge.enter(sum);
    }
    return ManyAlignment.inOrderOfFirst(merge.permutations);
  }

  /** Rounds of alignment to the others' mean from given permutations; the objective never falls. */
  static ManyAlignment refine(
      PermutationSpec spec, List<Weights> models, List<Permutations> start, Settings settings) {
    long started = System.nanoTime();
    MergeMany merge = new MergeMany(spec, models, start, settings);
    try (PermutedSum sum = new PermutedSum(spec, models.get(0))) {
      merge.descend(sum);
    }
    return merge.result("merge-many", start, started);
  }

  private ManyAlignment result(String method, List<Permutations> before, long started) {
    return new ManyAlignment(
        method,
        ManyAlignment.inOrderOfFirst(permutations),
        ManyModelObjective.of(spec, models, before),
        ManyModelObjective.of(spec, models, permutations),
        progress,
        matchings,
        (System.nanoTime() - started) / 1e9,
        settings.seed());
  }

  private int[] order(int round) {
    return new StableRandom(Seeds.mix(Seeds.mix(settings.seed(), "model order"), round))
        .permutation(models.size());
  }

  private long matchingSeed(int round, int model) {
    return Seeds.mix(Seeds.mix(settings.seed(), "matching"), round, model);
  }

  /** The first round: each model is aligned to the sum of those before it. */
  private void enter(PermutedSum sum) {
    boolean first = true;
    for (int model : order(0)) {
      if (!first) {
        permutations.set(
            model,
            WeightMatching.align(
                    spec,
                    sum.weights(),
                    models.get(model),
                    new WeightMatching.Settings(matchingSeed(0, model), 0, Optional.empty()))
                .permutations());
        matchings++;
      }
      sum.add(1, models.get(model), permutations.get(model));
      first = false;
    }
    progress.add(ManyModelObjective.of(spec, models, permutations));
  }

  private void descend(PermutedSum sum) {
    int changes = 0;
    int[] changesSeen = new int[models.size()];
    Arrays.fill(changesSeen, -1);
    boolean rest = false;
    try (WarmMatching matching = new WarmMatching(spec, false)) {
      for (int round = progress.size(); !rest && round < settings.maximumRounds(); round++) {
        rest = true;
        // Afresh each round: adding and taking away leaves a little rounding behind.
        sum.set(models, permutations);
        for (int model : order(round)) {
          if (changesSeen[model] != changes) {
            if (comesCloser(sum, matching, model, matchingSeed(round, model))) {
              changes++;
              rest = false;
            }
            changesSeen[model] = changes;
          }
        }
        progress.add(ManyModelObjective.of(spec, models, permutations));
      }
    }
  }

  /** Aligns one model to the others; returns whether that brought it closer to their mean. */
  private boolean comesCloser(PermutedSum sum, WarmMatching matching, int model, long seed) {
    Weights weights = models.get(model);
    Permutations now = permutations.get(model);
    sum.add(-1, weights, now);
    Weights others = sum.weights();
    Permutations better = matching.match(others, weights, now, seed);
    matchings++;
    boolean closer = !better.equals(now) && falls(others, weights, now, better);
    if (closer) {
      permutations.set(model, better);
    }
    sum.add(1, weights, permutations.get(model));
    return closer;
  }

  /** Whether the squared distance from the mean of the others falls by more than the tolerance. */
  private boolean falls(Weights others, Weights model, Permutations now, Permutations better) {
    double count = models.size() - 1;
    double before = AlignmentObjective.of(spec, others, model, now);
    double after = AlignmentObjective.of(spec, others, model, better);
    double squares =
        AlignmentObjective.of(spec, model, model, spec.identity())
            + AlignmentObjective.of(spec, others, others, spec.identity()) / (count * count);
    double distance = squares - 2 * before / count;
    return 2 * (after - before) / count > settings.tolerance() * distance;
  }
}
