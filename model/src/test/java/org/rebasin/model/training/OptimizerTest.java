package org.rebasin.model.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * Five steps from (1, −2, 0.5) with gradient (w², −0.3, 0.1·w) and rate 0.1, weight decay 0.01; the
 * golden numbers are PyTorch 1.13's torch.optim of the same name, in float32.
 */
class OptimizerTest {
  private static float[] fiveSteps(Optimizer.Kind kind) {
    try (Weights weights = weights(1, -2, 0.5f);
        Weights gradients = weights(0, 0, 0);
        Optimizer optimizer = kind.create(weights, 0.01)) {
      for (int step = 0; step < 5; step++) {
        float[] w = weights.get("w").toArray();
        gradients.get("w").values().put(0, new float[] {w[0] * w[0], -0.3f, 0.1f * w[2]});
        optimizer.step(weights, gradients, 0.1);
      }
      return weights.get("w").toArray();
    }
  }

  private static Weights weights(float... values) {
    return new Weights(Map.of("w", Tensor.of(values, values.length)));
  }

  @Test
  void adamIsPyTorchs() {
    assertArrayEquals(
        new float[] {0.5198051f, -1.5001382f, 0.0278146f}, fiveSteps(Optimizer.Kind.ADAM), 2e-6f);
  }

  @Test
  void adamWithDecoupledDecayIsPyTorchs() {
    assertArrayEquals(
        new float[] {0.5162482f, -1.4910189f, 0.0265283f}, fiveSteps(Optimizer.Kind.ADAMW), 2e-6f);
  }

  @Test
  void momentumIsPyTorchs() {
    assertArrayEquals(
        new float[] {0.0990947f, -1.5803803f, 0.4295663f}, fiveSteps(Optimizer.Kind.SGD), 2e-6f);
  }

  @Test
  void theRateRisesThenFallsAlongHalfACosine() {
    Schedule schedule = new Schedule(0.2, 4, 12, Schedule.Decay.COSINE);
    assertEquals(0.05, schedule.learningRate(0), 1e-12);
    assertEquals(0.2, schedule.learningRate(3), 1e-12);
    assertEquals(0.2, schedule.learningRate(4), 1e-12);
    assertEquals(0.1, schedule.learningRate(8), 1e-12);
    assertEquals(0.0, schedule.learningRate(12), 1e-12);
    assertEquals(0.2, new Schedule(0.2, 0, 9, Schedule.Decay.CONSTANT).learningRate(8), 1e-12);
    assertThrows(
        IllegalArgumentException.class, () -> new Schedule(0.1, 10, 9, Schedule.Decay.CONSTANT));
  }
}
