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

  /**
   * Normal with mean 0, by Box and Muller's transformation: the generator's own normal numbers may
   * differ between Java versions.
   */
  static Initialization normal(double deviation) {
    return (values, random) -> {
      for (int i = 0; i < values.limit(); i += 2) {
        double radius = deviation * StrictMath.sqrt(-2 * StrictMath.log(1 - random.nextDouble()));
        double angle = 2 * StrictMath.PI * random.nextDouble();
        values.put(i, (float) (radius * StrictMath.cos(angle)));
        if (i + 1 < values.limit()) {
          values.put(i + 1, (float) (radius * StrictMath.sin(angle)));
        }
      }
    };
  }

  /** The same value everywhere; draws nothing. */
  static Initialization constant(double value) {
    return (values, random) -> {
      for (int i = 0; i < values.limit(); i++) {
        values.put(i, (float) value);
      }
    };
  }
}
