package org.rebasin.model.description;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rebasin.model.architecture.Architecture;
import org.rebasin.model.network.Network;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.RandomPermutations;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.testing.Logits;
import org.rebasin.model.testing.RandomWeights;

class OnnxModelTest {
  private static final float TOLERANCE = 1e-4f;

  @TempDir Path directory;

  /** The golden numbers are PyTorch's own; export.py, beside the files, made both. */
  @ParameterizedTest
  @ValueSource(strings = {"mlp", "resnet", "resnet-folded", "norms", "norms-17", "joined"})
  void aModelExportedFromPyTorchComputesWhatPyTorchDoes(String name)
      throws IOException, URISyntaxException {
    OnnxModel model = OnnxModel.read(resource(name + ".onnx"));
    float[] input = floats(name + ".input");
    float[] output = floats(name + ".output");
    try (Weights weights = model.weights()) {
      assertArrayEquals(output, Logits.of(model.network(), weights, input), 5e-6f);
      // The padded shortcut holds the channels on both of its sides in their places.
      assertEquals(
          name.startsWith("norms"), PermutationSpec.of(model.network()).groups().isEmpty());
      assertPermutedModelsAgree(model.network(), weights, input, output);
    }
  }

  @Test
  void parametersHaveTheNamesAndShapesThatPyTorchGaveThem() throws URISyntaxException {
    Network network = OnnxModel.read(resource("resnet.onnx")).network();
    assertEquals(
        "layers.1.conv1 = convolution(layers.0/Relu_1, out=6, kernel=3, stride=2, padding=1, bias=none)"
            .replace("layers.0/Relu_1", "/layers/layers.0/Relu_1"),
        network
            .architecture()
            .lines()
            .filter(line -> line.contains("1.conv1 ="))
            .findFirst()
            .get());
    assertEquals(network.nodes(), Architecture.parse(network.architecture()).network().nodes());
  }

  /** The text of a network, the seed of whose weights follows from it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "mlp:12-9-9-4",
        "mlp:12-9-9-4,leaky-relu=0.1",
        "graph:\ninput x 3x8x8\n"
            + "a = convolution(x, out=6, kernel=3, padding=1)\nb = batch-norm(a)\nc = relu(b)\n"
            + "d = max-pool(c, kernel=2)\n"
            + "e = convolution(d, out=8, kernel=3, padding=1, bias=none)\nf = batch-norm(e)\n"
            + "g = relu(f)\nh = max-pool(g, kernel=2)\ni = flatten(h)\n"
            + "j = dense(i, out=10)\nk = relu(j)\nl = dropout(k)\nm = dense(l, out=4)\noutput m\n",
        "graph:\ninput x 3x8x8\n"
            + "a = convolution(x, out=4, kernel=3, padding=1, bias=none)\nb = batch-norm(a)\n"
            + "c = relu(b)\nc1 = convolution(c, out=5, kernel=3, padding=1)\nc2 = silu(c1)\n"
            + "d = convolution(c2, out=4, kernel=3, padding=1, bias=none)\ne = batch-norm(d)\n"
            + "f = addition(e, c)\ng = relu(f)\n"
            + "h = convolution(g, out=6, kernel=3, stride=2, padding=1)\ni = group-norm(h, groups=1)\n"
            + "j = convolution(g, out=6, kernel=1, stride=2)\nk = layer-norm(j)\n"
            + "l = addition(i, k)\nm = gelu(l)\nn = global-average-pool(m)\no = flatten(n)\n"
            + "p = dense(o, out=5)\noutput p\n",
      })
  void aModelWrittenReadAndPermutedComputesTheSame(String text) throws IOException {
    Network network = Architecture.parse(text).network();
    float[] input = RandomWeights.gaussians(7, 3 * network.inputs());
    Path file = directory.resolve("model.onnx");
    try (Weights weights = Logits.plausibleWeights(text.hashCode(), network)) {
      float[] expected = Logits.of(network, weights, input);
      assertTrue(spread(expected) > 0.01, "outputs that tell functions apart");
      OnnxWriter.write(file, network, weights);
      OnnxModel read = OnnxModel.read(file);
      assertEquals(network.nodes(), read.network().nodes());
      try (Weights same = read.weights()) {
        assertArrayEquals(expected, Logits.of(read.network(), same, input));
        assertFalse(PermutationSpec.of(read.network()).groups().isEmpty());
        assertPermutedModelsAgree(read.network(), same, input, expected);
      }
    }
  }

  private static double spread(float[] values) {
    float[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length - 1] - sorted[0];
  }

  private static void assertPermutedModelsAgree(
      Network network, Weights weights, float[] input, float[] expected) {
    PermutationSpec spec = PermutationSpec.of(network);
    try (Weights permuted = RandomPermutations.of(spec, 3).apply(spec, weights)) {
      assertArrayEquals(expected, Logits.of(network, permuted, input), TOLERANCE);
    }
  }

  private static Path resource(String name) throws URISyntaxException {
    return Path.of(OnnxModelTest.class.getResource(name).toURI());
  }

  private static float[] floats(String name) throws IOException, URISyntaxException {
    ByteBuffer bytes =
        ByteBuffer.wrap(Files.readAllBytes(resource(name))).order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(values);
    return values;
  }
}
