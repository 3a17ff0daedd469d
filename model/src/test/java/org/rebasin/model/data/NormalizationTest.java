package org.rebasin.model.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.FloatBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NormalizationTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "none",
        "imagenet",
        "cifar10",
        "cifar100",
        "mnist",
        "fashion-mnist",
        "mean=0.5:std=0.25",
        "mean=0.1,-0.2,0.3333333333333333:std=1.0,2.0E-4,3.0"
      })
  void aNormalizationIsReadBackFromItsText(String text) {
    assertEquals(text, Normalization.parse(text).text());
    assertEquals(Normalization.parse(text), Normalization.parse(Normalization.parse(text).text()));
  }

  @Test
  void numbersThatHaveANameGoByIt() {
    assertEquals("none", Normalization.parse("mean=0:std=1").text());
    assertEquals(
        "imagenet", Normalization.parse("mean=0.485,0.456,0.406:std=0.229,0.224,0.225").text());
    assertSame(Normalization.NONE, Normalization.parse("none"));
  }

  @Test
  void eachChannelLosesItsMeanAndIsDividedByItsDeviation() {
    LabelledImages images =
        LabelledImages.of(
            new ImageShape(2, 1, 2), 1, new byte[] {0, 51, (byte) 255, 102}, new byte[1]);
    FloatBuffer target = FloatBuffer.allocate(4);
    Normalization normalization =
        Normalization.of(new double[] {0.2, 0.5}, new double[] {0.1, 0.25});
    images.gather(new int[] {0}, 0, 1, normalization, AugmentationPass.NONE, target, new int[1]);
    assertArrayEquals(new float[] {-2, 0, 2, -0.4f}, target.array(), 1e-6f);
  }

  @Test
  void noNormalizationIsTheBytesShareOf255() {
    float[] table = Normalization.NONE.table();
    for (int value = 0; value < 256; value++) {
      assertEquals(value / 255f, table[value]);
    }
  }

  @Test
  void aBatchNormalizesEveryWayItIsFilled() {
    LabelledImages images =
        LabelledImages.of(
            new ImageShape(3, 1, 1), 1, new byte[] {(byte) 255, (byte) 255, 0}, new byte[1]);
    float[] expected = {(1 - .485f) / .229f, (1 - .456f) / .224f, -.406f / .225f};
    try (Batch batch = new Batch(images.shape(), 1, Normalization.parse("imagenet"))) {
      float[] found = new float[3];
      batch.fill(images, 0, 1).inputs().values().get(0, found);
      assertArrayEquals(expected, found, 1e-6f);
      batch.inputs().values().put(0, new float[3]);
      batch.fill(images, BatchOrder.sequential(1, 1), 0).inputs().values().get(0, found);
      assertArrayEquals(expected, found, 1e-6f);
    }
  }

  @Test
  void imagesOfOtherChannelsAreRefused() {
    assertRefused(
        "normalization imagenet: expected images of 3 channels, found [1, 28, 28]",
        () -> new Batch(new ImageShape(1, 28, 28), 1, Normalization.parse("imagenet")));
  }

  @Test
  void whatIsNoNormalizationIsRefused() {
    assertRefused(
        "normalization: expected none, imagenet, cifar10, cifar100, mnist, fashion-mnist or"
            + " mean=NUMBER,…:std=NUMBER,…, found 'svhn'",
        () -> Normalization.parse("svhn"));
    assertRefused(
        "normalization: expected numbers with commas between them, found '0.1,x'",
        () -> Normalization.parse("mean=0.1,x:std=1,1"));
    assertRefused(
        "normalization: expected as many means as standard deviations, at least one, found 2 and 1",
        () -> Normalization.parse("mean=1,2:std=1"));
    assertRefused(
        "normalization: expected a positive standard deviation, found 0.0",
        () -> Normalization.parse("mean=1:std=0"));
    assertRefused(
        "normalization: expected a finite mean, found NaN",
        () -> Normalization.parse("mean=NaN:std=1"));
  }

  private static void assertRefused(String message, Executable action) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, action).getMessage());
  }
}
