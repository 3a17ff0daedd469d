package org.rebasin.model.network;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * Outputs of single operators against those of PyTorch, which {@code operator_outputs.py} beside
 * the file has written.
 */
class OperatorOutputTest {
  private static final List<Integer> IMAGE = List.of(4, 5, 3);
  private static final Window ODD = new Window(3, 2, 2, 1, 1, 1);
  private static final Map<String, float[]> EXPECTED = new HashMap<>();

  @BeforeAll
  static void readOutputs() throws IOException {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                OperatorOutputTest.class.getResourceAsStream("operator_outputs.txt"),
                StandardCharsets.US_ASCII))) {
      for (String line : lines.lines().toList()) {
        String[] parts = line.split(" ");
        float[] numbers = new float[parts.length - 1];
        for (int i = 0; i < numbers.length; i++) {
          numbers[i] = Float.parseFloat(parts[i + 1]);
        }
        EXPECTED.put(parts[0], numbers);
      }
    }
  }

  @Test
  void convolutionsAreThoseOfPyTorch() {
    Window window = new Window(3, 2, 2, 1, 2, 1);
    check("convolution", new Convolution("w", Optional.of("b"), 4, 3, window, 1));
    Window pixel = Window.square(1, 1, 0);
    check("convolution-one-pixel", new Convolution("w", Optional.of("b"), 4, 2, pixel, 1));
    Window strided = Window.square(1, 2, 0);
    check(
        "convolution-one-pixel-strided", new Convolution("w", Optional.empty(), 4, 2, strided, 1));
  }

  @Test
  void groupedConvolutionsAreThoseOfPyTorch() {
    Window wide = new Window(3, 3, 3, 2, 1, 1);
    check("convolution-two-groups", new Convolution("w", Optional.of("b"), 4, 6, wide, 2));
    check(
        "convolution-depthwise-twofold",
        new Convolution("w", Optional.empty(), 4, 8, Window.square(3, 2, 1), 4));
    Window even = new Window(2, 2, 2, 3, 1, 1);
    check("convolution-depthwise", new Convolution("w", Optional.of("b"), 4, 4, even, 4));
  }

  @Test
  void batchNormTrainsAsPyTorchDoes() {
    try (Weights weights = weights(network(IMAGE, BatchNorm.of("n", 4)))) {
      check("batch-norm-training", BatchNorm.of("n", 4), Mode.TRAINING, weights);
      assertClose("batch-norm-running-mean", weights.get("n.running_mean").toArray());
      assertClose("batch-norm-running-variance", weights.get("n.running_var").toArray());
    }
  }

  @Test
  void batchNormInfersFromRunningStatisticsAndMeasuresWithoutMovingThem() {
    check("batch-norm-inference", BatchNorm.of("n", 4));
    try (Weights weights = weights(network(IMAGE, BatchNorm.of("n", 4)))) {
      float[] before = weights.get("n.running_var").toArray();
      check("batch-norm-training", BatchNorm.of("n", 4), Mode.STATISTICS, weights);
      assertEquals(
          Arrays.toString(before), Arrays.toString(weights.get("n.running_var").toArray()));
    }
  }

  @Test
  void normsOfUnitsAreThoseOfPyTorch() {
    Network batchNorm = network(List.of(4), BatchNorm.of("n", 4));
    try (Weights weights = weights(batchNorm)) {
      check("batch-norm-units", batchNorm, Mode.TRAINING, weights);
    }
    Network layerNorm = network(List.of(4), new LayerNorm("w", "b", 4, 1e-6));
    try (Weights weights = weights(layerNorm)) {
      check("layer-norm-units", layerNorm, Mode.INFERENCE, weights);
    }
  }

  @Test
  void normsOfSingleExamplesAreThoseOfPyTorch() {
    check("layer-norm", new LayerNorm("w", "b", 4, 1e-6));
    check("group-norm-one", new GroupNorm("w", "b", 4, 1, 1e-5));
    check("group-norm-two", new GroupNorm("w", "b", 4, 2, 1e-5));
    check("instance-norm", new InstanceNorm(Optional.of("w"), Optional.of("b"), 4, 1e-5));
    check("instance-norm-plain", new InstanceNorm(Optional.empty(), Optional.empty(), 4, 1e-3));
  }

  @Test
  void activationsAreThoseOfPyTorch() {
    check("leaky-relu", new LeakyRelu(0.125f));
    check("prelu", new Prelu("w", 4));
    check("prelu-one", new Prelu("w", 1));
    check("tanh", new Tanh());
  }

  @ParameterizedTest
  @CsvSource({"gelu", "gelu-tanh", "silu", "sigmoid"})
  void saturatingActivationsAreThoseOfPyTorch(String name) {
    Operator operator =
        switch (name) {
          case "gelu" -> new Gelu(false);
          case "gelu-tanh" -> new Gelu(true);
          case "silu" -> new Silu();
          default -> new Sigmoid();
        };
    Network network = network(IMAGE, operator);
    try (Tensor input = inputs(4, IMAGE);
        Weights none = weights(network)) {
      check(name, network, Mode.INFERENCE, none, input);
    }
  }

  @Test
  void poolsAreThoseOfPyTorch() {
    check("max-pool", new MaxPool(ODD));
    check("average-pool-with-padding", new AveragePool(ODD, true));
    check("average-pool", new AveragePool(ODD, false));
    check("global-average-pool", new GlobalAveragePool());
  }

  @Test
  void shortcutsAndConcatenationsAreThoseOfPyTorch() {
    check("padding-shortcut", new PaddingShortcut(2, 1, 2));
    Network.Builder builder = Network.builder("test", IMAGE);
    int relu = builder.add("relu", new LeakyRelu(0.125f), List.of(0));
    builder.add("joined", new Concatenation(2), List.of(0, relu));
    Network network = builder.then("flat", new Flatten(List.of(8, 5, 3))).build();
    try (Weights none = weights(network)) {
      check("concatenation", network, Mode.INFERENCE, none);
    }
  }

  private static void check(String name, Operator operator) {
    try (Weights weights = weights(network(IMAGE, operator))) {
      check(name, operator, Mode.INFERENCE, weights);
    }
  }

  private static void check(String name, Operator operator, Mode mode, Weights weights) {
    check(name, network(IMAGE, operator), mode, weights);
  }

  private static void check(String name, Network network, Mode mode, Weights weights) {
    try (Tensor input = inputs(1, network.inputShape())) {
      check(name, network, mode, weights, input);
    }
  }

  private static void check(
      String name, Network network, Mode mode, Weights weights, Tensor input) {
    Execution execution =
        switch (mode) {
          case TRAINING -> Execution.forTraining(network, 3);
          case STATISTICS -> Execution.forStatistics(network, 3);
          case INFERENCE -> Execution.forInference(network, 3);
        };
    try (execution) {
      float[] output = execution.forward(weights, input, 2).toArray();
      assertClose(name, Arrays.copyOf(output, output.length / 3 * 2));
    }
  }

  private static void assertClose(String name, float[] found) {
    float[] expected = EXPECTED.get(name);
    assertEquals(expected.length, found.length, name);
    for (int i = 0; i < found.length; i++) {
      assertEquals(expected[i], found[i], 2e-6f + 2e-6f * Math.abs(expected[i]), name + " at " + i);
    }
  }

  /** The operator, and a flattening where it makes images: channels first, as PyTorch's are. */
  private static Network network(List<Integer> input, Operator operator) {
    Network.Builder builder = Network.builder("test", input).then("operator", operator);
    List<Integer> made = operator.outputShape(List.of(input));
    if (made.size() == 3) {
      builder.then("flat", new Flatten(made));
    }
    return builder.build();
  }

  /** Two examples, and a third that is not in the batch and must change nothing. */
  private static Tensor inputs(float scale, List<Integer> shape) {
    int size = shape.stream().reduce(1, Math::multiplyExact);
    int[] dimensions = new int[shape.size() + 1];
    dimensions[0] = 3;
    for (int axis = 0; axis < shape.size(); axis++) {
      dimensions[axis + 1] = shape.get(axis);
    }
    float[] values = new float[3 * size];
    for (int i = 0; i < 2 * size; i++) {
      values[i] = scale * ((i * 7 + 3) % 11 - 5) / 4f;
    }
    Arrays.fill(values, 2 * size, 3 * size, Float.NaN);
    return Tensor.of(values, dimensions);
  }

  /** Scales and variances are made positive; everything else is centred. */
  private static Weights weights(Network network) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Parameter parameter : network.parameters()) {
      boolean norm = network.nodes().get(0).operator().kind().endsWith("norm");
      boolean scale =
          norm
              && (parameter.name().endsWith("w")
                  || parameter.name().endsWith("weight")
                  || parameter.name().endsWith("var"));
      Tensor tensor = Tensor.allocate(parameter.dimensions());
      for (int i = 0; i < tensor.size(); i++) {
        tensor.values().put(i, ((i * 5 + 1) % 7 - 3) / 8f + (scale ? 1 : 0));
      }
      tensors.put(parameter.name(), tensor);
    }
    return new Weights(tensors);
  }
}
