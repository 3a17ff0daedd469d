package org.rebasin.model.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class LabelledImagesTest {
  private static final ImageShape SHAPE = new ImageShape(1, 1, 2);
  private final LabelledImages images =
      LabelledImages.of(
          SHAPE,
          3,
          new byte[] {0, (byte) 255, 51, 102, (byte) 153, (byte) 204},
          new byte[] {2, 0, 1});

  @Test
  void gatherScalesPixelsToTheUnitIntervalInTheOrderAskedFor() {
    FloatBuffer target = FloatBuffer.allocate(5).put(4, -1f);
    int[] labels = {-1, -1, -1};
    images.gather(new int[] {9, 2, 0}, 1, 2, target, labels);
    assertArrayEquals(new float[] {0.6f, 0.8f, 0f, 1f, -1f}, target.array());
    assertArrayEquals(new int[] {1, 2, -1}, labels);
    assertEquals(0, target.position());
  }

  @Test
  void gatherWritesFromIndexZeroWhateverThePositionOfTheBuffer() {
    FloatBuffer target = FloatBuffer.allocate(4).position(3);
    images.gather(new int[] {0}, 0, 1, target, new int[1]);
    assertEquals(1f, target.get(1));
    assertEquals(3, target.position());
  }

  @Test
  void gatherRefusesTargetsThatAreTooSmall() {
    int[] two = {0, 1};
    assertRefused(
        "target: expected room for 2 × [1, 1, 2] floats, found 3",
        () -> images.gather(two, 0, 2, FloatBuffer.allocate(3), new int[2]));
    assertRefused(
        "target labels: expected room for 2, found 1",
        () -> images.gather(two, 0, 2, FloatBuffer.allocate(4), new int[1]));
  }

  @Test
  void gatherRefusesIndicesThatAreOutOfRange() {
    FloatBuffer target = FloatBuffer.allocate(4);
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> images.gather(new int[] {3}, 0, 1, target, new int[1]));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> images.gather(new int[] {0, 1}, 1, 2, target, new int[2]));
  }

  @Test
  void aPrefixHoldsTheFirstImages() {
    LabelledImages first = images.prefix(2);
    assertEquals(2, first.size());
    assertEquals(0, first.label(1));
    assertArrayEquals(new byte[] {51, 102}, first.pixels(1));
    assertEquals(images.classes(), first.classes());
    assertThrows(IndexOutOfBoundsException.class, () -> first.label(2));
    assertRefused("prefix: expected 1 to 2 images, found 3", () -> first.prefix(3));
    assertRefused("prefix: expected 1 to 2 images, found 0", () -> first.prefix(0));
  }

  @Test
  void aSubsetDoesNotSeeLaterChangesOfItsIndices() {
    int[] indices = {2};
    LabelledImages last = images.subset(indices);
    indices[0] = 0;
    assertEquals(1, last.label(0));
  }

  @Test
  void aSubsetIsRefusedIfItIsEmptyOrOutOfRange() {
    assertRefused("images: expected at least one, found none", () -> images.subset(new int[0]));
    assertThrows(IndexOutOfBoundsException.class, () -> images.subset(new int[] {3}));
    assertThrows(IndexOutOfBoundsException.class, () -> images.prefix(1).subset(new int[] {1}));
  }

  @Test
  void imagesWhoseSizesOrLabelsDisagreeAreRefused() {
    assertRefused(
        "pixels: expected 2 × [1, 1, 2] = 4 bytes, found 3",
        () -> LabelledImages.of(SHAPE, 3, new byte[3], new byte[2]));
    assertRefused(
        "label 1: expected 0 to 2, found 255",
        () -> LabelledImages.of(SHAPE, 3, new byte[4], new byte[] {2, -1}));
    assertRefused(
        "classes: expected 1 to 256, found 257",
        () -> LabelledImages.of(SHAPE, 257, new byte[4], new byte[2]));
    assertRefused(
        "images: expected at least one, found none",
        () -> LabelledImages.of(SHAPE, 3, new byte[0], new byte[0]));
  }

  @Test
  void aShapeMustBePositiveAndFitAnArray() {
    assertEquals(3 * 32 * 32, new ImageShape(3, 32, 32).elements());
    assertEquals(Integer.MAX_VALUE, new ImageShape(1, 1, Integer.MAX_VALUE).elements());
    assertRefused(
        "image shape: expected positive extents, found [1, 0, 2]", () -> new ImageShape(1, 0, 2));
    assertThrows(IllegalArgumentException.class, () -> new ImageShape(2, 1 << 15, 1 << 15));
    assertThrows(IllegalArgumentException.class, () -> new ImageShape(1 << 30, 1 << 30, 1 << 30));
  }

  @Test
  void aDatasetRefusesPartsThatDiffer() {
    LabelledImages other = LabelledImages.of(SHAPE, 4, new byte[2], new byte[1]);
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> new Dataset("odd", "odd:", images, other));
    assertTrue(e.getMessage().startsWith("odd: expected train and test images alike, found 3"));
  }

  private static void assertRefused(String message, Executable action) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, action).getMessage());
  }
}
