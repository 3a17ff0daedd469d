package org.rebasin.model.checkpoint;

import java.math.BigDecimal;

/**
 * A sixteen-bit float format written down from its definition (IEEE 754-2019, section 3.4), slow
 * and without bit tricks: the value of a pattern, and the pattern nearest to a value.
 */
record RoundingOracle(int mantissaBits, int bias) {
  static final RoundingOracle HALF = new RoundingOracle(10, 15);
  static final RoundingOracle BFLOAT16 = new RoundingOracle(7, 127);

  /** The pattern of positive infinity: all ones in the exponent. */
  int infinity() {
    return 0x7fff >> mantissaBits << mantissaBits;
  }

  /**
   * The value of a pattern without sign. For infinity it is the power of two that would follow the
   * largest finite value, as the rule for rounding overflow wants it.
   */
  double value(int pattern) {
    int exponent = pattern >> mantissaBits;
    double fraction = (pattern - (exponent << mantissaBits)) / Math.pow(2, mantissaBits);
    return exponent == 0
        ? fraction * Math.pow(2, 1 - bias)
        : (1 + fraction) * Math.pow(2, exponent - bias);
  }

  /** The pattern nearest to a number that is not NaN, ties to the even pattern. */
  int nearest(float number) {
    int sign = Float.floatToRawIntBits(number) < 0 ? 0x8000 : 0;
    double magnitude = Math.abs((double) number);
    if (magnitude >= value(infinity())) {
      return sign | infinity();
    }
    int below = 0;
    int above = infinity();
    while (above - below > 1) {
      int middle = (below + above) / 2;
      if (value(middle) <= magnitude) {
        below = middle;
      } else {
        above = middle;
      }
    }
    BigDecimal exact = new BigDecimal(magnitude);
    int side =
        exact
            .subtract(new BigDecimal(value(below)))
            .compareTo(new BigDecimal(value(above)).subtract(exact));
    boolean takeBelow = side < 0 || side == 0 && below % 2 == 0;
    return sign | (takeBelow ? below : above);
  }
}
