package org.rebasin.model.testing;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Parameter;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/** What networks compute, on the heap. */
public final class Logits {
  private Logits() {}

  /** The outputs for a batch of inputs, one after the other. */
  public static float[] of(Network network, Weights weights, float[] inputs) {
    int batch = inputs.length / network.inputs();
    int[] shape =
        IntStream.concat(
                IntStream.of(batch), network.inputShape().stream().mapToInt(Integer::intValue))
            .toArray();
    try (Execution execution = Execution.forInference(network, batch);
        Tensor input = Tensor.of(inputs, shape)) {
      float[] logits = new float[batch * network.outputs()];
      execution.forward(weights, input, batch).values().get(0, logits);
      return logits;
    }
  }

  /**
   * Weights of a size at which values neither vanish nor explode, with running statistics as they
   * could be; the caller closes them.
   */
  public static Weights plausibleWeights(long seed, Network network) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Parameter parameter : network.parameters()) {
      float[] values =
          RandomWeights.gaussians(seed + tensors.size(), Tensor.sizeOf(parameter.dimensions()));
      double fanIn =
          parameter.shape().stream()
              .skip(1)
              .mapToDouble(length -> length)
              .reduce(1, (a, b) -> a * b);
      boolean variance = !parameter.trainable() && parameter.name().contains("var");
      for (int i = 0; i < values.length; i++) {
        float scaled = (float) (values[i] / Math.sqrt(fanIn));
        values[i] = variance ? 0.5f + Math.abs(scaled) : scaled;
      }
      tensors.put(parameter.name(), Tensor.of(values, parameter.dimensions()));
    }
    return new Weights(tensors);
  }
}
