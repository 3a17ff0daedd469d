package org.rebasin.model.tensor;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A dense float32 tensor in C order (last axis contiguous) in native memory.
 *
 * <p>A tensor made by {@link #allocate} owns its memory: whoever made it closes it, once. A tensor
 * made by {@link #over} borrows memory that somebody else keeps alive, such as a memory-mapped
 * file; closing it frees nothing. Not thread-safe for writing; any number of threads may read.
 */
public final class Tensor implements AutoCloseable {
  private final int[] shape;
  private final FloatBuffer values;
  private final Optional<Owned> owned;
  private boolean closed;

  /** Memory of a tensor's own, and the account in which it is counted. */
  private record Owned(INDArray array, AtomicLong account) {}

  private Tensor(int[] shape, FloatBuffer values, Optional<Owned> owned) {
    this.shape = shape;
    this.values = values;
    this.owned = owned;
  }

  /**
   * Allocates zeroed memory outside the Java heap.
   *
   * @param shape the length of each axis, all positive; at most 2³¹−1 elements together
   */
  public static Tensor allocate(int... shape) {
    int size = sizeOf(shape);
    NativeBackend.load();
    INDArray array = Nd4j.create(DataType.FLOAT, size);
    Owned owned = new Owned(array, NativeMemory.allocated(4L * size));
    return new Tensor(shape.clone(), array.data().asNioFloat(), Optional.of(owned));
  }

  /** Allocates a tensor and fills it with {@code values}; copies. */
  public static Tensor of(float[] values, int... shape) {
    requireSize(values.length, shape);
    Tensor tensor = allocate(shape);
    tensor.values.put(0, values);
    return tensor;
  }

  /**
   * A tensor over borrowed memory; copies nothing.
   *
   * @param values a direct buffer, of which the elements from 0 to its limit are the tensor
   */
  public static Tensor over(FloatBuffer values, int... shape) {
    if (!values.isDirect()) {
      throw new IllegalArgumentException("a tensor needs a direct buffer, found one on the heap");
    }
    requireSize(values.limit(), shape);
    return new Tensor(shape.clone(), values, Optional.empty());
  }

  /** The number of elements of a shape; refuses what one tensor cannot hold. */
  public static int sizeOf(int... shape) {
    long size = 1;
    for (int length : shape) {
      if (length <= 0) {
        throw new IllegalArgumentException(
            "expected positive axis lengths, found shape " + Arrays.toString(shape));
      }
      size *= length;
      if (size > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "a tensor holds at most 2147483647 elements, found shape " + Arrays.toString(shape));
      }
    }
    return (int) size;
  }

  private static void requireSize(int found, int[] shape) {
    if (found != sizeOf(shape)) {
      throw new IllegalArgumentException(
          "shape %s has %d elements, found %d values"
              .formatted(Arrays.toString(shape), sizeOf(shape), found));
    }
  }

  /** The length of each axis; a copy. */
  public int[] shape() {
    return shape.clone();
  }

  /** The length of one axis. */
  public int dimension(int axis) {
    return shape[axis];
  }

  /** The number of axes. */
  public int rank() {
    return shape.length;
  }

  /** The number of elements. */
  public int size() {
    return values.limit();
  }

  /** Whether both tensors have the same axes. */
  public boolean sameShape(Tensor other) {
    return Arrays.equals(shape, other.shape);
  }

  /**
   * The tensor's own memory, in C order. Use absolute access only: the buffer's position is shared.
   */
  public FloatBuffer values() {
    if (closed) {
      throw new IllegalStateException("the tensor " + Arrays.toString(shape) + " was closed");
    }
    return values;
  }

  /** All values on the heap, in C order; copies. */
  public float[] toArray() {
    float[] copy = new float[size()];
    values().get(0, copy);
    return copy;
  }

  /** The tensor as a matrix of its first axis by all others together; copies nothing. */
  public Matrix matrix() {
    int rows = shape.length == 0 ? 1 : shape[0];
    return Matrix.of(values(), rows, size() / rows);
  }

  /** Copies all values of a tensor of the same size into this one. */
  public void copyFrom(Tensor source) {
    if (source.size() != size()) {
      throw new IllegalArgumentException(
          "tensor sizes differ: %s != %s"
              .formatted(Arrays.toString(shape), Arrays.toString(source.shape)));
    }
    values().put(0, source.values(), 0, size());
  }

  /** Frees owned memory; a second call does nothing. No view of it may be used afterwards. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      owned.ifPresent(
          memory -> {
            memory.array().close();
            NativeMemory.freed(4L * values.limit(), memory.account());
          });
    }
  }
}
