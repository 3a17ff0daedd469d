package org.rebasin.model.alignment;

import java.util.List;
import org.rebasin.model.permutation.LinearAssignmentSolver;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.PermutationGroup;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.ChannelMoments;
import org.rebasin.model.tensor.CoMoments;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * Activation matching (Git Re-Basin, section 3.1): pairs the units of two networks that respond
 * alike to the same examples. Each group is one linear assignment and independent of the others, so
 * the result is the best there is.
 */
public final class ActivationMatching {
  /** A unit whose deviation is a smaller part of its mean is constant but for rounding. */
  private static final double CONSTANT = 1e-6;

  private ActivationMatching() {}

  /** What makes two units alike. */
  public enum Score {
    /** {@code E[a·b]}, the paper's: pairing by it leaves the least squared distance. */
    INNER_PRODUCT("activation"),

    /** Their correlation, whatever their scales; 0 for a unit that is constant. */
    PEARSON("activation-pearson");

    private final String method;

    Score(String method) {
      this.method = method;
    }

    /** The method's name in an {@link Alignment}. */
    public String method() {
      return method;
    }
  }

  /**
   * Aligns B to A.
   *
   * @param spec of the network both belong to
   * @param a the reference's weights, for the objectives only
   * @param b the weights of the model to align, for the objectives only
   * @param moments of A's activations, first, and B's
   * @return the permutations; the same for the same input, on any number of threads
   * @throws IllegalArgumentException if no example was added, or an activation was not finite
   */
  public static Alignment align(
      PermutationSpec spec, Weights a, Weights b, ActivationMoments moments, Score score) {
    long started = System.nanoTime();
    Permutations found = solve(spec, moments, score);
    double objective = AlignmentObjective.of(spec, a, b, found);
    return new Alignment(
        score.method(),
        found,
        AlignmentObjective.of(spec, a, b, spec.identity()),
        objective,
        1,
        (System.nanoTime() - started) / 1e9,
        0,
        List.of(objective));
  }

  /** The permutations alone, for which no weights are needed. */
  public static Permutations solve(PermutationSpec spec, ActivationMoments moments, Score score) {
    List<PermutationGroup> groups = spec.groups();
    Permutation[] found = new Permutation[groups.size()];
    for (int group = 0; group < found.length; group++) {
      requireExamples(groups.get(group), moments.moments(group));
    }
    Parallel.forEach(found.length, group -> found[group] = best(moments.moments(group), score));
    return new Permutations(List.of(found));
  }

  /**
   * What a matching maximises: Σ over all groups and slots of the {@link Score} between the slot's
   * unit of A and the unit of B that the permutations put there. No weights are needed, so it can
   * be told where {@link AlignmentObjective} cannot.
   *
   * @param permutations of B; the identity for B as it is
   */
  public static double similarity(
      ActivationMoments moments, Permutations permutations, Score score) {
    double sum = 0;
    for (int group = 0; group < permutations.byGroup().size(); group++) {
      Permutation permutation = permutations.byGroup().get(group);
      for (int slot = 0; slot < permutation.size(); slot++) {
        sum += scores(moments.moments(group), slot, score)[permutation.get(slot)];
      }
    }
    return sum;
  }

  private static void requireExamples(PermutationGroup group, CoMoments moments) {
    if (moments.count() == 0) {
      throw new IllegalArgumentException(
          group.name() + ": expected activations of at least one example, found none");
    }
    for (int unit = 0; unit < group.size(); unit++) {
      for (ChannelMoments side : List.of(moments.first(), moments.second())) {
        if (!Double.isFinite(side.mean(unit)) || !Double.isFinite(side.squares(unit))) {
          throw new IllegalArgumentException(
              "%s: expected finite activations, found a mean of %s and a variance of %s at unit %d"
                  .formatted(group.name(), side.mean(unit), side.variance(unit), unit));
        }
      }
    }
  }

  private static Permutation best(CoMoments moments, Score score) {
    int size = moments.channels();
    try (Tensor scores = Tensor.allocate(size, size)) {
      for (int row = 0; row < size; row++) {
        scores.values().put(row * size, scores(moments, row, score));
      }
      return Permutation.of(
          new LinearAssignmentSolver().maximize(scores.values(), size, size).columnOfRow());
    }
  }

  /** What slot {@code row} gains from each unit of B. */
  static float[] scores(CoMoments moments, int row, Score score) {
    ChannelMoments a = moments.first();
    ChannelMoments b = moments.second();
    double[] coMoments = moments.coMoments(row);
    float[] scores = new float[coMoments.length];
    for (int column = 0; column < scores.length; column++) {
      scores[column] =
          (float)
              switch (score) {
                case INNER_PRODUCT ->
                    coMoments[column] / moments.count() + a.mean(row) * b.mean(column);
                case PEARSON ->
                    isConstant(a, row) || isConstant(b, column)
                        ? 0
                        : coMoments[column] / Math.sqrt(a.squares(row) * b.squares(column));
              };
    }
    return scores;
  }

  private static boolean isConstant(ChannelMoments moments, int unit) {
    return moments.deviation(unit) <= CONSTANT * Math.abs(moments.mean(unit));
  }
}
