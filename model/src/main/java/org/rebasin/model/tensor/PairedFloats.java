package org.rebasin.model.tensor;

import java.nio.FloatBuffer;
import java.util.stream.IntStream;

/**
 * Sums of higher precision in native memory: each number is a float and what that float leaves, 48
 * bits together. So they are stored as float tensors and read again without loss. Owns its memory;
 * close it. Arithmetic on them is done in double.
 */
final class PairedFloats implements AutoCloseable {
  private final Tensor halves;
  private final int size;

  /** Zeros. */
  PairedFloats(int... shape) {
    this.halves = Tensor.allocate(withHalves(shape));
    this.size = halves.size() / 2;
  }

  private static int[] withHalves(int... shape) {
    return IntStream.concat(IntStream.of(2), IntStream.of(shape)).toArray();
  }

  /** The nearest number that a pair of floats holds. */
  static double round(double value) {
    float high = (float) value;
    return (double) high + (float) (value - high);
  }

  /**
   * The numbers as a tensor {@code [2, shape…]}, first the floats, then what they leave; a copy.
   */
  static Tensor tensor(double[] values, int... shape) {
    Tensor tensor = Tensor.allocate(withHalves(shape));
    for (int i = 0; i < values.length; i++) {
      float high = (float) values[i];
      tensor.values().put(i, high).put(values.length + i, (float) (values[i] - high));
    }
    return tensor;
  }

  /** The numbers of a tensor that {@link #tensor} made. */
  static double[] numbers(Tensor tensor) {
    int size = tensor.size() / 2;
    FloatBuffer values = tensor.values();
    return IntStream.range(0, size)
        .mapToDouble(i -> (double) values.get(i) + values.get(size + i))
        .toArray();
  }

  /** {@code [2, shape…]}: this object's own memory. */
  Tensor halves() {
    return halves;
  }

  double get(int index) {
    return (double) halves.values().get(index) + halves.values().get(size + index);
  }

  /** Reads {@code target.length} numbers. */
  void read(int from, double[] target) {
    float[] high = new float[target.length];
    float[] low = new float[target.length];
    halves.values().get(from, high).get(size + from, low);
    for (int i = 0; i < target.length; i++) {
      target[i] = (double) high[i] + low[i];
    }
  }

  /** Writes numbers, each rounded to a pair. */
  void write(int from, double[] source) {
    float[] high = new float[source.length];
    float[] low = new float[source.length];
    for (int i = 0; i < source.length; i++) {
      high[i] = (float) source[i];
      low[i] = (float) (source[i] - high[i]);
    }
    halves.values().put(from, high).put(size + from, low);
  }

  @Override
  public void close() {
    halves.close();
  }
}
