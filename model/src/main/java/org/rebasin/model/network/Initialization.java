package org.rebasin.model.network;

import java.nio.FloatBuffer;
import java.util.random.RandomGenerator;

/** How the values of a fresh parameter are drawn. */
@FunctionalInterface
public interface Initialization {
  /** Fills all of {@code values}, drawing from {@code random} in a fixed order. */
  void fill(FloatBuffer values, RandomGenerator random);

  /** Uniform in {@code (−bound, bound)}. */
  static Initialization uniform(double bound) {
    return (values, random) -> {
      for (int i = 0; i < values.limit(); i++) {
        values.put(i, (float) ((2 * random.nextDouble() - 1) * bound));
      }
    };
  }
}
