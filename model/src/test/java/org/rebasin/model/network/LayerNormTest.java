package org.rebasin.model.network;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.testing.RandomWeights;

class LayerNormTest {
  /** Widths with and without whole blocks, one above a chunk, and means far from zero. */
  @ParameterizedTest
  @CsvSource({"1, 0", "7, 0", "8, 0", "16, 3", "24, 0", "64, 300", "100, 0", "3000, 0"})
  void normalizesEachPositionAsInDouble(int channels, float offset) {
    int positions = 5;
    double epsilon = 1e-3;
    Network network =
        Network.builder("test", List.of(channels))
            .then("norm", new LayerNorm("w", "b", channels, epsilon))
            .build();
    try (Weights weights = RandomWeights.gaussian(1, network);
        Tensor input = RandomWeights.gaussian(2, positions, channels);
        Execution execution = Execution.forInference(network, positions)) {
      for (int i = 0; i < input.size(); i++) {
        input.values().put(i, input.values().get(i) + offset);
      }
      Tensor output = execution.forward(weights, input, positions);
      for (int position = 0; position < positions; position++) {
        double mean = 0;
        for (int c = 0; c < channels; c++) {
          mean += (double) input.values().get(position * channels + c) / channels;
        }
        double variance = 0;
        for (int c = 0; c < channels; c++) {
          double d = input.values().get(position * channels + c) - mean;
          variance += d * d / channels;
        }
        for (int c = 0; c < channels; c++) {
          int at = position * channels + c;
          double expected =
              (input.values().get(at) - mean)
                      / Math.sqrt(variance + epsilon)
                      * weights.get("w").values().get(c)
                  + weights.get("b").values().get(c);
          assertEquals(expected, output.values().get(at), 1e-5 + 1e-6 * offset, "channel " + c);
        }
      }
    }
  }
}
