package org.rebasin.model.tensor;

import java.nio.FloatBuffer;

/**
 * A view of a matrix in native memory: element {@code (r, c)} is at {@code offset + r·stride + c},
 * or at {@code offset + c·stride + r} when transposed. Views are cheap and copy nothing.
 *
 * @param values a direct buffer
 * @param offset index of the first element
 * @param rows number of rows of the view
 * @param columns number of columns of the view
 * @param stride distance between two stored rows
 * @param transposed whether the stored rows are the view's columns
 */
public record Matrix(
    FloatBuffer values, int offset, int rows, int columns, int stride, boolean transposed) {

  /** A whole row-major matrix. */
  public static Matrix of(FloatBuffer values, int rows, int columns) {
    return new Matrix(values, 0, rows, columns, columns, false);
  }

  /** Checks that the view lies within the buffer. */
  public Matrix {
    int storedRows = transposed ? columns : rows;
    int storedColumns = transposed ? rows : columns;
    long end = offset + (long) (storedRows - 1) * stride + storedColumns;
    if (rows < 0 || columns < 0 || offset < 0 || storedColumns > stride) {
      throw new IllegalArgumentException(
          "not a matrix: %d×%d, offset %d, stride %d".formatted(rows, columns, offset, stride));
    }
    if (rows > 0 && columns > 0 && end > values.limit()) {
      throw new IllegalArgumentException(
          "matrix %d×%d at %d needs %d values, the buffer has %d"
              .formatted(rows, columns, offset, end, values.limit()));
    }
  }

  /** The same elements with rows and columns exchanged. */
  public Matrix transpose() {
    return new Matrix(values, offset, columns, rows, stride, !transposed);
  }

  /**
   * The rows {@code from} to {@code from + count − 1}.
   *
   * @throws IllegalArgumentException if this view has fewer, whatever the buffer has
   */
  public Matrix rows(int from, int count) {
    if (from < 0 || count < 0 || count > rows - from) {
      throw new IllegalArgumentException(
          "expected %s within 0 to %d, found %d of them from %d"
              .formatted(transposed ? "columns" : "rows", rows - 1, count, from));
    }
    int start = transposed ? offset + from : offset + Math.multiplyExact(from, stride);
    return new Matrix(values, start, count, columns, stride, transposed);
  }

  /**
   * The columns {@code from} to {@code from + count − 1}.
   *
   * @throws IllegalArgumentException if this view has fewer, whatever the buffer has
   */
  public Matrix columns(int from, int count) {
    return transpose().rows(from, count).transpose();
  }
}
