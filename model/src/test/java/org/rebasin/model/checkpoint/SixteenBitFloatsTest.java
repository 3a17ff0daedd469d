package org.rebasin.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SixteenBitFloatsTest {

  @Test
  void everyHalfIsWidenedExactlyAndSurvivesTheWayBack() {
    for (int pattern = 0; pattern <= 0xffff; pattern++) {
      float value = SixteenBitFloats.halfToFloat((short) pattern);
      assertWidened(RoundingOracle.HALF, pattern, value);
      assertEquals((short) pattern, SixteenBitFloats.floatToHalf(value));
    }
  }

  @Test
  void everyBfloat16IsWidenedExactlyAndSurvivesTheWayBack() {
    for (int pattern = 0; pattern <= 0xffff; pattern++) {
      float value = SixteenBitFloats.bfloat16ToFloat((short) pattern);
      assertWidened(RoundingOracle.BFLOAT16, pattern, value);
      assertEquals((short) pattern, SixteenBitFloats.floatToBfloat16(value));
    }
  }

  private static void assertWidened(RoundingOracle oracle, int pattern, float value) {
    int magnitude = pattern & 0x7fff;
    boolean negative = pattern > 0x7fff;
    if (magnitude > oracle.infinity()) {
      assertTrue(Float.isNaN(value));
    } else if (magnitude == oracle.infinity()) {
      assertEquals(negative ? Float.NEGATIVE_INFINITY : Float.POSITIVE_INFINITY, value);
    } else {
      double expected = oracle.value(magnitude);
      // Compared as objects, which tells the zeros apart.
      assertEquals(Double.valueOf(negative ? -expected : expected), Double.valueOf(value));
    }
  }

  /** Halfway between two halves, and the floats beside it, is where rounding can go wrong. */
  @Test
  void betweenAnyTwoHalvesTheNearerIsTakenAndTheEvenOneInTheMiddle() {
    for (int pattern = 0; pattern < RoundingOracle.HALF.infinity(); pattern++) {
      float middle =
          (float)
              ((RoundingOracle.HALF.value(pattern) + RoundingOracle.HALF.value(pattern + 1)) / 2);
      int even = pattern % 2 == 0 ? pattern : pattern + 1;
      assertEquals((short) even, SixteenBitFloats.floatToHalf(middle));
      assertEquals((short) pattern, SixteenBitFloats.floatToHalf(Math.nextDown(middle)));
      assertEquals((short) (pattern + 1), SixteenBitFloats.floatToHalf(Math.nextUp(middle)));
      assertEquals((short) (even | 0x8000), SixteenBitFloats.floatToHalf(-middle));
    }
  }

  @Test
  void notANumberStaysNotANumberWhenItsPayloadDoesNotFit() {
    float lowPayload = Float.intBitsToFloat(0x7f80_0001);
    assertEquals((short) 0x7e00, SixteenBitFloats.floatToHalf(lowPayload));
    assertEquals((short) 0x7fc0, SixteenBitFloats.floatToBfloat16(lowPayload));
    float negative = Float.intBitsToFloat(0xff80_0001);
    assertEquals((short) 0xfe00, SixteenBitFloats.floatToHalf(negative));
    assertEquals((short) 0xffc0, SixteenBitFloats.floatToBfloat16(negative));
  }
}
