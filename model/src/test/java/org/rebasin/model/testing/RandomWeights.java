package org.rebasin.model.testing;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Parameter;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/** Normally distributed tensors and weights, drawn from a seed. */
public final class RandomWeights {
  private RandomWeights() {}

  /** A tensor of standard normal values; the caller closes it. */
  public static Tensor gaussian(long seed, int... shape) {
    return Tensor.of(gaussians(seed, Tensor.sizeOf(shape)), shape);
  }

  /** Standard normal values on the heap. */
  public static float[] gaussians(long seed, int length) {
    Random random = new Random(seed);
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** Standard normal values for all parameters; the caller closes them. */
  public static Weights gaussian(long seed, Network network) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Parameter parameter : network.parameters()) {
      tensors.put(parameter.name(), gaussian(seed + tensors.size(), parameter.dimensions()));
    }
    return new Weights(tensors);
  }
}
