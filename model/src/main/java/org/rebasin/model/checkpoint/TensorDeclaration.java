package org.rebasin.model.checkpoint;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/**
 * What a checkpoint says of one tensor before its values: its name, its element type and its shape,
 * row-major ({@code [out, in]} for a dense layer, empty for a scalar).
 */
public record TensorDeclaration(String name, DataType dataType, long[] shape) {
  /** The header's key for the metadata, which no tensor may take. */
  static final String METADATA_KEY = "__metadata__";

  /**
   * @throws IllegalArgumentException if the name is reserved or not valid Unicode, a dimension is
   *     negative, or the tensor has more bytes than a {@code long} can count
   */
  public TensorDeclaration {
    Objects.requireNonNull(dataType, "dataType");
    shape = shape.clone();
    if (name.equals(METADATA_KEY)) {
      throw new IllegalArgumentException(name + ": expected a tensor name, found the reserved key");
    }
    if (!isEncodable(name)) {
      throw new IllegalArgumentException(name + ": expected a name of valid Unicode characters");
    }
    // Multiplied in the order of the shape, as the reference implementation does, so that a zero
    // dimension does not excuse an overflow before it.
    long bytes = 1;
    for (long dimension : shape) {
      if (dimension < 0) {
        throw new IllegalArgumentException(
            name + ": expected no negative dimension, found shape " + Arrays.toString(shape));
      }
      bytes = multiply(bytes, dimension, name, shape);
    }
    multiply(bytes, dataType.bytes(), name, shape);
  }

  private static long multiply(long product, long factor, String name, long[] shape) {
    if (factor != 0 && product > Long.MAX_VALUE / factor) {
      throw new IllegalArgumentException(
          name
              + ": expected fewer than 2^63 bytes, found shape "
              + Arrays.toString(shape)
              + ", whose size overflows");
    }
    return product * factor;
  }

  static boolean isEncodable(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }

  /** A copy of the shape. */
  @Override
  public long[] shape() {
    return shape.clone();
  }

  /** The number of elements: the product of the shape, 1 for a scalar. */
  public long elements() {
    long elements = 1;
    for (long dimension : shape) {
      elements *= dimension;
    }
    return elements;
  }

  /** The size of the values in the file, in bytes. */
  public long bytes() {
    return elements() * dataType.bytes();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TensorDeclaration that
        && name.equals(that.name)
        && dataType == that.dataType
        && Arrays.equals(shape, that.shape);
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, dataType, Arrays.hashCode(shape));
  }

  @Override
  public String toString() {
    return name + " " + dataType + Arrays.toString(shape);
  }
}
