package org.rebasin.model.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/** Backward passes against central differences of the loss. */
class GradientTest {
  private static final int BATCH = 7;
  private static final int[] LABELS = {0, 2, 1, 1, 0, 2, 2, 0, 0};

  @Test
  void denseAndLeakyReluGradientsAreThoseOfTheLoss() {
    check(new Mlp(List.of(6, 9, 8, 3), 0.2f).network(), 6);
  }

  @Test
  void reluGradientsAreThoseOfTheLoss() {
    check(Mlp.of(5, 12, 3).network(), 5);
  }

  @Test
  void layersWithoutBiasHaveTheRightGradient() {
    check(
        Network.builder("test", List.of(4))
            .then("a", new Dense("a.w", Optional.empty(), 4, 6))
            .then("r", new LeakyRelu(0.3f))
            .then("b", new Dense("b.w", Optional.empty(), 6, 3))
            .build(),
        4);
  }

  @Test
  void flattenedInputsHaveTheRightGradient() {
    check(
        Network.builder("test", List.of(2, 3, 2))
            .then("flatten", new Flatten(List.of(2, 3, 2)))
            .then("a", new Dense("a.w", Optional.of("a.b"), 12, 5))
            .then("r", new LeakyRelu(0.3f))
            .then("again", new Flatten(List.of(5)))
            .then("b", new Dense("b.w", Optional.of("b.b"), 5, 3))
            .build(),
        2,
        3,
        2);
  }

  /** A check that gradients of all parameters agree, in a direction that moves each of them. */
  private static void check(Network network, int... inputShape) {
    int[] shape = new int[inputShape.length + 1];
    shape[0] = BATCH + 2;
    System.arraycopy(inputShape, 0, shape, 1, inputShape.length);
    try (Weights weights = network.initialize(3);
        Weights gradients = Weights.like(weights);
        Tensor input = RandomNetworks.tensor(5, shape);
        Execution execution = Execution.forTraining(network, BATCH + 2)) {
      CrossEntropy.gradient(
          execution.forward(weights, input, BATCH), LABELS, BATCH, execution.outputGradient());
      execution.backward(weights, gradients);
      for (String name : weights.names()) {
        Tensor values = weights.get(name);
        float[] gradient = gradients.get(name).toArray();
        for (int i = 0; i < values.size(); i++) {
          float kept = values.values().get(i);
          double step = 1e-3;
          values.values().put(i, (float) (kept + step));
          double above = loss(execution, weights, input);
          values.values().put(i, (float) (kept - step));
          double below = loss(execution, weights, input);
          values.values().put(i, kept);
          // A kink of the ReLU within the step is rare and shows in few elements only.
          assertEquals((above - below) / (2 * step), gradient[i], 1e-3, name + " at " + i);
        }
      }
    }
  }

  private static double loss(Execution execution, Weights weights, Tensor input) {
    Tensor logits = execution.forward(weights, input, BATCH);
    return CrossEntropy.evaluate(logits, LABELS, BATCH).lossSum() / BATCH;
  }

  @Test
  void aValueReadTwiceGetsBothGradients() {
    Network.Builder builder = Network.builder("test", List.of(3));
    int hidden = builder.add("a", new Dense("a.w", Optional.empty(), 3, 4), List.of(0));
    int left = builder.add("l", new LeakyRelu(0.5f), List.of(hidden));
    builder.add("sum", new Addition(), List.of(hidden, left));
    Network network = builder.build();
    try (Weights weights = network.initialize(1);
        Weights gradients = Weights.like(weights);
        Tensor input = RandomNetworks.tensor(2, 1, 3);
        Execution execution = Execution.forTraining(network, 1)) {
      execution.forward(weights, input, 1);
      execution.outputGradient().values().put(0, new float[] {1, 1, 1, 1});
      execution.backward(weights, gradients);
      float[] x = input.toArray();
      float[] expected = new float[12];
      for (int unit = 0; unit < 4; unit++) {
        float slope = execution.value(hidden).values().get(unit) > 0 ? 2f : 1.5f;
        for (int i = 0; i < 3; i++) {
          expected[unit * 3 + i] = slope * x[i];
        }
      }
      assertArrayEquals(expected, gradients.get("a.w").toArray(), 1e-6f);
    }
  }

  @Test
  void crossEntropyIsThatOfTheSoftmax() {
    try (Tensor logits = Tensor.of(new float[] {1, 2, 3, 1000, -1000, 0}, 2, 3)) {
      CrossEntropy.Sums sums = CrossEntropy.evaluate(logits, new int[] {2, 1}, 2);
      // log(e^-2 + e^-1 + 1) = 0.4076059644443804, and 2000 for a logit that far below.
      assertEquals(0.4076059644443804 + 2000, sums.lossSum(), 1e-9);
      assertEquals(1, sums.correct());
    }
  }
}
