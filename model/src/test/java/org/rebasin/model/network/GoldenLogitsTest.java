package org.rebasin.model.network;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rebasin.model.architecture.Architecture;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * Whole networks compute what torchvision's, and PyTorch's layers put together in the same way,
 * compute in double precision. {@code golden_logits.py} among the test resources made the numbers.
 */
class GoldenLogitsTest {
  private static final int IMAGE_SEED = 1000;

  /** Numbers in {@code [-½, ½)} that look random: MurmurHash3's last mix of index and seed. */
  private static double hashed(int seed, int index) {
    int x = index + seed * 0x9E3779B9;
    x = (x ^ x >>> 16) * 0x85EBCA6B;
    x = (x ^ x >>> 13) * 0xC2B2AE35;
    x ^= x >>> 16;
    return Integer.toUnsignedLong(x) / 0x1p32 - 0.5;
  }

  private static Weights weights(Network network) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Parameter parameter : network.parameters()) {
      int[] shape = parameter.dimensions();
      float[] values = new float[Tensor.sizeOf(shape)];
      boolean dense = shape.length > 1;
      double scale = dense ? Math.sqrt(24.0 * shape[0] / values.length) : 1;
      boolean aroundOne =
          !dense && (parameter.name().endsWith("weight") || parameter.name().endsWith("var"));
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (scale * hashed(tensors.size(), i) + (aroundOne ? 1 : 0));
      }
      tensors.put(parameter.name(), Tensor.of(values, shape));
    }
    return new Weights(tensors);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "resnet20:norm=layer,shortcut=conv3,classes=3,image=16; -4.054267 3.096762 -1.143951",
        "resnet20:norm=batch,shortcut=conv1,classes=3,image=16; -10.84021 17.48573 -10.5654",
        "resnet20:norm=batch,shortcut=pad,classes=3,image=16; 17.01967 -9.595433 74.30759",
        "resnet20:norm=group1,shortcut=conv3,classes=3,image=16; -3.904336 3.106054 -1.429702",
        "resnet18:classes=3,image=64; -13.48093 -55.87372 -46.30757",
        "resnet50:classes=3,image=64; 3169.487 -5903.248 2940.59",
        "vgg11:width=4,norm=none,classes=3,image=224,hidden=8; 0.7320903 0.7867126 -1.750906",
        "vgg16:width=4,norm=batch,classes=3,image=224,hidden=8; 14.41791 7.174445 24.44174",
        "vgg13:width=4,norm=none,classes=3,image=64,hidden=8; 2.275724 0.1232618 -3.218593",
        "vgg19:width=4,norm=batch,classes=3,image=32,hidden=8; 0.3097935 -0.5923041 -1.334162"
      })
  void logitsAreTorchvisions(String architecture, String logits) {
    Network network = Architecture.parse(architecture).network();
    double[] expected = Arrays.stream(logits.split(" ")).mapToDouble(Double::parseDouble).toArray();
    float[] image = new float[network.inputs()];
    for (int i = 0; i < image.length; i++) {
      image[i] = (float) (2 * hashed(IMAGE_SEED, i));
    }
    try (Weights weights = weights(network);
        Tensor input = Tensor.of(image, 1, image.length);
        Execution execution = Execution.forInference(network, 1)) {
      float[] found = execution.forward(weights, input, 1).toArray();
      double tolerance = 1e-4 * Arrays.stream(expected).map(Math::abs).max().orElseThrow();
      for (int i = 0; i < expected.length; i++) {
        assertEquals(expected[i], found[i], tolerance);
      }
    }
  }
}
