package org.rebasin.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;

class SixteenBitFloatsProperties {

  @Property(tries = 5000, seed = "1")
  void aFloatIsNarrowedToTheNearestHalf(@ForAll("numbersAroundHalves") float number) {
    assertEquals((short) RoundingOracle.HALF.nearest(number), SixteenBitFloats.floatToHalf(number));
  }

  @Property(tries = 5000, seed = "1")
  void aFloatIsNarrowedToTheNearestBfloat16(@ForAll("numbers") float number) {
    assertEquals(
        (short) RoundingOracle.BFLOAT16.nearest(number), SixteenBitFloats.floatToBfloat16(number));
  }

  /** Any bits but those of a NaN; ties are frequent, as half of them end in zeros. */
  @Provide
  Arbitrary<Float> numbers() {
    Arbitrary<Integer> bits = Arbitraries.integers().withDistribution(uniform());
    return Arbitraries.oneOf(bits, bits.map(any -> any & 0xffff_8000))
        .map(Float::intBitsToFloat)
        .filter(number -> !number.isNaN());
  }

  /** As many as not within the range of halves, which is a narrow part of all floats. */
  @Provide
  Arbitrary<Float> numbersAroundHalves() {
    Arbitrary<Float> within =
        Arbitraries.integers()
            .withDistribution(uniform())
            .map(bits -> Math.scalb(1 + (bits & 0x7f_ffff) * 0x1p-23f, (bits >>> 23) % 44 - 26))
            .flatMap(magnitude -> Arbitraries.of(magnitude, -magnitude));
    return Arbitraries.oneOf(numbers(), within);
  }

  private static RandomDistribution uniform() {
    return RandomDistribution.uniform();
  }
}
