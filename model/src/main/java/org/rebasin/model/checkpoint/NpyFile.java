package org.rebasin.model.checkpoint;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;

/** Reads vectors and matrices of numbers from NumPy's {@code .npy} files. */
public final class NpyFile {
  /** The side of the squares in which a matrix is transposed: two of them fit the first cache. */
  private static final int TILE = 32;

  private NpyFile() {}

  /**
   * Reads a whole file: {@code f4} into floats, {@code f8}, {@code f2}, {@code i1} to {@code i8}
   * and {@code u1} to {@code u4} into doubles, of either byte order and either memory order.
   * O(elements); a column-major matrix is held twice while it is transposed.
   *
   * @throws CheckpointException if the file is absent, not readable, of another format, truncated
   *     or too long, has another type or more than two dimensions or none, or an integer beyond
   *     2^53
   */
  public static NpyArray read(Path path) {
    try (FileInput input = FileInput.open(path, "a NumPy .npy file")) {
      NpyHeader header = NpyHeader.read(input);
      requireSize(input, header);
      boolean transposed = header.columnMajor() && header.shape().length == 2;
      if (header.type() == NpyType.F4) {
        float[] values = readSingles(input, header);
        return new NpyArray.Singles(
            header.shape(), transposed ? transpose(values, header.shape()) : values);
      }
      double[] values = readDoubles(input, header);
      return new NpyArray.Doubles(
          header.shape(), transposed ? transpose(values, header.shape()) : values);
    }
  }

  private static void requireSize(FileInput input, NpyHeader header) {
    long end = header.dataPosition() + (long) header.elements() * header.type().bytes();
    if (end != input.size()) {
      throw new CheckpointException(
          input.path(),
          "%s: expected %d bytes, found %d"
              .formatted(
                  end > input.size() ? "truncated" : "bytes after the last element",
                  end,
                  input.size()));
    }
  }

  private static float[] readSingles(FileInput input, NpyHeader header) {
    float[] values = new float[header.elements()];
    FloatBuffer target = FloatBuffer.wrap(values);
    forEachChunk(input, header, chunk -> target.put(chunk.asFloatBuffer()));
    return values;
  }

  private static double[] readDoubles(FileInput input, NpyHeader header) {
    double[] values = new double[header.elements()];
    NpyType type = header.type();
    int[] filled = {0};
    forEachChunk(
        input,
        header,
        chunk -> {
          int at = filled[0];
          while (chunk.hasRemaining()) {
            values[at++] = type.read(chunk);
          }
          filled[0] = at;
        });
    return values;
  }

  /** Takes the values of one chunk, in the byte order of the file. */
  private interface ChunkReader {
    void read(ByteBuffer chunk);
  }

  private static void forEachChunk(FileInput input, NpyHeader header, ChunkReader reader) {
    ByteBuffer chunk = ByteBuffer.allocate(FloatCodec.CHUNK_BYTES).order(header.byteOrder());
    for (long at = header.dataPosition(); at < input.size(); at += chunk.limit()) {
      chunk.clear().limit((int) Math.min(chunk.capacity(), input.size() - at));
      input.read(at, chunk);
      try {
        reader.read(chunk.flip());
      } catch (ArithmeticException e) {
        throw new CheckpointException(input.path(), e.getMessage(), e);
      }
    }
  }

  private static float[] transpose(float[] columnMajor, int[] shape) {
    float[] rowMajor = new float[columnMajor.length];
    forEachMove(shape, (from, to) -> rowMajor[to] = columnMajor[from]);
    return rowMajor;
  }

  private static double[] transpose(double[] columnMajor, int[] shape) {
    double[] rowMajor = new double[columnMajor.length];
    forEachMove(shape, (from, to) -> rowMajor[to] = columnMajor[from]);
    return rowMajor;
  }

  /** Moves one element from its index in column-major order to its index in row-major order. */
  private interface Move {
    void apply(int from, int to);
  }

  private static void forEachMove(int[] shape, Move move) {
    int rows = shape[0];
    int columns = shape[1];
    for (int top = 0; top < rows; top += TILE) {
      int bottom = Math.min(rows, top + TILE);
      for (int left = 0; left < columns; left += TILE) {
        int right = Math.min(columns, left + TILE);
        for (int row = top; row < bottom; row++) {
          for (int column = left; column < right; column++) {
            move.apply(column * rows + row, row * columns + column);
          }
        }
      }
    }
  }
}
