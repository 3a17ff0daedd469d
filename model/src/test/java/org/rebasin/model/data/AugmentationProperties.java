package org.rebasin.model.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class AugmentationProperties {
  private static final Augmentation ALL =
      Augmentation.parse("crop=2,resized-crop=0.4,flip,rotate=30");
  private static final Normalization NORMALIZATION = Normalization.parse("imagenet");

  @Property(tries = 50, seed = "1")
  void whatHappensToAnImageDoesNotDependOnItsBatch(
      @ForAll long seed,
      @ForAll @IntRange(min = 0, max = 1000) int epoch,
      @ForAll @IntRange(min = 1, max = 12) int size) {
    StableRandom random = new StableRandom(seed);
    LabelledImages images = noise(new ImageShape(3, 5, 7), size, random);
    AugmentationPass pass = new AugmentationPass(ALL, seed, epoch);
    int[] order = random.permutation(size);
    float[] together = gather(images, order, pass);
    for (int k = 0; k < size; k++) {
      int elements = images.shape().elements();
      assertArrayEquals(
          gather(images, new int[] {order[k]}, pass),
          Arrays.copyOfRange(together, k * elements, (k + 1) * elements));
    }
  }

  @Property(tries = 20, seed = "1")
  void eachEpochAndEachSeedChangesTheImagesAnew(@ForAll long seed, @ForAll int epoch) {
    LabelledImages images = noise(new ImageShape(3, 8, 8), 8, new StableRandom(seed));
    int[] order = {0, 1, 2, 3, 4, 5, 6, 7};
    float[] one = gather(images, order, new AugmentationPass(ALL, seed, epoch));
    assertFalse(
        Arrays.equals(one, gather(images, order, new AugmentationPass(ALL, seed, epoch + 1))));
    assertFalse(
        Arrays.equals(one, gather(images, order, new AugmentationPass(ALL, seed + 1, epoch))));
  }

  @Property(tries = 50, seed = "1")
  void resampledValuesStayBetweenBlackAndWhite(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 40) int side) {
    LabelledImages images = noise(new ImageShape(1, side, side), 2, new StableRandom(seed));
    FloatBuffer target = FloatBuffer.allocate(2 * side * side);
    images.gather(
        new int[] {0, 1},
        0,
        2,
        Normalization.NONE,
        new AugmentationPass(Augmentation.parse("crop=9,resized-crop=0.01,rotate=180"), seed, 0),
        target,
        new int[2]);
    for (float value : target.array()) {
      assertTrue(value >= 0 && value <= 1 + 1e-6, "found " + value);
    }
  }

  @Property(tries = 50, seed = "1")
  void aResizedCropShowsAPartOfTheImageAlone(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 10000) int image) {
    ImageShape shape = new ImageShape(1, 20, 30);
    Resampling part =
        new AugmentationPass(Augmentation.parse("resized-crop=0.3"), seed, 0).of(image, shape);
    assertEquals(0, part.xy());
    assertEquals(0, part.yx());
    assertTrue(part.x0() >= 0 && part.x0() + part.xx() * 30 <= 30 + 1e-9, part.toString());
    assertTrue(part.y0() >= 0 && part.y0() + part.yy() * 20 <= 20 + 1e-9, part.toString());
    assertTrue(part.xx() * part.yy() <= 1);
    // A part that would be longer than the image is cut to its length.
    assertTrue(part.xx() * part.yy() > 0.3 * 0.75, part.toString());
  }

  @Property(tries = 30, seed = "1")
  void addingAChangeLeavesTheOthersAsTheyWere(
      @ForAll long seed, @ForAll @IntRange(min = 0) int image) {
    ImageShape shape = new ImageShape(1, 16, 16);
    Resampling cropped =
        new AugmentationPass(Augmentation.parse("crop=4"), seed, 1).of(image, shape);
    Resampling both =
        new AugmentationPass(Augmentation.parse("crop=4,flip"), seed, 1).of(image, shape);
    assertTrue(both.equals(cropped) || both.equals(cropped.mirrored(true, 16)));
  }

  private static float[] gather(LabelledImages images, int[] indices, AugmentationPass pass) {
    FloatBuffer target = FloatBuffer.allocate(indices.length * images.shape().elements());
    images.gather(indices, 0, indices.length, NORMALIZATION, pass, target, new int[indices.length]);
    return target.array();
  }

  private static LabelledImages noise(ImageShape shape, int size, StableRandom random) {
    byte[] pixels = new byte[size * shape.elements()];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) random.nextInt(256);
    }
    return LabelledImages.of(shape, 1, pixels, new byte[size]);
  }
}
