package org.rebasin.model.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.testing.RandomWeights;

/** What a training execution promises besides the gradients of single operators. */
class BackwardPassTest {
  private static final int[] LABELS = {2, 0, 1, 1, 2, 0, 0, 1};

  /**
   * The reference computes in double, where central differences leave eight digits, so that single
   * precision is all that may differ.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 5, 8})
  void gradientsAreThoseOfANetworkInDouble(int batch) {
    float slope = 0.1f;
    Network network = new Mlp(List.of(6, 10, 7, 3), slope).network();
    try (Weights weights = network.initialize(11);
        Weights gradients = Weights.like(weights);
        Tensor input = RandomWeights.gaussian(12, 8, 6)) {
      backward(network, weights, gradients, input, batch);

      List<double[]> parameters = new ArrayList<>();
      weights.tensors().values().forEach(tensor -> parameters.add(inDouble(tensor)));
      int index = 0;
      for (String name : weights.names()) {
        double[] values = parameters.get(index++);
        for (int i = 0; i < values.length; i++) {
          double kept = values[i];
          double step = 1e-6;
          values[i] = kept + step;
          double above = lossInDouble(List.of(6, 10, 7, 3), parameters, slope, input, batch);
          values[i] = kept - step;
          double below = lossInDouble(List.of(6, 10, 7, 3), parameters, slope, input, batch);
          values[i] = kept;
          assertEquals(
              (above - below) / (2 * step),
              gradients.get(name).values().get(i),
              2e-6,
              name + " at " + i);
        }
      }
    }
  }

  @Test
  void whatALargerBatchLeftBehindDoesNotCount() {
    Network network = Mlp.of(6, 9, 3).network();
    try (Weights weights = network.initialize(1);
        Weights expected = Weights.like(weights);
        Weights found = Weights.like(weights);
        Tensor input = RandomWeights.gaussian(2, 8, 6);
        Execution used = Execution.forTraining(network, 8)) {
      backward(network, weights, expected, input, 3);
      for (int batch : new int[] {8, 3}) {
        CrossEntropy.gradient(
            used.forward(weights, input, batch), LABELS, batch, used.outputGradient());
        used.backward(weights, found);
      }
      assertSame(expected, found);
    }
  }

  @Test
  void valueReadDirectlyAndThroughAReshapeGetsBothGradients() {
    Network.Builder builder = Network.builder("residual", List.of(5));
    int hidden = builder.add("in", new Dense("in.w", Optional.of("in.b"), 5, 4), List.of(0));
    int flat = builder.add("flat", new Flatten(List.of(4)), List.of(hidden));
    int inner = builder.add("inner", new Dense("mid.w", Optional.empty(), 4, 4), List.of(flat));
    int sum = builder.add("sum", new Addition(), List.of(hidden, inner));
    int twice = builder.add("twice", new Addition(), List.of(sum, sum));
    builder.add("out", new Dense("out.w", Optional.of("out.b"), 4, 3), List.of(twice));
    Network network = builder.build();
    try (Weights weights = RandomWeights.gaussian(21, network);
        Weights gradients = Weights.like(weights);
        Tensor input = RandomWeights.gaussian(22, 8, 5)) {
      backward(network, weights, gradients, input, 7);
      // No ReLU: the loss is smooth, and the step may be large enough for single precision.
      for (String name : weights.names()) {
        Tensor tensor = weights.get(name);
        for (int i = 0; i < tensor.size(); i++) {
          float kept = tensor.values().get(i);
          float step = 1f / 256;
          tensor.values().put(i, kept + step);
          double above = loss(network, weights, input, 7);
          tensor.values().put(i, kept - step);
          double below = loss(network, weights, input, 7);
          tensor.values().put(i, kept);
          assertEquals(
              (above - below) / (2 * step), gradients.get(name).values().get(i), 1e-3, name + i);
        }
      }
    }
  }

  @Test
  void operatorWhoseOutputNobodyReadsChangesNoGradient() {
    Network lean = chainWithReader(false);
    Network network = chainWithReader(true);
    try (Weights weights = lean.initialize(31);
        Weights expected = Weights.like(weights);
        Weights found = Weights.like(weights);
        Tensor input = RandomWeights.gaussian(32, 8, 5)) {
      backward(lean, weights, expected, input, 8);
      backward(network, weights, found, input, 8);
      assertSame(expected, found);
    }
  }

  /** The output is the dense layer's own memory under another shape. */
  private static Network chainWithReader(boolean reader) {
    Network.Builder builder = Network.builder("reshaped output", List.of(5));
    int made = builder.add("dense", new Dense("w", Optional.of("b"), 5, 3), List.of(0));
    if (reader) {
      builder.add("unread", new LeakyRelu(0.1f), List.of(made));
    }
    builder.add("flatten", new Flatten(List.of(3)), List.of(made));
    return builder.build();
  }

