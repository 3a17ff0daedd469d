package org.rebasin.model.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The golden numbers come from a separate implementation in Python's unbounded integers. */
class SeedsTest {
  @Test
  void mixingANameNeverChanges() {
    assertEquals(0xAEBE53F85CDC3C4CL, Seeds.mix(0, ""));
    assertEquals(0x366FECD83BC12261L, Seeds.mix(0, "train"));
    assertEquals(0x03CAE4B73BF20FACL, Seeds.mix(42, "epoch order"));
    assertEquals(0x459B0EB247CD4042L, Seeds.mix(-1, "π"));
  }

  @Test
  void mixingNumbersNeverChanges() {
    assertEquals(0x48218226FF3CD4BFL, Seeds.mix(0, 0));
    assertEquals(0x2180B93F901C737AL, Seeds.mix(7, 1, 2));
    assertEquals(0x5BD9779DA0190D5CL, Seeds.mix(7, 2, 1));
    assertEquals(0xA62D3273B878A817L, Seeds.mix(Long.MIN_VALUE, -1));
  }

  @Test
  void mixingNumbersOneByOneIsMixingThemTogether() {
    assertEquals(Seeds.mix(Seeds.mix(7, 1), 2), Seeds.mix(7, 1, 2));
  }

  @Test
  void theStreamOfRandomNumbersNeverChanges() {
    StableRandom random = new StableRandom(42);
    assertEquals(0xBDD732262FEB6E95L, random.nextLong());
    assertEquals(0x28EFE333B266F103L, random.nextLong());
    assertEquals(0x47526757130F9F52L, random.nextLong());
    assertArrayEquals(
        new int[] {4, 6, 8, 3, 9, 5, 1, 7, 0, 2}, new StableRandom(42).permutation(10));
  }

  @Test
  void theStreamIsThatOfSplitMix64() {
    StableRandom random = new StableRandom(-3);
    SplittableRandom reference = new SplittableRandom(-3);
    for (int i = 0; i < 1000; i++) {
      assertEquals(reference.nextLong(), random.nextLong());
    }
  }

  @Test
  void everyIntegerBelowTheBoundIsAboutAsFrequent() {
    StableRandom random = new StableRandom(1);
    int[] counts = new int[7];
    for (int i = 0; i < 70_000; i++) {
      counts[random.nextInt(7)]++;
    }
    for (int count : counts) {
      assertEquals(10_000, count, 400);
    }
  }

  @Test
  void aBoundThatIsNotPositiveIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new StableRandom(1).nextInt(0));
  }
}
