package org.rebasin.model.data;

/**
 * The augmentation of one epoch's images. What happens to an image is decided by the seed, the
 * epoch and the image's number in its set alone: not by the batch it is in, nor by who fills it.
 *
 * @param epoch any number; each one changes the images anew
 */
public record AugmentationPass(Augmentation augmentation, long seed, int epoch) {
  /** Leaves images as they are. */
  public static final AugmentationPass NONE = new AugmentationPass(Augmentation.NONE, 0, 0);

  /** What happens to image number {@code image} of a set. */
  Resampling of(int image, ImageShape shape) {
    long mixed = Seeds.mix(Seeds.mix(seed, "augmentation"), epoch, image);
    return augmentation.draw(shape, new StableRandom(mixed));
  }
}
