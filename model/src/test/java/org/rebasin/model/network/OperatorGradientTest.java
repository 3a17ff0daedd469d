package org.rebasin.model.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.testing.RandomWeights;

/**
 * Gradients of every operator against central differences. Each stands behind a convolution, whose
 * gradients show that of the operator's input, and is read twice, so that its input's gradient is
 * once written and once added to.
 */
class OperatorGradientTest {
  private static final int BATCH = 3;
  private static final int CAPACITY = 5;

  static Stream<Arguments> imageOperators() {
    Window odd = new Window(3, 2, 2, 1, 1, 1);
    return Stream.of(
            new Convolution("w", Optional.of("b"), 4, 3, new Window(3, 2, 2, 1, 2, 1), 1),
            new Convolution("w", Optional.empty(), 4, 5, Window.square(3, 1, 1), 1),
            new Convolution("w", Optional.of("b"), 4, 3, Window.square(1, 1, 0), 1),
            new Convolution("w", Optional.of("b"), 4, 3, Window.square(1, 2, 0), 1),
            new Convolution("w", Optional.of("b"), 4, 6, new Window(3, 3, 3, 2, 1, 1), 2),
            new Convolution("w", Optional.of("b"), 4, 8, Window.square(3, 2, 1), 4),
            new Convolution("w", Optional.empty(), 4, 4, Window.square(2, 1, 1), 4),
            BatchNorm.of("n", 4),
            new LayerNorm("w", "b", 4, 1e-5),
            new GroupNorm("w", "b", 4, 1, 1e-5),
            new GroupNorm("w", "b", 4, 2, 1e-5),
            new InstanceNorm(Optional.of("w"), Optional.of("b"), 4, 1e-5),
            new InstanceNorm(Optional.empty(), Optional.empty(), 4, 1e-5),
            new LeakyRelu(0.25f),
            new Prelu("w", 1),
            new Prelu("w", 4),
            new Gelu(false),
            new Gelu(true),
            new Silu(),
            new Sigmoid(),
            new Tanh(),
            new MaxPool(odd),
            new MaxPool(Window.square(2, 2, 0)),
            new AveragePool(odd, true),
            new AveragePool(odd, false),
            new GlobalAveragePool(),
            new Flatten(List.of(4, 4, 3)),
            new PaddingShortcut(2, 1, 2))
        .map(Arguments::of);
  }

  @ParameterizedTest
  @MethodSource("imageOperators")
  void gradientsOfImagesAreThoseOfTheOutput(Operator operator) {
    Network.Builder builder = Network.builder("test", List.of(2, 4, 3));
    int made = builder.add("before", convolution("before", 2, 4), List.of(0));
    int one = builder.add("operator", operator, List.of(made));
    int shortcut = builder.add("smooth", new Tanh(), List.of(made));
    List<Integer> shape = operator.outputShape(List.of(List.of(4, 4, 3)));
    if (shape.size() == 3) {
      one = builder.add("flat", new Flatten(shape), List.of(one));
    }
    int two = builder.add("flat shortcut", new Flatten(List.of(4, 4, 3)), List.of(shortcut));
    builder.add("joined", new Concatenation(2), List.of(one, two));
    check(builder.build());
  }

  static Stream<Arguments> unitOperators() {
    return Stream.of(
            BatchNorm.of("n", 6),
            new LayerNorm("w", "b", 6, 1e-5),
            new GroupNorm("w", "b", 6, 3, 1e-5),
            new Prelu("w", 6),
            new Gelu(false))
        .map(Arguments::of);
  }

