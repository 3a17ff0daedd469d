package org.rebasin.model.data;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * Images with 8-bit pixels, each with the number of its class. Immutable, and safe for use from
 * several threads. Subsets are views: they share the pixels and cost four bytes an image.
 */
public final class LabelledImages {
  private static final int MAX_BYTE_CLASSES = 256;

  /** Pixels converted at a time: 16 KiB of floats, so the copy onwards reads from the L1 cache. */
  private static final int CHUNK = 4096;

  private final ImageShape shape;
  private final int classes;
  private final byte[] pixels;
  private final int[] labels;

  /** Where image i of this view stands in the shared arrays. */
  private final int[] rows;

  private LabelledImages(ImageShape shape, int classes, byte[] pixels, int[] labels, int[] rows) {
    if (rows.length == 0) {
      throw new IllegalArgumentException("images: expected at least one, found none");
    }
    this.shape = shape;
    this.classes = classes;
    this.pixels = pixels;
    this.labels = labels;
    this.rows = rows;
  }

  /**
   * Wraps images that are already in memory. The arrays are not copied and belong to the result:
   * the caller must not change them afterwards.
   *
   * @param shape of every image
   * @param classes between 1 and 256
   * @param pixels unsigned bytes, {@code [images, channels, height, width]}
   * @param labels unsigned bytes below {@code classes}, {@code [images]}
   * @throws IllegalArgumentException if there is no image, the sizes disagree or a label is out of
   *     range
   */
  public static LabelledImages of(ImageShape shape, int classes, byte[] pixels, byte[] labels) {
    if (classes > MAX_BYTE_CLASSES) {
      throw new IllegalArgumentException(
          "classes: expected 1 to %d, found %d".formatted(MAX_BYTE_CLASSES, classes));
    }
    int[] numbers = new int[labels.length];
    Arrays.setAll(numbers, i -> labels[i] & 0xFF);
    return of(shape, classes, pixels, numbers);
  }

