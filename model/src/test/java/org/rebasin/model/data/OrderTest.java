package org.rebasin.model.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.FloatBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class OrderTest {
  private final LabelledImages images =
      LabelledImages.of(
          new ImageShape(1, 1, 1),
          5,
          new byte[] {0, 51, 102, -103, -52},
          new byte[] {0, 1, 2, 3, 4});

  @Test
  void gatheringTheBatchesVisitsTheImagesInOrder() {
    BatchOrder order = BatchOrder.shuffled(5, 2, 9, 0);
    FloatBuffer pixels = FloatBuffer.allocate(2);
    int[] labels = new int[2];
    assertEquals(5, order.examples());
    assertEquals(3, order.batches());
    for (int batch = 0; batch < 3; batch++) {
      int count = order.gather(batch, images, pixels, labels);
      assertEquals(batch < 2 ? 2 : 1, count);
      assertArrayEquals(order.batch(batch), Arrays.copyOf(labels, count));
      assertEquals(labels[0] * 51 / 255f, pixels.get(0));
    }
  }

  @Test
  void anOrderOfAnotherNumberOfImagesIsRefused() {
    BatchOrder order = BatchOrder.sequential(4, 2);
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> order.gather(0, images, FloatBuffer.allocate(2), new int[2]));
    assertEquals("batch order: expected 4 images, found 5", e.getMessage());
  }

  @Test
  void aBatchThatDoesNotExistIsRefused() {
    BatchOrder order = BatchOrder.sequential(4, 2);
    assertThrows(IndexOutOfBoundsException.class, () -> order.batch(2));
    assertThrows(IndexOutOfBoundsException.class, () -> order.count(-1));
    assertThrows(IllegalArgumentException.class, () -> BatchOrder.sequential(4, 0));
  }

  @Test
  void aFractionIsRoundedButNeverToNothing() {
    assertEquals(3, RandomSubset.ofFraction(10, 0.26, 1).length);
    assertEquals(1, RandomSubset.ofFraction(10, 0.001, 1).length);
    assertArrayEquals(new int[] {0, 1, 2}, RandomSubset.ofFraction(3, 1, 1));
  }

  @Test
  void differentSeedsChooseDifferentSubsets() {
    assertFalse(
        Arrays.equals(RandomSubset.ofCount(1000, 100, 1), RandomSubset.ofCount(1000, 100, 2)));
  }

  @Test
  void aSubsetOutOfRangeIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> RandomSubset.ofCount(10, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> RandomSubset.ofCount(10, 11, 1));
    assertThrows(IllegalArgumentException.class, () -> RandomSubset.ofFraction(10, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> RandomSubset.ofFraction(10, 1.1, 1));
    assertThrows(IllegalArgumentException.class, () -> RandomSubset.ofFraction(10, Double.NaN, 1));
  }
}
