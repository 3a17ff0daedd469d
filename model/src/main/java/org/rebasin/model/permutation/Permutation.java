package org.rebasin.model.permutation;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A new order of {@code n} units: slot {@code i} takes the old unit {@code get(i)}. Applied by
 * gathering, never by a matrix product, so it moves values and changes none. Immutable.
 */
public final class Permutation {
  private final int[] sources;

  private Permutation(int[] sources) {
    this.sources = sources;
  }

  /** The order that changes nothing. */
  public static Permutation identity(int size) {
    return new Permutation(IntStream.range(0, size).toArray());
  }

  /**
   * Slot {@code i} takes unit {@code sources[i]}; copies.
   *
   * @throws IllegalArgumentException unless each of {@code 0 … n − 1} is there once
   */
  public static Permutation of(int... sources) {
    boolean[] seen = new boolean[sources.length];
    for (int slot = 0; slot < sources.length; slot++) {
      int source = sources[slot];
      if (source < 0 || source >= sources.length || seen[source]) {
        throw new IllegalArgumentException(
            "not a permutation of %d units: slot %d takes unit %d%s"
                .formatted(
                    sources.length,
                    slot,
                    source,
                    source >= 0 && source < sources.length ? " again" : ""));
      }
      seen[source] = true;
    }
    return new Permutation(sources.clone());
  }

  /** The number of units. */
  public int size() {
    return sources.length;
  }

  /** The unit that a slot takes. */
  public int get(int slot) {
    return sources[slot];
  }

  /** All sources; a copy. */
  public int[] toArray() {
    return sources.clone();
  }

  /** How many slots take another unit than their own. */
  public int moved() {
    return (int) IntStream.range(0, sources.length).filter(i -> sources[i] != i).count();
  }

  /** The permutation that undoes this one. */
  public Permutation inverse() {
    int[] inverse = new int[sources.length];
    for (int slot = 0; slot < sources.length; slot++) {
      inverse[sources[slot]] = slot;
    }
    return new Permutation(inverse);
  }

  /** First {@code first}, then this one: slot {@code i} takes {@code first.get(get(i))}. */
  public Permutation after(Permutation first) {
    if (first.size() != size()) {
      throw new IllegalArgumentException(
          "permutation sizes differ: %d != %d".formatted(size(), first.size()));
    }
    return new Permutation(Arrays.stream(sources).map(first::get).toArray());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Permutation permutation && Arrays.equals(sources, permutation.sources);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(sources);
  }

  @Override
  public String toString() {
    return "Permutation" + Arrays.toString(sources);
  }
}
