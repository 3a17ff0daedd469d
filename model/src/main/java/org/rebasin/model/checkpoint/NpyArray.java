package org.rebasin.model.checkpoint;

/**
 * A vector or matrix from a NumPy file, row-major whatever its order in the file was. The arrays
 * are not copied and belong to whoever read the file.
 */
public sealed interface NpyArray {
  /** {@code [n]} or {@code [rows, columns]}. */
  int[] shape();

  /** Single-precision values, as a file of {@code float32} holds. */
  record Singles(int[] shape, float[] values) implements NpyArray {}

  /** Values of every other type, exactly. */
  record Doubles(int[] shape, double[] values) implements NpyArray {}
}
