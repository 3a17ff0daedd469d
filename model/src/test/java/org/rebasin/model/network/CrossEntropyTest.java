package org.rebasin.model.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.rebasin.model.tensor.Tensor;

/** Golden numbers: torch.nn.functional.cross_entropy of PyTorch 1.13, in float64. */
class CrossEntropyTest {
  private static final float[] LOGITS = {1, -2, 0.5f, 0.25f, 0, 3, 10000, -10000, 9999};
  private static final int[] LABELS = {2, 0, 0};

  @Test
  void lossAndGradientArePyTorchs() {
    try (Tensor logits = Tensor.of(LOGITS, 3, 3);
        Tensor gradient = Tensor.allocate(3, 3)) {
      CrossEntropy.Sums sums = CrossEntropy.gradient(logits, LABELS, 3, gradient);
      assertEquals(
          1.0045969023422834 + 2.857701210709639 + 0.31326168751822286, sums.lossSum(), 1e-12);
      assertEquals(1, sums.correct());
      float[] expected = {
        0.20124963204954194f, 0.010019629189858006f, -0.21126926123939993f,
        -0.31419981316310225f, 0.014901200491488464f, 0.29929861267161384f,
        -0.08964714045666503f, 0f, 0.08964714045666503f
      };
      assertArrayEquals(expected, gradient.toArray(), 1e-7f);
      assertEquals(sums, CrossEntropy.evaluate(logits, LABELS, 3));
    }
  }

  @Test
  void gradientMayReplaceTheLogits() {
    try (Tensor logits = Tensor.of(LOGITS, 3, 3);
        Tensor gradient = Tensor.allocate(3, 3)) {
      CrossEntropy.gradient(logits, LABELS, 3, gradient);
      CrossEntropy.gradient(logits, LABELS, 3, logits);
      assertArrayEquals(gradient.toArray(), logits.toArray());
    }
  }

  @Test
  void rowsBehindTheBatchAreNeitherReadNorWritten() {
    float[] logits = LOGITS.clone();
    logits[6] = Float.NaN;
    try (Tensor poisoned = Tensor.of(logits, 3, 3);
        Tensor gradient = Tensor.of(new float[] {7, 7, 7, 7, 7, 7, 7, 7, 7}, 3, 3)) {
      CrossEntropy.Sums sums = CrossEntropy.gradient(poisoned, LABELS, 2, gradient);
      assertEquals(1.0045969023422834 + 2.857701210709639, sums.lossSum(), 1e-12);
      assertEquals(7f, gradient.values().get(6));
      // The mean is over the batch, not the capacity.
      assertEquals(0.20124963204954194f * 3 / 2, gradient.values().get(0), 1e-7f);
    }
  }

  @Test
  void largestFiniteLogitsDoNotOverflow() {
    float huge = Float.MAX_VALUE;
    try (Tensor logits = Tensor.of(new float[] {huge, -huge, huge, -huge}, 2, 2);
        Tensor gradient = Tensor.allocate(2, 2)) {
      CrossEntropy.Sums sums = CrossEntropy.gradient(logits, new int[] {0, 1}, 2, gradient);
      assertEquals(2.0 * huge, sums.lossSum());
      assertArrayEquals(new float[] {0, 0, 0.5f, -0.5f}, gradient.toArray());
    }
  }

  @Test
  void nanMakesTheLossNan() {
    try (Tensor logits = Tensor.of(new float[] {0, Float.NaN, 1}, 1, 3)) {
      assertTrue(Double.isNaN(CrossEntropy.evaluate(logits, new int[] {0}, 1).lossSum()));
    }
  }

  @Test
  void firstOfEqualLogitsIsThePrediction() {
    try (Tensor logits = Tensor.of(new float[] {1, 1, 1, 1}, 2, 2)) {
      assertEquals(1, CrossEntropy.evaluate(logits, new int[] {0, 1}, 2).correct());
      assertEquals(
          2 * Math.log(2), CrossEntropy.evaluate(logits, new int[] {0, 1}, 2).lossSum(), 1e-15);
    }
  }
}
