package org.rebasin.model.testing;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.rebasin.model.data.StableRandom;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Parameter;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/** Tensors, weights and permutations drawn from a seed. */
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

  /** Adds normal noise to each tensor, {@code fraction} of its own standard deviation. */
  public static void addNoise(Weights weights, double fraction, long seed) {
    Random random = new Random(seed);
    for (Tensor tensor : weights.tensors().values()) {
      float[] values = tensor.toArray();
      double squares = 0;
      for (float value : values) {
        squares += (double) value * value;
      }
      double deviation = Math.sqrt(squares / values.length);
      for (int i = 0; i < values.length; i++) {
        values[i] += (float) (fraction * deviation * random.nextGaussian());
      }
      tensor.values().put(0, values);
    }
  }

  /** A random permutation of every group. */
  public static Permutations permutations(PermutationSpec spec, long seed) {
    StableRandom random = new StableRandom(seed);
    return new Permutations(
        spec.groups().stream()
            .map(group -> Permutation.of(random.permutation(group.size())))
            .toList());
  }

  /** The permutations that undo others. */
  public static Permutations inverse(Permutations permutations) {
    List<Permutation> inverses = permutations.byGroup().stream().map(Permutation::inverse).toList();
    return new Permutations(inverses);
  }
}
