package org.rebasin.model.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AugmentationTest {
  private static final ImageShape SHAPE = new ImageShape(1, 3, 3);
  private static final byte[] PIXELS = {1, 2, 3, 4, 5, 6, 7, 8, 9};

  @ParameterizedTest
  @ValueSource(
      strings = {
        "none",
        "crop=4",
        "flip",
        "rotate=15.0",
        "crop=4,resized-crop=0.5,flip,rotate=15.0"
      })
  void anAugmentationIsReadBackFromItsText(String text) {
    assertEquals(text, Augmentation.parse(text).text());
    assertEquals(Augmentation.parse(text), Augmentation.parse(Augmentation.parse(text).text()));
  }

  @Test
  void changesMayComeInAnyOrder() {
    assertEquals(new Augmentation(4, 1, true, 0), Augmentation.parse("flip,crop=4"));
    assertEquals("none", Augmentation.parse("crop=0").text());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "blur        | augmentation 'blur': expected none or some of crop=PIXELS, resized-crop=AREA, flip, rotate=DEGREES, found 'blur'",
        "flip=1      | augmentation 'flip=1': expected none or some of crop=PIXELS, resized-crop=AREA, flip, rotate=DEGREES, found 'flip=1'",
        "crop        | augmentation 'crop': expected none or some of crop=PIXELS, resized-crop=AREA, flip, rotate=DEGREES, found 'crop'",
        "flip,       | augmentation 'flip,': expected none or some of crop=PIXELS, resized-crop=AREA, flip, rotate=DEGREES, found ''",
        "flip,flip   | augmentation 'flip,flip': expected flip once, found it twice",
        "crop=2.5    | augmentation 'crop=2.5': crop: expected an integer, found '2.5'",
        "rotate=x    | augmentation 'rotate=x': rotate: expected a number, found 'x'",
        "crop=-1     | augmentation: crop: expected 0 to 1024 pixels, found -1",
        "rotate=181  | augmentation: rotate: expected 0 to 180 degrees, found 181.0",
        "resized-crop=0 | augmentation: resized-crop: expected a share of the area from 0.01 to 1, found 0.0",
        "resized-crop=NaN | augmentation: resized-crop: expected a share of the area from 0.01 to 1, found NaN"
      })
  void whatIsNoAugmentationIsRefused(String text, String message) {
    assertEquals(
        message,
        assertThrows(IllegalArgumentException.class, () -> Augmentation.parse(text)).getMessage());
  }

  @Test
  void aMirroredImageHasItsColumnsReversed() {
    assertArrayEquals(
        bytes(3, 2, 1, 6, 5, 4, 9, 8, 7), apply(Resampling.IDENTITY.mirrored(true, 3)), 0);
  }

  @Test
  void aMovedImageIsBlackWhereNothingWas() {
    assertArrayEquals(bytes(0, 0, 0, 2, 3, 0, 5, 6, 0), apply(Resampling.IDENTITY.moved(1, -1)), 0);
    assertArrayEquals(bytes(0, 0, 0, 0, 0, 0, 0, 0, 0), apply(Resampling.IDENTITY.moved(0, 40)), 0);
  }

  @Test
  void aQuarterTurnMovesEachCornerToTheNext() {
    assertArrayEquals(
        bytes(3, 6, 9, 2, 5, 8, 1, 4, 7),
        apply(Resampling.IDENTITY.turned(Math.PI / 2, 1.5, 1.5)),
        1e-6f);
  }

  @Test
  void anEnlargedPartIsInterpolatedLinearly() {
    // The pixel in the middle fills the image: its centre stays, the edges meet the neighbours.
    float[] enlarged = apply(Resampling.IDENTITY.enlarged(1, 1, 1 / 3.0, 1 / 3.0));
    assertEquals(5 / 255f, enlarged[4], 1e-6f);
    assertEquals((5 - 1 / 3f) / 255f, enlarged[3], 1e-6f);
    assertEquals((5 + 3 / 3f) / 255f, enlarged[7], 1e-6f);
  }

  @Test
  void paddingIsBlackBeforeNormalization() {
    float[] target = new float[9];
    Resampling.IDENTITY
        .moved(5, 0)
        .apply(
            PIXELS,
            0,
            Normalization.parse("mean=0.5:std=0.25"),
            new Resampling.Scratch(SHAPE),
            target);
    assertArrayEquals(new float[] {-2, -2, -2, -2, -2, -2, -2, -2, -2}, target);
  }

  @Test
  void aFlipMirrorsAboutEveryOtherImage() {
    AugmentationPass pass = new AugmentationPass(Augmentation.parse("flip"), 3, 1);
    int mirrored = 0;
    for (int image = 0; image < 1000; image++) {
      mirrored += pass.of(image, SHAPE).equals(Resampling.IDENTITY) ? 0 : 1;
    }
    assertTrue(mirrored > 440 && mirrored < 560, "mirrored " + mirrored + " of 1000");
  }

  @Test
  void aCropMovesByEveryDistanceUpToThePaddingAlike() {
    AugmentationPass pass = new AugmentationPass(Augmentation.parse("crop=1"), 3, 1);
    int[] counts = new int[9];
    for (int image = 0; image < 9000; image++) {
      Resampling moved = pass.of(image, SHAPE);
      assertEquals(Resampling.IDENTITY.moved(moved.x0(), moved.y0()), moved);
      counts[(int) (moved.x0() + 1) + 3 * (int) (moved.y0() + 1)]++;
    }
    for (int count : counts) {
      assertTrue(count > 850 && count < 1150, "found " + count + " of 9000");
    }
  }

  private static float[] bytes(int... values) {
    float[] scaled = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      scaled[i] = values[i] / 255f;
    }
    return scaled;
  }

  private static float[] apply(Resampling resampling) {
    float[] target = new float[9];
    resampling.apply(PIXELS, 0, Normalization.NONE, new Resampling.Scratch(SHAPE), target);
    return target;
  }
}
