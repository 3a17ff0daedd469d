package org.rebasin.model.data;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Draws handwritten-looking digits: 28 × 28 grey pixels, ink bright on dark, ten classes. Each
 * image takes one of the ways of writing its digit, moves the points of the strokes, deforms the
 * whole, draws it with a pen of random width, and adds the noise of a scan.
 *
 * <p>An image is decided by the seed, the name of the split and its index alone, by operations that
 * every machine computes alike: neither the number of images nor of threads changes a byte, and a
 * smaller set is the beginning of a larger one. Of each ten consecutive images, starting at a
 * multiple of ten, each shows another digit.
 */
public final class GeneratedDigits {
  private static final int SIDE = 28;
  private static final ImageShape SHAPE = new ImageShape(1, SIDE, SIDE);

  private GeneratedDigits() {}

  /**
   * Draws images on all cores of the common pool; about 40 µs an image and core.
   *
   * @param split for which the images are, such as {@code train}: images of different splits are
   *     independent
   * @param count how many to draw
   * @throws IllegalArgumentException if the count is not positive
   */
  public static LabelledImages draw(long seed, String split, int count) {
    if (count < 1) {
      throw new IllegalArgumentException("digits: expected at least one image, found " + count);
    }
    long splitSeed = Seeds.mix(Seeds.mix(seed, "digits"), split);
    byte[] labels = labels(splitSeed, count);
    byte[] pixels = new byte[Math.multiplyExact(count, SHAPE.elements())];
    IntStream.range(0, count)
        .parallel()
        .forEach(
            i ->
                draw(
                    labels[i],
                    new StableRandom(Seeds.mix(splitSeed, i)),
                    pixels,
                    i * SHAPE.elements()));
    return LabelledImages.of(SHAPE, DigitGlyphs.digits(), pixels, labels);
  }

  private static byte[] labels(long splitSeed, int count) {
    StableRandom random = new StableRandom(Seeds.mix(splitSeed, "labels"));
    int digits = DigitGlyphs.digits();
    byte[] labels = new byte[count];
    for (int start = 0; start < count; start += digits) {
      int[] order = random.permutation(digits);
      for (int i = 0; i < Math.min(digits, count - start); i++) {
        labels[start + i] = (byte) order[i];
      }
    }
    return labels;
  }

  private static void draw(int digit, StableRandom random, byte[] target, int start) {
    Canvas canvas = new Canvas(SIDE);
    List<List<Stroke>> variants = DigitGlyphs.variants(digit);
    List<Stroke> strokes = variants.get(random.nextInt(variants.size()));
    Deformation deformation = new Deformation(SIDE, random);
    double radius = random.between(DigitStyle.LEAST_RADIUS, DigitStyle.GREATEST_RADIUS);
    for (Stroke stroke : strokes) {
      double[] line = stroke.jittered(DigitStyle.JITTER, random).polyline();
      deformation.apply(line);
      ink(canvas, line, radius, random);
      if (random.chance(DigitStyle.ERASURE_CHANCE / strokes.size())) {
        rub(canvas, line, random);
      }
    }
    soil(canvas, random);
    double brightness = random.between(DigitStyle.LEAST_BRIGHTNESS, DigitStyle.GREATEST_BRIGHTNESS);
    canvas.develop(brightness, random.between(0, DigitStyle.NOISE), random, target, start);
  }

  private static void ink(Canvas canvas, double[] line, double radius, StableRandom random) {
    double pressure = random.between(-DigitStyle.PRESSURE, DigitStyle.PRESSURE);
    int segments = line.length / 2 - 1;
    for (int i = 0; i < segments; i++) {
      double from = radius * (1 + pressure * (1 - 2.0 * i / segments));
      double to = radius * (1 + pressure * (1 - 2.0 * (i + 1) / segments));
      int at = 2 * i;
      canvas.line(line[at], line[at + 1], from, line[at + 2], line[at + 3], to, 1);
    }
  }

  private static void rub(Canvas canvas, double[] line, StableRandom random) {
    int at = 2 * random.nextInt(line.length / 2);
    double radius = random.between(DigitStyle.LEAST_ERASURE, DigitStyle.GREATEST_ERASURE);
    canvas.erase(line[at], line[at + 1], radius, random.between(DigitStyle.LEAST_RUBBING, 1));
  }

  private static void soil(Canvas canvas, StableRandom random) {
    if (random.chance(DigitStyle.MARK_CHANCE)) {
      double x = random.between(0, SIDE);
      double y = random.between(0, SIDE);
      double toX = x + random.between(-DigitStyle.MARK_LENGTH, DigitStyle.MARK_LENGTH);
      double toY = y + random.between(-DigitStyle.MARK_LENGTH, DigitStyle.MARK_LENGTH);
      canvas.line(x, y, DigitStyle.MARK_RADIUS, toX, toY, DigitStyle.MARK_RADIUS, dirt(random));
    }
    for (int specks = random.nextInt(DigitStyle.SPECKS + 1); specks > 0; specks--) {
      double x = random.between(0, SIDE);
      double y = random.between(0, SIDE);
      canvas.line(x, y, DigitStyle.SPECK_RADIUS, x, y, DigitStyle.SPECK_RADIUS, dirt(random));
    }
  }

  private static double dirt(StableRandom random) {
    return random.between(DigitStyle.LEAST_DIRT, DigitStyle.GREATEST_DIRT);
  }
}
