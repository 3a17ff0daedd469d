package org.rebasin.model.data;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Objects;

/**
 * One pass over a set of examples, cut into batches: every example exactly once, the last batch
 * smaller if the numbers do not divide. Immutable; four bytes an example.
 */
public final class BatchOrder {
  private final int[] indices;
  private final int batchSize;

  private BatchOrder(int[] indices, int batchSize) {
    if (batchSize < 1) {
      throw new IllegalArgumentException("batch size: expected at least 1, found " + batchSize);
    }
    this.indices = indices;
    this.batchSize = batchSize;
  }

  /**
   * The order of one training epoch: uniformly random, and decided by the seed and the number of
   * the epoch alone, so an epoch can be run again without those before it.
   *
   * @throws IllegalArgumentException if the batch size is not positive
   */
  public static BatchOrder shuffled(int examples, int batchSize, long seed, int epoch) {
    long mixed = Seeds.mix(Seeds.mix(seed, "epoch order"), epoch);
    return new BatchOrder(new StableRandom(mixed).permutation(examples), batchSize);
  }

  /**
   * The order in which the examples are stored: for evaluation.
   *
   * @throws IllegalArgumentException if the batch size is not positive
   */
  public static BatchOrder sequential(int examples, int batchSize) {
    int[] indices = new int[examples];
    Arrays.setAll(indices, i -> i);
    return new BatchOrder(indices, batchSize);
  }

  /** How many examples there are. */
  public int examples() {
    return indices.length;
  }

  /** How many batches there are, the last one included if it is smaller. */
  public int batches() {
    return (int) (((long) indices.length + batchSize - 1) / batchSize);
  }

  /**
   * How many examples a batch holds.
   *
   * @throws IndexOutOfBoundsException if there is no such batch
   */
  public int count(int batch) {
    return Math.min(batchSize, indices.length - start(batch));
  }

  /**
   * A copy of the indices of a batch.
   *
   * @throws IndexOutOfBoundsException if there is no such batch
   */
  public int[] batch(int batch) {
    return Arrays.copyOfRange(indices, start(batch), start(batch) + count(batch));
  }

  /**
   * Writes the images and labels of a batch, as {@link LabelledImages#gather} does.
   *
   * @param images as many as this order has examples
   * @return how many examples the batch holds
   * @throws IllegalArgumentException if the number of images differs, or a target is too small
   * @throws IndexOutOfBoundsException if there is no such batch
   */
  public int gather(int batch, LabelledImages images, FloatBuffer target, int[] targetLabels) {
    return gather(batch, images, Normalization.NONE, AugmentationPass.NONE, target, targetLabels);
  }

  /** The same, but the images are changed by an augmentation and normalised. */
  int gather(
      int batch,
      LabelledImages images,
      Normalization normalization,
      AugmentationPass augmentation,
      FloatBuffer target,
      int[] targetLabels) {
    if (images.size() != indices.length) {
      throw new IllegalArgumentException(
          "batch order: expected %d images, found %d".formatted(indices.length, images.size()));
    }
    images.gather(
        indices, start(batch), count(batch), normalization, augmentation, target, targetLabels);
    return count(batch);
  }

  private int start(int batch) {
    return Objects.checkIndex(batch, batches()) * batchSize;
  }
}