  /**
   * The same with any number of classes.
   *
   * @param classes 1 or more
   * @param labels from 0 to one less than {@code classes}, {@code [images]}
   * @throws IllegalArgumentException as above
   */
  static LabelledImages of(ImageShape shape, int classes, byte[] pixels, int[] labels) {
    if (classes < 1) {
      throw new IllegalArgumentException("classes: expected 1 or more, found " + classes);
    }
    long expected = (long) labels.length * shape.elements();
    if (pixels.length != expected) {
      throw new IllegalArgumentException(
          "pixels: expected %d × %s = %d bytes, found %d"
              .formatted(labels.length, shape, expected, pixels.length));
    }
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0 || labels[i] >= classes) {
        throw new IllegalArgumentException(
            "label %d: expected 0 to %d, found %d".formatted(i, classes - 1, labels[i]));
      }
    }
    return new LabelledImages(shape, classes, pixels, labels, firstRows(labels.length));
  }

  /** How many images there are, at least one. */
  public int size() {
    return rows.length;
  }

  /** The shape of every image. */
  public ImageShape shape() {
    return shape;
  }

  /** How many classes there are; labels run from 0 to one less. A subset may lack some. */
  public int classes() {
    return classes;
  }

  /** The class of one image. */
  public int label(int image) {
    return labels[rows[image]];
  }

  /** A copy of the unsigned bytes of one image, {@code [channels, height, width]}. */
  public byte[] pixels(int image) {
    int start = rows[image] * shape.elements();
    return Arrays.copyOfRange(pixels, start, start + shape.elements());
  }

  /**
   * Writes the chosen images, scaled to {@code [0, 1]} (byte / 255), and their labels. The hot path
   * of training: it reads and writes each pixel once and allocates one small array.
   *
   * @param indices of the images to write; one may occur more than once
   * @param from the first position of {@code indices} to use
   * @param count how many positions to use
   * @param target receives {@code [count, channels, height, width]} from its index 0 on; its
   *     position and limit are neither used as a start nor moved
   * @param targetLabels receives {@code [count]} from its index 0 on
   * @throws IllegalArgumentException if a target is too small
   * @throws IndexOutOfBoundsException if a position or an index is out of range; images before it
   *     have been written then
   */
  public void gather(int[] indices, int from, int count, FloatBuffer target, int[] targetLabels) {
    gather(indices, from, count, Normalization.NONE, AugmentationPass.NONE, target, targetLabels);
  }

  /**
   * The same, but the images are changed by an augmentation and normalised instead of scaled, still
   * in one pass.
   *
   * @throws IllegalArgumentException if a target is too small, or the normalisation is for another
   *     number of channels
   */
  public void gather(
      int[] indices,
      int from,
      int count,
      Normalization normalization,
      AugmentationPass augmentation,
      FloatBuffer target,
      int[] targetLabels) {
    normalization.requireFit(shape);
    Objects.checkFromIndexSize(from, count, indices.length);
    int elements = shape.elements();
    if ((long) count * elements > target.limit()) {
      throw new IllegalArgumentException(
          "target: expected room for %d × %s floats, found %d"
              .formatted(count, shape, target.limit()));
    }
    if (count > targetLabels.length) {
      throw new IllegalArgumentException(
          "target labels: expected room for %d, found %d".formatted(count, targetLabels.length));
    }
    for (int k = 0; k < count; k++) {
      targetLabels[k] = label(indices[from + k]);
    }
    if (augmentation.augmentation().isNone()) {
      convert(indices, from, count, normalization, target);
    } else {
      resample(indices, from, count, normalization, augmentation, target);
    }
  }

  private void convert(
      int[] indices, int from, int count, Normalization normalization, FloatBuffer target) {
    int plane = shape.height() * shape.width();
    float[] chunk = new float[Math.min(CHUNK, plane)];
    for (int k = 0; k < count; k++) {
      for (int channel = 0; channel < shape.channels(); channel++) {
        int start = rows[indices[from + k]] * shape.elements() + channel * plane;
        int table = normalization.tableStart(channel);
        for (int done = 0; done < plane; done += chunk.length) {
          int length = Math.min(chunk.length, plane - done);
          lookUp(normalization.table(), table, pixels, start + done, chunk, length);
          target.put(k * shape.elements() + channel * plane + done, chunk, 0, length);
        }
      }
    }
  }

  /** Java's compiler vectorises no conversion of bytes; a look-up beats calculating. */
  private static void lookUp(
      float[] table, int tableStart, byte[] source, int start, float[] target, int length) {
    for (int i = 0; i < length; i++) {
      target[i] = table[tableStart + (source[start + i] & 0xFF)];
    }
  }

  private void resample(
      int[] indices,
      int from,
      int count,
      Normalization normalization,
      AugmentationPass augmentation,
      FloatBuffer target) {
    Resampling.Scratch scratch = new Resampling.Scratch(shape);
    float[] image = new float[shape.elements()];
    for (int k = 0; k < count; k++) {
      int number = indices[from + k];
      augmentation
          .of(number, shape)
          .apply(pixels, rows[number] * shape.elements(), normalization, scratch, image);
      target.put(k * image.length, image);
    }
  }

  /**
   * A view of the chosen images in the given order. The indices are copied.
   *
   * @throws IllegalArgumentException if none is chosen
   * @throws IndexOutOfBoundsException if an index is out of range
   */
  public LabelledImages subset(int[] indices) {
    int[] chosen = new int[indices.length];
    for (int i = 0; i < indices.length; i++) {
      chosen[i] = rows[Objects.checkIndex(indices[i], rows.length)];
    }
    return new LabelledImages(shape, classes, pixels, labels, chosen);
  }

  /**
   * The numbers of all images of a class, in random order that is decided by the seed and the class
   * alone; O(images).
   */
  int[] shuffled(int label, long seed) {
    int[] members = IntStream.range(0, size()).filter(i -> label(i) == label).toArray();
    int[] order = new StableRandom(Seeds.mix(seed, label)).permutation(members.length);
    return Arrays.stream(order).map(i -> members[i]).toArray();
  }

  /**
   * A view of the first {@code count} images.
   *
   * @throws IllegalArgumentException if the count is zero, negative or larger than the size
   */
  public LabelledImages prefix(int count) {
    if (count < 1 || count > rows.length) {
      throw new IllegalArgumentException(
          "prefix: expected 1 to %d images, found %d".formatted(rows.length, count));
    }
    return new LabelledImages(shape, classes, pixels, labels, Arrays.copyOf(rows, count));
  }

  @Override
  public String toString() {
    return "%d images of %s in %d classes".formatted(size(), shape, classes);
  }

  private static int[] firstRows(int count) {
    int[] rows = new int[count];
    Arrays.setAll(rows, i -> i);
    return rows;
  }
}
