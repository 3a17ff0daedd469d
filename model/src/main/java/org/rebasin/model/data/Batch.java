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
  private int count;

  /** Allocates room for {@code capacity} images. */
  public Batch(ImageShape shape, int capacity) {
    this.inputs = Tensor.allocate(capacity, shape.channels(), shape.height(), shape.width());
    this.labels = new int[capacity];
  }

  /** Fills it with one batch of an order. */
  public Batch fill(LabelledImages images, BatchOrder order, int batch) {
    count = order.gather(batch, images, inputs.values(), labels);
    return this;
  }

  /** Fills it with consecutive images. */
  public Batch fill(LabelledImages images, int from, int length) {
    images.gather(
        IntStream.range(from, from + length).toArray(), 0, length, inputs.values(), labels);
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
