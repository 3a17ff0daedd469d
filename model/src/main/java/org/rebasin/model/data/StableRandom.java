package org.rebasin.model.data;

/**
 * A stream of random numbers that is the same on every Java version and machine. It is SplitMix64
 * (Steele, Lea, Flood, OOPSLA 2014); {@link java.util.SplittableRandom} happens to be the same
 * generator today, but its contract leaves the algorithm, and how ranges are drawn, open.
 *
 * <p>Not safe for use from several threads: give each its own, seeded through {@link Seeds}.
 */
public final class StableRandom {
  private long state;

  public StableRandom(long seed) {
    this.state = seed;
  }

  /** 64 uniformly random bits. */
  public long nextLong() {
    state += Seeds.GOLDEN_GAMMA;
    return Seeds.finish(state);
  }

  /**
   * A uniform integer in {@code [0, bound)}, without bias.
   *
   * @throws IllegalArgumentException if the bound is not positive
   */
  public int nextInt(int bound) {
    if (bound <= 0) {
      throw new IllegalArgumentException("bound: expected more than 0, found " + bound);
    }
    while (true) {
      int bits = (int) (nextLong() >>> 33);
      int value = bits % bound;
      // The last, incomplete run of "bound" integers below 2^31 would favour small values.
      if (bits - value + (bound - 1) >= 0) {
        return value;
      }
    }
  }

  /** A uniform multiple of 2^-53 in {@code [0, 1)}. */
  public double nextDouble() {
    return (nextLong() >>> 11) * 0x1.0p-53;
  }

  /** A uniform number between {@code low} and {@code high}. */
  public double between(double low, double high) {
    return low + (high - low) * nextDouble();
  }

  /** True with the given probability. */
  public boolean chance(double probability) {
    return nextDouble() < probability;
  }

  /** The integers 0 … size − 1 in uniformly random order (Fisher and Yates); O(size). */
  public int[] permutation(int size) {
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      int j = nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}
