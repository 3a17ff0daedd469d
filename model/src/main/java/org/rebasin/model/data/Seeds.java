package org.rebasin.model.data;

import java.nio.charset.StandardCharsets;

/**
 * Derives independent seeds from one seed and the names or numbers of what they are for, so that no
 * two uses share a stream of random numbers and none depends on when or where it runs.
 *
 * <p>The functions are fixed for ever: changing one would change every result that was computed
 * from a seed. Names are hashed with 64-bit FNV-1a over their UTF-8 bytes (Fowler, Noll, Vo); the
 * mixing is the finaliser of SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number
 * Generators", OOPSLA 2014, with the constants of Stafford's variant 13).
 */
public final class Seeds {
  /** The odd integer nearest to 2^64 divided by the golden ratio. */
  static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private static final long FNV_OFFSET_BASIS = 0xCBF29CE484222325L;
  private static final long FNV_PRIME = 0x100000001B3L;

  private Seeds() {}

  /**
   * A seed for the use called {@code name}.
   *
   * @return {@code mix(seed, h)} with h the FNV-1a hash of the name
   */
  public static long mix(long seed, String name) {
    long hash = FNV_OFFSET_BASIS;
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xFF)) * FNV_PRIME;
    }
    return combine(seed, hash);
  }

  /**
   * A seed for the use numbered {@code values}, such as an epoch or an index. Their order matters,
   * and {@code mix(seed, a, b)} is {@code mix(mix(seed, a), b)}; for fixed values different seeds
   * give different results.
   */
  public static long mix(long seed, long... values) {
    long mixed = seed;
    for (long value : values) {
      mixed = combine(mixed, value);
    }
    return mixed;
  }

  private static long combine(long seed, long value) {
    return finish(finish(seed + GOLDEN_GAMMA) ^ value);
  }

  /** A bijection of the 64-bit integers in which each bit of the result depends on all of z. */
  static long finish(long z) {
    long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
    return b ^ (b >>> 31);
  }
}
