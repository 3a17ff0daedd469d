package org.rebasin.model.data;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Random changes of training images that leave their classes as they are. As text: {@code none}, or
 * some of {@code crop=4,resized-crop=0.5,flip,rotate=15}.
 *
 * <p>All changes of one image are composed and its pixels resampled once. What lies outside of the
 * image is black.
 *
 * @param cropPadding {@code crop=N}: the image is moved by up to so many pixels along each axis, as
 *     a random crop of its own size is after padding; 0 for none
 * @param resizedCropArea {@code resized-crop=A}: a part of the image of random position, with a
 *     share of its area between this and 1 and sides stretched by up to 4:3, is enlarged to the
 *     full size; 1 for none
 * @param flip {@code flip}: every other image, at random, is mirrored left to right
 * @param rotateDegrees {@code rotate=D}: the image is turned around its centre by up to so many
 *     degrees either way; 0 for none
 */
public record Augmentation(
    int cropPadding, double resizedCropArea, boolean flip, double rotateDegrees) {
  /** Images as they are. */
  public static final Augmentation NONE = new Augmentation(0, 1, false, 0);

  private static final String NONE_TEXT = "none";
  private static final String CROP = "crop";
  private static final String RESIZED_CROP = "resized-crop";
  private static final String FLIP = "flip";
  private static final String ROTATE = "rotate";
  private static final int MAX_PADDING = 1024;
  private static final double SMALLEST_AREA = 0.01;

  /** The aspect ratio lies between this and its inverse, evenly on a logarithmic scale. */
  private static final double LOG_ASPECT = StrictMath.log(4.0 / 3.0);

  /**
   * @throws IllegalArgumentException if a number is out of range
   */
  public Augmentation {
    if (cropPadding < 0 || cropPadding > MAX_PADDING) {
      throw new IllegalArgumentException(
          "augmentation: crop: expected 0 to %d pixels, found %d"
              .formatted(MAX_PADDING, cropPadding));
    }
    if (!(resizedCropArea >= SMALLEST_AREA && resizedCropArea <= 1)) {
      throw new IllegalArgumentException(
          "augmentation: resized-crop: expected a share of the area from %s to 1, found %s"
              .formatted(SMALLEST_AREA, resizedCropArea));
    }
    if (!(rotateDegrees >= 0 && rotateDegrees <= 180)) {
      throw new IllegalArgumentException(
          "augmentation: rotate: expected 0 to 180 degrees, found " + rotateDegrees);
    }
  }

  /**
   * Understands {@link #text}, with the changes in any order.
   *
   * @throws IllegalArgumentException if a change is not known, occurs twice or has a value that
   *     does not fit
   */
  public static Augmentation parse(String text) {
    if (text.equals(NONE_TEXT)) {
      return NONE;
    }
    Map<String, String> values = new LinkedHashMap<>();
    for (String change : text.split(",", -1)) {
      int equals = change.indexOf('=');
      String key = equals < 0 ? change : change.substring(0, equals);
      boolean known =
          key.equals(FLIP)
              ? equals < 0
              : equals > 0 && List.of(CROP, RESIZED_CROP, ROTATE).contains(key);
      if (!known) {
        throw new IllegalArgumentException(
            "augmentation '%s': expected none or some of crop=PIXELS, resized-crop=AREA, flip, rotate=DEGREES, found '%s'"
                .formatted(text, change));
      }
      if (values.put(key, change.substring(equals + 1)) != null) {
        throw new IllegalArgumentException(
            "augmentation '%s': expected %s once, found it twice".formatted(text, key));
      }
    }
    Options options = new Options("augmentation '%s'".formatted(text), values);
    return new Augmentation(
        options.whole(CROP, NONE.cropPadding),
        options.real(RESIZED_CROP).orElse(NONE.resizedCropArea),
        options.has(FLIP),
        options.real(ROTATE).orElse(NONE.rotateDegrees));
  }

  /** The changes in a fixed order; {@link #parse} takes it back. */
  public String text() {
    List<String> changes = new ArrayList<>();
    if (cropPadding > 0) {
      changes.add(CROP + "=" + cropPadding);
    }
    if (resizedCropArea < 1) {
      changes.add(RESIZED_CROP + "=" + resizedCropArea);
    }
    if (flip) {
      changes.add(FLIP);
    }
    if (rotateDegrees > 0) {
      changes.add(ROTATE + "=" + rotateDegrees);
    }
    return changes.isEmpty() ? NONE_TEXT : String.join(",", changes);
  }

  /** Whether images stay as they are. */
  public boolean isNone() {
    return cropPadding == 0 && resizedCropArea == 1 && !flip && rotateDegrees == 0;
  }

  /**
   * Draws the changes of one image. Every number is drawn whether it is needed or not, so that
   * adding a change to an augmentation leaves the others as they were.
   */
  Resampling draw(ImageShape shape, StableRandom random) {
    int range = 2 * cropPadding + 1;
    double moveX = (int) (random.nextDouble() * range) - cropPadding;
    double moveY = (int) (random.nextDouble() * range) - cropPadding;
    double root = Math.sqrt(random.between(resizedCropArea, 1));
    double logAspect = random.between(-LOG_ASPECT, LOG_ASPECT);
    double stretch = resizedCropArea < 1 ? StrictMath.exp(logAspect / 2) : 1;
    double partWidth = Math.min(1, root * stretch);
    double partHeight = Math.min(1, root / stretch);
    double partX = random.nextDouble() * (1 - partWidth) * shape.width();
    double partY = random.nextDouble() * (1 - partHeight) * shape.height();
    boolean mirrored = random.chance(0.5) && flip;
    double angle = StrictMath.toRadians(random.between(-rotateDegrees, rotateDegrees));
    return Resampling.IDENTITY
        .moved(moveX, moveY)
        .enlarged(partX, partY, partWidth, partHeight)
        .mirrored(mirrored, shape.width())
        .turned(angle, shape.width() / 2.0, shape.height() / 2.0);
  }
}