  @ParameterizedTest
  @MethodSource("unitOperators")
  void gradientsOfUnitsAreThoseOfTheOutput(Operator operator) {
    Network.Builder builder = Network.builder("test", List.of(4));
    int made = builder.add("before", new Dense("d", Optional.empty(), 4, 6), List.of(0));
    int one = builder.add("operator", operator, List.of(made));
    int two = builder.add("smooth", new Tanh(), List.of(made));
    builder.add("joined", new Concatenation(3), List.of(one, two, made));
    check(builder.build());
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 8, 16, 24, 40})
  void layerNormsOfAnyWidthHaveTheRightGradient(int width) {
    Network.Builder builder = Network.builder("test", List.of(3));
    int made = builder.add("d", new Dense("d", Optional.empty(), 3, width), List.of(0));
    builder.add("norm", new LayerNorm("w", "b", width, 1e-5), List.of(made));
    check(builder.build());
  }

  @Test
  void aResidualBlockHasTheRightGradient() {
    Network.Builder builder = Network.builder("block", List.of(2, 4, 4));
    int stem = builder.add("stem", convolution("stem", 2, 4), List.of(0));
    int norm = builder.add("n", new LayerNorm("n.w", "n.b", 4, 1e-5), List.of(stem));
    int x = builder.add("relu", new Silu(), List.of(norm));
    int c1 = builder.add("c1", convolution("c1", 4, 4), List.of(x));
    int r1 = builder.add("r1", new Silu(), List.of(c1));
    int c2 = builder.add("c2", convolution("c2", 4, 4), List.of(r1));
    int sum = builder.add("sum", new Addition(), List.of(x, c2));
    // No bias: the norm would take it away, and it would have no gradient.
    Convolution plain = new Convolution("c3.w", Optional.empty(), 4, 4, Window.square(3, 1, 1), 1);
    int c3 = builder.add("c3", plain, List.of(sum));
    int norm3 = builder.add("n3", BatchNorm.of("n3", 4), List.of(c3));
    int again = builder.add("again", new Addition(), List.of(norm3, sum));
    int last = builder.add("last", new Addition(), List.of(again, again));
    builder.add("pool", new GlobalAveragePool(), List.of(last));
    builder.then("flat", new Flatten(List.of(4, 1, 1)));
    check(builder.build());
  }

  private static Convolution convolution(String name, int inputs, int outputs) {
    return new Convolution(
        name + ".w", Optional.of(name + ".b"), inputs, outputs, Window.square(3, 1, 1), 1);
  }

  @Test
  void droppedElementsPassNoGradient() {
    Network network =
        Network.builder("test", List.of(5))
            .then("before", new Dense("d", Optional.of("b"), 5, 40))
            .then("drop", new Dropout(0.4, 7))
            .build();
    try (Weights weights = RandomWeights.gaussian(1, network);
        Weights gradients = network.allocateGradients();
        Tensor input = RandomWeights.gaussian(2, CAPACITY, 5);
        Execution training = Execution.forTraining(network, CAPACITY)) {
      float[] first = training.forward(weights, input, BATCH).toArray();
      float[] second = training.forward(weights, input, BATCH).toArray();
      for (int i = 0; i < training.outputGradient().size(); i++) {
        training.outputGradient().values().put(i, 1);
      }
      training.backward(weights, gradients);
      float[] expected = new float[40];
      int kept = 0;
      int same = 0;
      for (int i = 0; i < BATCH * 40; i++) {
        if (second[i] != 0) {
          kept++;
          expected[i % 40] += 1 / 0.6f;
        }
        same += (first[i] == 0) == (second[i] == 0) ? 1 : 0;
      }
      assertTrue(kept > 50 && kept < 95, "kept " + kept + " of 120");
      assertTrue(same < 100, "the same elements dropped in both steps");
      for (int unit = 0; unit < 40; unit++) {
        assertEquals(expected[unit], gradients.get("b").values().get(unit), 1e-5f);
      }
      try (Execution inference = Execution.forInference(network, CAPACITY)) {
        Tensor whole = inference.forward(weights, input, BATCH);
        for (int i = 0; i < BATCH * 40; i++) {
          float dropped = second[i];
          assertTrue(dropped == 0 || Math.abs(dropped * 0.6f - whole.values().get(i)) < 1e-5f);
        }
      }
    }
  }

  /** Against central differences of {@code Σ r·output}, with random {@code r}, in double. */
  private static void check(Network network) {
    int outputs = network.outputs();
    float[] direction = RandomWeights.gaussians(9, CAPACITY * outputs);
    int[] shape = new int[network.inputShape().size() + 1];
    shape[0] = CAPACITY;
    for (int axis = 1; axis < shape.length; axis++) {
      shape[axis] = network.inputShape().get(axis - 1);
    }
    try (Weights weights = RandomWeights.gaussian(3, network);
        Weights gradients = network.allocateGradients();
        Tensor input = RandomWeights.gaussian(4, shape);
        Execution execution = Execution.forTraining(network, CAPACITY)) {
      execution.forward(weights, input, CAPACITY);
      Consumer<Integer> pass =
          batch -> {
            execution.forward(weights, input, batch);
            execution.outputGradient().values().put(0, direction);
            execution.backward(weights, gradients);
          };
      // A larger batch before, so that what it leaves behind would show.
      pass.accept(CAPACITY);
      pass.accept(BATCH);
      for (String name : gradients.names()) {
        Tensor values = weights.get(name);
        double largest = 0;
        for (int i = 0; i < values.size(); i++) {
          float kept = values.values().get(i);
          float step = 1f / 512;
          values.values().put(i, kept + step);
          double above = value(execution.forward(weights, input, BATCH), direction, outputs);
          values.values().put(i, kept - step);
          double below = value(execution.forward(weights, input, BATCH), direction, outputs);
          values.values().put(i, kept);
          double expected = (above - below) / (2 * step);
          float found = gradients.get(name).values().get(i);
          largest = Math.max(largest, Math.abs(found));
          assertEquals(expected, found, 4e-3 + 4e-3 * Math.abs(expected), name + " at " + i);
        }
        assertTrue(largest > 1e-2, name + " has a gradient of " + largest);
      }
    }
  }

  private static double value(Tensor output, float[] direction, int outputs) {
    float[] values = output.toArray();
    double sum = 0;
    for (int i = 0; i < BATCH * outputs; i++) {
      sum += (double) values[i] * direction[i];
    }
    return sum;
  }
}
