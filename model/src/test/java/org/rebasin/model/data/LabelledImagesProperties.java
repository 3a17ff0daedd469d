package org.rebasin.model.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class LabelledImagesProperties {
  @Property(tries = 50, seed = "1")
  void gatherEqualsConvertingPixelByPixel(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 3) int channels,
      @ForAll @IntRange(min = 1, max = 60) int side,
      @ForAll @IntRange(min = 1, max = 12) int size) {
    StableRandom random = new StableRandom(seed);
    LabelledImages images = noise(new ImageShape(channels, side, side), size, random);
    int[] indices = draws(size, 20, random);
    int from = random.nextInt(indices.length);
    int count = random.nextInt(indices.length - from + 1);
    int elements = images.shape().elements();
    FloatBuffer target = direct(count * elements);
    int[] labels = new int[count];

    images.gather(indices, from, count, target, labels);

    for (int k = 0; k < count; k++) {
      byte[] pixels = images.pixels(indices[from + k]);
      assertEquals(images.label(indices[from + k]), labels[k]);
      for (int i = 0; i < elements; i++) {
        assertEquals((pixels[i] & 0xFF) / 255f, target.get(k * elements + i));
      }
    }
  }

  @Property(tries = 50, seed = "1")
  void aSubsetOfASubsetIsTheSubsetOfTheComposedIndices(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 12) int size) {
    StableRandom random = new StableRandom(seed);
    LabelledImages images = noise(new ImageShape(1, 3, 2), size, random);
    int[] outer = draws(size, 8, random);
    int[] inner = draws(outer.length, 5, random);
    LabelledImages subset = images.subset(outer).subset(inner);
    assertEquals(inner.length, subset.size());
    for (int i = 0; i < inner.length; i++) {
      assertArrayEquals(images.pixels(outer[inner[i]]), subset.pixels(i));
      assertEquals(images.label(outer[inner[i]]), subset.label(i));
    }
  }

  private static LabelledImages noise(ImageShape shape, int size, StableRandom random) {
    byte[] pixels = new byte[size * shape.elements()];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) random.nextInt(256);
    }
    byte[] labels = new byte[size];
    for (int i = 0; i < size; i++) {
      labels[i] = (byte) random.nextInt(200);
    }
    return LabelledImages.of(shape, 200, pixels, labels);
  }

  private static int[] draws(int bound, int count, StableRandom random) {
    int[] indices = new int[count];
    for (int i = 0; i < count; i++) {
      indices[i] = random.nextInt(bound);
    }
    return indices;
  }

  private static FloatBuffer direct(int floats) {
    return ByteBuffer.allocateDirect(floats * Float.BYTES)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }
}
