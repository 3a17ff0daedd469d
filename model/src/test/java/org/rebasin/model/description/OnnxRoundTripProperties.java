package org.rebasin.model.description;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.testing.OperatorSamples;
import org.rebasin.model.testing.RandomWeights;

class OnnxRoundTripProperties {
  @Property(tries = 80, seed = "1")
  void aNetworkWrittenAsOnnxIsReadBackWithItsWeights(
      @ForAll long seed, @ForAll @IntRange(max = 10) int operators) throws IOException {
    Network network = OperatorSamples.network(seed, operators);
    Path file = Files.createTempFile("network", ".onnx");
    try (Weights weights = RandomWeights.gaussian(seed, network)) {
      OnnxWriter.write(file, network, weights);
      OnnxModel read = OnnxModel.read(file);
      assertEquals(network.inputShape(), read.network().inputShape());
      assertEquals(network.nodes(), read.network().nodes());
      try (Weights same = read.weights()) {
        assertEquals(List.copyOf(weights.names()), List.copyOf(same.names()));
        weights
            .tensors()
            .forEach(
                (name, tensor) -> assertEquals(tensor.values(), same.get(name).values(), name));
      }
    } finally {
      Files.delete(file);
    }
  }
}
