package org.rebasin.model.checkpoint;

/**
 * Conversions between {@code float} and the two sixteen-bit formats: IEEE 754 binary16 ({@code
 * F16}) and bfloat16 ({@code BF16}). Widening is exact; narrowing rounds to the nearest value, ties
 * to the even one, and what lies beyond the largest value becomes infinite. The payload of a NaN is
 * kept as far as it fits, so that every sixteen-bit pattern survives widening and narrowing.
 */
final class SixteenBitFloats {
  private static final int FLOAT_INFINITY = 0x7f80_0000;
  private static final int FLOAT_MANTISSA_BITS = 23;

  private static final int HALF_MANTISSA_BITS = 10;
  private static final int HALF_INFINITY = 0x7c00;
  private static final int HALF_QUIET_NAN = 0x0200;
  private static final int SMALLEST_NORMAL_HALF = 1 << HALF_MANTISSA_BITS;

  /** Mantissa bits that a half lacks. */
  private static final int DROPPED_BITS = FLOAT_MANTISSA_BITS - HALF_MANTISSA_BITS;

  /** The difference of the exponent biases, 127 - 15, at the exponent's place in a float. */
  private static final int REBIAS = (127 - 15) << FLOAT_MANTISSA_BITS;

  /** 2^-14, the smallest normal half, as the bits of a float. */
  private static final int SMALLEST_NORMAL = REBIAS + (1 << FLOAT_MANTISSA_BITS);

  /**
   * 65520, halfway between the largest half and the power of two after it, as the bits of a float.
   */
  private static final int ROUNDS_TO_INFINITY = 0x477f_f000;

  private static final int BFLOAT16_QUIET_NAN = 0x0040;

  private SixteenBitFloats() {}

  static float halfToFloat(short half) {
    int sign = (half & 0x8000) << 16;
    int magnitude = half & 0x7fff;
    int bits;
    if (magnitude >= HALF_INFINITY) {
      bits = FLOAT_INFINITY | magnitude << DROPPED_BITS;
    } else if (magnitude >= SMALLEST_NORMAL_HALF) {
      bits = (magnitude << DROPPED_BITS) + REBIAS;
    } else {
      // A subnormal half counts units of 2^-24. Scaling the count stays among normal floats, which
      // a native library that flushes subnormals to zero in this thread cannot disturb.
      bits = Float.floatToRawIntBits(magnitude * 0x1p-24f);
    }
    return Float.intBitsToFloat(sign | bits);
  }

  static short floatToHalf(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    int magnitude = bits & 0x7fff_ffff;
    int half;
    if (magnitude > FLOAT_INFINITY) {
      int payload = magnitude >>> DROPPED_BITS & 0x03ff;
      half = HALF_INFINITY | (payload == 0 ? HALF_QUIET_NAN : payload);
    } else if (magnitude >= ROUNDS_TO_INFINITY) {
      half = HALF_INFINITY;
    } else if (magnitude >= SMALLEST_NORMAL) {
      // Adds just under half a unit, or half of one when the kept part is odd; a carry out of the
      // mantissa raises the exponent, as it should.
      int odd = magnitude >>> DROPPED_BITS & 1;
      half = (magnitude - REBIAS + (1 << DROPPED_BITS - 1) - 1 + odd) >>> DROPPED_BITS;
    } else {
      // Exact in double, so the only rounding is to the count of units of 2^-24; a count of 1024
      // is the smallest normal half.
      half = (int) Math.rint(Float.intBitsToFloat(magnitude) * 0x1p24);
    }
    return (short) (sign | half);
  }

  static float bfloat16ToFloat(short bfloat16) {
    return Float.intBitsToFloat(bfloat16 << 16);
  }

  static short floatToBfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if ((bits & 0x7fff_ffff) > FLOAT_INFINITY) {
      int truncated = bits >>> 16;
      return (short) ((truncated & 0x7f) == 0 ? truncated | BFLOAT16_QUIET_NAN : truncated);
    }
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }
}