  @Test
  void batchesBeyondTheCapacityAreRefused() {
    Network network = Mlp.of(6, 3).network();
    try (Weights weights = network.initialize(1);
        Tensor input = Tensor.allocate(8, 6);
        Tensor narrow = Tensor.allocate(8, 5);
        Execution execution = Execution.forInference(network, 8)) {
      assertRefused(
          "expected a batch of 1 to 8 examples, found 9",
          () -> execution.forward(weights, input, 9));
      assertRefused(
          "expected a batch of 1 to 8 examples, found 0",
          () -> execution.forward(weights, input, 0));
      assertRefused(
          "expected input of shape [8, 6], found [8, 5]",
          () -> execution.forward(weights, narrow, 8));
    }
    assertRefused(
        "expected a batch of at least 1, found 0", () -> Execution.forTraining(network, 0).close());
  }

  @Test
  void operatorThatDoesNotFitIsRefusedWithBothShapes() {
    Network.Builder builder = Network.builder("bad", List.of(6));
    Dense dense = new Dense("fc.weight", Optional.empty(), 5, 3);
    assertRefused(
        "fc.weight: expected one input of shape [5], found [[6]]", () -> builder.then("fc", dense));
  }

  private static void assertRefused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  private static void assertSame(Weights expected, Weights found) {
    expected
        .tensors()
        .forEach(
            (name, tensor) -> assertArrayEquals(tensor.toArray(), found.get(name).toArray(), name));
  }

  private static void backward(
      Network network, Weights weights, Weights gradients, Tensor input, int batch) {
    try (Execution execution = Execution.forTraining(network, 8)) {
      CrossEntropy.gradient(
          execution.forward(weights, input, batch), LABELS, batch, execution.outputGradient());
      execution.backward(weights, gradients);
    }
  }

  private static double loss(Network network, Weights weights, Tensor input, int batch) {
    try (Execution execution = Execution.forInference(network, 8)) {
      Tensor logits = execution.forward(weights, input, batch);
      return CrossEntropy.evaluate(logits, LABELS, batch).lossSum() / batch;
    }
  }

  private static double[] inDouble(Tensor tensor) {
    double[] values = new double[tensor.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = tensor.values().get(i);
    }
    return values;
  }

  /** Mean cross-entropy of an MLP with parameters weight, bias, weight, bias, … */
  private static double lossInDouble(
      List<Integer> widths, List<double[]> parameters, double slope, Tensor input, int batch) {
    double total = 0;
    for (int example = 0; example < batch; example++) {
      double[] x = new double[widths.get(0)];
      for (int i = 0; i < x.length; i++) {
        x[i] = input.values().get(example * x.length + i);
      }
      for (int layer = 0; layer < widths.size() - 1; layer++) {
        double[] y = parameters.get(2 * layer + 1).clone();
        for (int o = 0; o < y.length; o++) {
          for (int i = 0; i < x.length; i++) {
            y[o] += parameters.get(2 * layer)[o * x.length + i] * x[i];
          }
          if (layer < widths.size() - 2 && y[o] < 0) {
            y[o] *= slope;
          }
        }
        x = y;
      }
      double sum = 0;
      for (double logit : x) {
        sum += Math.exp(logit);
      }
      total += Math.log(sum) - x[LABELS[example]];
    }
    return total / batch;
  }
}
