package org.rebasin.model.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Arrays;
import java.util.concurrent.ForkJoinPool;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class GeneratedDigitsProperties {
  @Property(tries = 30, seed = "1")
  void theSameSeedDrawsTheSameBytesOnAnyNumberOfThreads(@ForAll long seed) {
    LabelledImages images = GeneratedDigits.draw(seed, "train", 30);
    ForkJoinPool single = new ForkJoinPool(1);
    try {
      assertAlike(images, single.submit(() -> GeneratedDigits.draw(seed, "train", 30)).join(), 30);
    } finally {
      single.shutdown();
    }
  }

  @Property(tries = 30, seed = "1")
  void aSmallerSetIsTheBeginningOfALargerOne(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 40) int count) {
    assertAlike(
        GeneratedDigits.draw(seed, "train", count), GeneratedDigits.draw(seed, "train", 40), count);
  }

  @Property(tries = 30, seed = "1")
  void anotherSeedOrSplitDrawsOtherImages(@ForAll long seed) {
    LabelledImages images = GeneratedDigits.draw(seed, "train", 10);
    LabelledImages otherSeed = GeneratedDigits.draw(seed + 1, "train", 10);
    LabelledImages otherSplit = GeneratedDigits.draw(seed, "test", 10);
    for (int i = 0; i < 10; i++) {
      assertFalse(Arrays.equals(images.pixels(i), otherSeed.pixels(i)));
      assertFalse(Arrays.equals(images.pixels(i), otherSplit.pixels(i)));
    }
  }

  private static void assertAlike(LabelledImages expected, LabelledImages actual, int count) {
    for (int i = 0; i < count; i++) {
      assertEquals(expected.label(i), actual.label(i));
      assertArrayEquals(expected.pixels(i), actual.pixels(i));
    }
  }
}
