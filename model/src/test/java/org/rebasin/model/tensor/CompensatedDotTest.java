package org.rebasin.model.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.math.BigDecimal;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CompensatedDotTest {
  private static final int ROWS = 64;
  private static final int LENGTH = 37;

  @Test
  void isAsGoodAsExactWhereProductsCancel() {
    SplittableRandom random = new SplittableRandom(1);
    CompensatedDot dot = new CompensatedDot(LENGTH);
    BigDecimal exact = BigDecimal.ZERO;
    double magnitude = 0;
    for (int row = 0; row < ROWS; row++) {
      float[] a = new float[LENGTH];
      float[] b = new float[LENGTH];
      for (int i = 0; i < LENGTH; i++) {
        a[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(-3, 4)));
        b[i] = (float) random.nextGaussian();
        exact = exact.add(new BigDecimal(a[i]).multiply(new BigDecimal(b[i])));
        magnitude += Math.abs((double) a[i] * b[i]);
      }
      dot.add(a, b, LENGTH);
    }
    assertEquals(exact.doubleValue(), dot.total(), 1e-13 * magnitude);
  }

  @Test
  void addsOnlyTheFirstElements() {
    CompensatedDot dot = new CompensatedDot(3);
    dot.add(new float[] {1, 2, 3}, new float[] {10, 100, 1000}, 2);
    dot.add(new float[] {5, Float.NaN}, new float[] {1, 1}, 1);
    assertEquals(215, dot.total());
  }

  @Test
  void isNotFiniteBeyondTheRangeOfFloats() {
    CompensatedDot dot = new CompensatedDot(1);
    dot.add(new float[] {1e30f}, new float[] {1e30f}, 1);
    assertFalse(Double.isFinite(dot.total()));
  }
}
