package org.rebasin.model.permutation;

import java.util.SplittableRandom;

/** Random permutations for tests, drawn from a seed. */
public final class RandomPermutations {
  private RandomPermutations() {}

  /** A uniformly random permutation. */
  public static Permutation of(int size, SplittableRandom random) {
    int[] sources = Permutation.identity(size).toArray();
    for (int i = size - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swapped = sources[i];
      sources[i] = sources[j];
      sources[j] = swapped;
    }
    return Permutation.of(sources);
  }

  /** One for each group. */
  public static Permutations of(PermutationSpec spec, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return new Permutations(spec.groups().stream().map(group -> of(group.size(), random)).toList());
  }
}
