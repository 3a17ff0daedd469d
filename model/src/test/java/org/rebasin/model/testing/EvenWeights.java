package org.rebasin.model.testing;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Parameter;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * Random weights under which every parameter of a deep network counts: values neither grow nor
 * vanish from layer to layer, no two units are alike, and running variances are positive.
 */
public final class EvenWeights {
  // A residual network adds one such branch after the other to its stream.
  private static final double BRANCH_SCALE = 0.3;

  private EvenWeights() {}

  /** Weights drawn from a seed; the caller closes them. */
  public static Weights of(Network network, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Parameter parameter : network.parameters()) {
      tensors.put(
          parameter.name(), Tensor.of(values(parameter, random.split()), parameter.dimensions()));
    }
    return new Weights(tensors);
  }

  private static float[] values(Parameter parameter, SplittableRandom random) {
    String name = parameter.name();
    float[] values = new float[Math.toIntExact(parameter.elements())];
    if (parameter.shape().size() > 1) {
      double deviation = Math.sqrt(2.0 * parameter.shape().get(0) / values.length);
      fill(values, () -> deviation * random.nextGaussian());
    } else if (name.endsWith("running_var")) {
      fill(values, () -> random.nextDouble(0.5, 1.5));
    } else if (name.endsWith(".weight")) {
      // The last normalisation of a block, or another.
      double scale = name.matches(".*layer\\d\\.\\d+\\.bn[23]\\.weight") ? BRANCH_SCALE : 1;
      fill(values, () -> scale * (1 + 0.5 * random.nextGaussian()));
    } else {
      fill(values, () -> 0.5 * random.nextGaussian());
    }
    return values;
  }

  private static void fill(float[] values, DoubleSupplier next) {
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) next.getAsDouble();
    }
  }
}
