package org.rebasin.model.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class GeneratedDigitsTest {
  /** Recorded when the digits were designed: results are only comparable while it holds. */
  @Test
  void theFirstHundredDefaultImagesNeverChange() throws NoSuchAlgorithmException {
    LabelledImages images = GeneratedDigits.draw(0, "train", 100);
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (int i = 0; i < images.size(); i++) {
      digest.update((byte) images.label(i));
      digest.update(images.pixels(i));
    }
    assertEquals(
        "72f7398d4e20863dc4953d0ad21b3e90e3e84b8c0c827a63824d23b7ab82be12",
        HexFormat.of().formatHex(digest.digest()));
  }

  @Test
  void everyTenImagesShowTheTenDigits() {
    LabelledImages images = GeneratedDigits.draw(3, "test", 200);
    for (int start = 0; start < 200; start += 10) {
      int[] digits = new int[10];
      for (int i = 0; i < 10; i++) {
        digits[i] = images.label(start + i);
      }
      Arrays.sort(digits);
      assertArrayEquals(new int[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, digits);
    }
  }

  /** A rough reader, the nearest of ten mean images, is right far more often than chance. */
  @Test
  void digitsOfOneClassLookAlike() {
    LabelledImages train = GeneratedDigits.draw(0, "train", 2000);
    LabelledImages test = GeneratedDigits.draw(0, "test", 500);
    double[][] means = new double[10][784];
    for (int i = 0; i < train.size(); i++) {
      byte[] pixels = train.pixels(i);
      for (int p = 0; p < pixels.length; p++) {
        means[train.label(i)][p] += (pixels[p] & 0xFF) / 200.0;
      }
    }
    int right = 0;
    for (int i = 0; i < test.size(); i++) {
      if (nearest(means, test.pixels(i)) == test.label(i)) {
        right++;
      }
    }
    assertTrue(right > 250 && right < 475, right + " of 500 read rightly");
  }

  @Test
  void everyImageHasInkAndBackground() {
    LabelledImages images = GeneratedDigits.draw(8, "train", 1000);
    for (int i = 0; i < images.size(); i++) {
      byte[] pixels = images.pixels(i);
      int bright = 0;
      for (byte pixel : pixels) {
        if ((pixel & 0xFF) > 80) {
          bright++;
        }
      }
      assertTrue(bright > 10 && bright < 400, "image " + i + " has " + bright + " bright pixels");
    }
  }

  @Test
  void noImagesAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> GeneratedDigits.draw(0, "train", 0));
    assertThrows(IllegalArgumentException.class, () -> GeneratedDigits.draw(0, "train", -1));
  }

  private static int nearest(double[][] means, byte[] pixels) {
    int best = 0;
    double least = Double.MAX_VALUE;
    for (int digit = 0; digit < means.length; digit++) {
      double distance = 0;
      for (int p = 0; p < pixels.length; p++) {
        double difference = (pixels[p] & 0xFF) - means[digit][p];
        distance += difference * difference;
      }
      if (distance < least) {
        least = distance;
        best = digit;
      }
    }
    return best;
  }
}
