package org.rebasin.model.data;

import java.util.Arrays;

/**
 * The middle of an image, as the published ImageNet networks are evaluated: the shorter side is
 * scaled to 256, then the middle 224 × 224 pixels are taken.
 *
 * <p>Scaling averages over all pixels that a new one covers, with weights that fall linearly from
 * its centre (a triangle; bilinear interpolation where an image grows), first along rows, then
 * along columns, and each pass rounds to whole bytes. Weights are fixed-point numbers, as in
 * Python's imaging library, so that the result has the bits of torchvision's {@code Resize(256)}
 * and {@code CenterCrop(224)}.
 */
final class ScaledCrop {
  /** Length of the shorter side after scaling. */
  static final int SCALED = 256;

  /** Length of both sides of what is taken. */
  static final int SIDE = 224;

  /** Bits of a weight behind the point: 255 times the sum of weights still fits an int. */
  private static final int FRACTION = 22;

  private ScaledCrop() {}

  /**
   * Writes the middle of an image.
   *
   * @param target receives {@code [3, 224, 224]} from {@code start} on
   */
  static void write(ImageFile image, byte[] target, int start) {
    int shorter = Math.min(image.height(), image.width());
    Taps rows = Taps.of(image.height(), scaled(image.height(), shorter));
    Taps columns = Taps.of(image.width(), scaled(image.width(), shorter));
    int first = rows.first[0];
    int count = rows.first[SIDE - 1] + rows.weights[SIDE - 1].length - first;
    byte[] narrow = new byte[count * SIDE];
    for (int colour = 0; colour < ImageFile.COLOURS; colour++) {
      int plane = colour * image.height() * image.width();
      for (int y = 0; y < count; y++) {
        int row = plane + (first + y) * image.width();
        for (int x = 0; x < SIDE; x++) {
          narrow[y * SIDE + x] =
              weighted(image.samples(), row + columns.first[x], 1, columns.weights[x]);
        }
      }
      for (int y = 0; y < SIDE; y++) {
        int row = (rows.first[y] - first) * SIDE;
        int to = start + (colour * SIDE + y) * SIDE;
        for (int x = 0; x < SIDE; x++) {
          target[to + x] = weighted(narrow, row + x, SIDE, rows.weights[y]);
        }
      }
    }
  }

  private static int scaled(int length, int shorter) {
    return Math.toIntExact((long) SCALED * length / shorter);
  }

  private static byte weighted(byte[] source, int from, int step, int[] weights) {
    int sum = 1 << (FRACTION - 1);
    for (int i = 0; i < weights.length; i++) {
      sum += weights[i] * (source[from + i * step] & 0xFF);
    }
    return (byte) Math.min(255, sum >> FRACTION);
  }

  /**
   * What the pixels of the crop are made of along one axis.
   *
   * @param first where the pixels begin that a new one is made of
   * @param weights how much each of them counts, fixed-point; their sum is 1
   */
  private record Taps(int[] first, int[][] weights) {
    private static Taps of(int length, int scaled) {
      double ratio = (double) length / scaled;
      // Where an image grows, a triangle still reaches both neighbours.
      double reach = Math.max(1, ratio);
      int cropped = (int) Math.rint((scaled - SIDE) / 2.0);
      int[] first = new int[SIDE];
      int[][] weights = new int[SIDE][];
      for (int i = 0; i < SIDE; i++) {
        double centre = (cropped + i + 0.5) * ratio;
        first[i] = (int) Math.max(0, Math.floor(centre - reach + 0.5));
        int end = (int) Math.min(length, Math.floor(centre + reach + 0.5));
        double[] heights = new double[end - first[i]];
        for (int k = 0; k < heights.length; k++) {
          heights[k] = Math.max(0, 1 - Math.abs(first[i] + k + 0.5 - centre) / reach);
        }
        double sum = Arrays.stream(heights).sum();
        weights[i] = new int[heights.length];
        for (int k = 0; k < heights.length; k++) {
          weights[i][k] = (int) Math.round(heights[k] / sum * (1 << FRACTION));
        }
      }
      return new Taps(first, weights);
    }
  }
}
