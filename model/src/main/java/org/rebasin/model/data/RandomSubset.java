package org.rebasin.model.data;

import java.util.Arrays;

/**
 * Chooses examples at random, decided by a seed: of two subsets drawn with one seed from one set,
 * the larger contains the smaller, so a curve over subset sizes grows one set.
 */
public final class RandomSubset {
  private RandomSubset() {}

  /**
   * Chooses {@code count} of the examples 0 … examples − 1, every subset equally likely;
   * O(examples).
   *
   * @return the chosen indices in ascending order
   * @throws IllegalArgumentException if the count is not between 1 and the number of examples
   */
  public static int[] ofCount(int examples, int count, long seed) {
    if (count < 1 || count > examples) {
      throw new IllegalArgumentException(
          "subset: expected 1 to %d examples, found %d".formatted(examples, count));
    }
    int[] order = new StableRandom(Seeds.mix(seed, "subset")).permutation(examples);
    int[] chosen = Arrays.copyOf(order, count);
    Arrays.sort(chosen);
    return chosen;
  }

  /**
   * Chooses a share of the examples, rounded to the nearest number of them but never to none.
   *
   * @param fraction above 0, at most 1
   * @return the chosen indices in ascending order
   * @throws IllegalArgumentException if the fraction is out of range
   */
  public static int[] ofFraction(int examples, double fraction, long seed) {
    if (!(fraction > 0 && fraction <= 1)) {
      throw new IllegalArgumentException(
          "subset: expected a fraction above 0 and at most 1, found " + fraction);
    }
    return ofCount(examples, (int) Math.max(1, Math.round(examples * fraction)), seed);
  }
}
