package org.rebasin.model.data;

import java.util.stream.IntStream;
import org.rebasin.model.tensor.Tensor;

/**
 * Examples in native memory, ready for a network: filled, used, and filled again. Owns the memory;
 * close it. For one thread at a time.
 */
public final class Batch implements AutoCloseable {
  private final Tensor inputs;
  private final int[] labels;
  private final Normalization normalization;
  private int count;

  /** Allocates room for {@code capacity} images, whose brightness is kept as it is, 0 to 1. */
  public Batch(ImageShape shape, int capacity) {
    this(shape, capacity, Normalization.NONE);
  }

  /**
   * Allocates room for {@code capacity} images, all of which are normalised.
   *
   * @throws IllegalArgumentException if the normalisation is for another number of channels
   */
  public Batch(ImageShape shape, int capacity, Normalization normalization) {
    normalization.requireFit(shape);
    this.normalization = normalization;
    this.inputs = Tensor.allocate(capacity, shape.channels(), shape.height(), shape.width());
    this.labels = new int[capacity];
  }

  /** Fills it with one batch of an order. */
  public Batch fill(LabelledImages images, BatchOrder order, int batch) {
    return fill(images, order, batch, AugmentationPass.NONE);
  }

  /** Fills it with one batch of an order, whose images are changed by an augmentation. */
  public Batch fill(
      LabelledImages images, BatchOrder order, int batch, AugmentationPass augmentation) {
    count = order.gather(batch, images, normalization, augmentation, inputs.values(), labels);
    return this;
  }

  /** Fills it with consecutive images. */
  public Batch fill(LabelledImages images, int from, int length) {
    images.gather(
        IntStream.range(from, from + length).toArray(),
        0,
        length,
        normalization,
        AugmentationPass.NONE,
        inputs.values(),
        labels);
    count = length;
    return this;
  }

  /** {@code [capacity, channels, height, width]}, of which the first {@link #count} are in use. */
  public Tensor inputs() {
    return inputs;
  }

  /** The classes of the first {@link #count} examples. */
  public int[] labels() {
    return labels;
  }

  /** Examples in use. */
  public int count() {
    return count;
  }

  @Override
  public void close() {
    inputs.close();
  }
}
