package org.rebasin.model.network;

import java.util.SplittableRandom;
import org.rebasin.model.tensor.Tensor;

/** Inputs for tests, drawn from a seed. */
public final class RandomNetworks {
  private RandomNetworks() {}

  /** A tensor of values in (−1, 1). */
  public static Tensor tensor(long seed, int... shape) {
    SplittableRandom random = new SplittableRandom(seed);
    Tensor tensor = Tensor.allocate(shape);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.values().put(i, (float) random.nextDouble(-1, 1));
    }
    return tensor;
  }
}
