package org.rebasin.model.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.LinkedHashMap;
import java.util.Map;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.rebasin.model.tensor.NativeMemory;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.testing.RandomWeights;

/** The optimisers against their formulas, element by element in double. */
class OptimizerProperties {
  private static final int STEPS = 6;
  // Around the chunks in which the kernels work.
  private static final int[] LENGTHS = {1, 2047, 2048, 2049, 5000};

  private interface Rule {
    /** One step of one element; {@code state} starts as zeros. */
    double step(double w, double g, double rate, double decay, int step, double[] state);
  }

  private static double adam(double w, double g, double rate, int step, double[] state) {
    state[0] = 0.9 * state[0] + 0.1 * g;
    state[1] = 0.999 * state[1] + 0.001 * g * g;
    double mean = state[0] / (1 - Math.pow(0.9, step));
    double variance = state[1] / (1 - Math.pow(0.999, step));
    return w - rate * mean / (Math.sqrt(variance) + 1e-8);
  }

  @Property(tries = 20, seed = "1")
  void adamAddsDecayToTheGradient(
      @ForAll @DoubleRange(min = 0, max = 0.1) double decay, @ForAll int seed) {
    check(
        Optimizer.Kind.ADAM,
        (w, g, rate, d, step, state) -> adam(w, g + d * w, rate, step, state),
        decay,
        seed);
  }

  @Property(tries = 20, seed = "1")
  void adamWDecaysApartFromTheGradient(
      @ForAll @DoubleRange(min = 0, max = 0.1) double decay, @ForAll int seed) {
    check(
        Optimizer.Kind.ADAMW,
        (w, g, rate, d, step, state) -> adam(w * (1 - rate * d), g, rate, step, state),
        decay,
        seed);
  }

  @Property(tries = 20, seed = "1")
  void momentumSumsDecayedGradients(
      @ForAll @DoubleRange(min = 0, max = 0.1) double decay, @ForAll int seed) {
    check(
        Optimizer.Kind.SGD,
        (w, g, rate, d, step, state) -> {
          state[0] = 0.9 * state[0] + g + d * w;
          return w - rate * state[0];
        },
        decay,
        seed);
  }

  private static void check(Optimizer.Kind kind, Rule rule, double decay, int seed) {
    try (Weights weights = weights(seed);
        Weights gradients = weights(seed + 100);
        Optimizer optimizer = kind.create(weights, decay)) {
      Map<String, double[]> expected = new LinkedHashMap<>();
      Map<String, double[][]> states = new LinkedHashMap<>();
      weights
          .tensors()
          .forEach(
              (name, tensor) -> {
                double[] values = new double[tensor.size()];
                for (int i = 0; i < values.length; i++) {
                  values[i] = tensor.values().get(i);
                }
                expected.put(name, values);
                states.put(name, new double[values.length][2]);
              });
      for (int step = 1; step <= STEPS; step++) {
        double rate = 0.01 * step;
        for (String name : weights.names()) {
          float[] g = RandomWeights.gaussians(seed * 31L + step, expected.get(name).length);
          gradients.get(name).values().put(0, g);
          double[] w = expected.get(name);
          for (int i = 0; i < w.length; i++) {
            w[i] = rule.step(w[i], g[i], rate, decay, step, states.get(name)[i]);
          }
        }
        optimizer.step(weights, gradients, rate);
      }
      expected.forEach(
          (name, w) -> {
            for (int i = 0; i < w.length; i++) {
              assertEquals(w[i], weights.get(name).values().get(i), 1e-5, name + " at " + i);
            }
          });
    }
  }

  private static Weights weights(long seed) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (int length : LENGTHS) {
      tensors.put("w" + length, RandomWeights.gaussian(seed + length, length));
    }
    return new Weights(tensors);
  }

  /**
   * Golden numbers of torch.optim of PyTorch 1.13 without decay: five steps at rate 0.01 with the
   * gradients below. The last element's gradients are tiny, and one of them is zero.
   */
  @Example
  void fiveStepsWithoutDecayArePyTorchs() {
    assertArrayEquals(
        new float[] {0.47531864f, -1.24222684f, 1.99665189f, -0.02424527f},
        fiveSteps(Optimizer.Kind.ADAM),
        1e-6f);
    assertArrayEquals(
        fiveSteps(Optimizer.Kind.ADAM), fiveSteps(Optimizer.Kind.ADAMW), "no decay, no difference");
    assertArrayEquals(
        new float[] {0.48701543f, -1.24317586f, 2.00392866f, -1.64231005e-05f},
        fiveSteps(Optimizer.Kind.SGD),
        1e-6f);
  }

  private static float[] fiveSteps(Optimizer.Kind kind) {
    float[][] gradients = {
      {0.1f, -0.2f, 0.3f, 1e-4f},
      {0.05f, 0.4f, -0.6f, 2e-4f},
      {-0.3f, 0.1f, 0.2f, -5e-4f},
      {0.7f, -0.9f, 0f, 1e-3f},
      {0.2f, 0.2f, -0.1f, 0f}
    };
    try (Weights weights =
            new Weights(Map.of("w", Tensor.of(new float[] {0.5f, -1.25f, 2f, 0f}, 4)));
        Weights gradient = Weights.like(weights);
        Optimizer optimizer = kind.create(weights, 0)) {
      for (float[] values : gradients) {
        gradient.get("w").values().put(0, values);
        optimizer.step(weights, gradient, 0.01);
      }
      return weights.get("w").toArray();
    }
  }

  @Example
  void closedOptimizerGivesItsMemoryBack() {
    try (Weights weights = weights(1)) {
      long before = NativeMemory.bytes();
      for (Optimizer.Kind kind : Optimizer.Kind.values()) {
        kind.create(weights, 0).close();
      }
      assertEquals(before, NativeMemory.bytes());
    }
  }
}
