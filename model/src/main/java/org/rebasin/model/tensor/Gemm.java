package org.rebasin.model.tensor;

import static org.bytedeco.openblas.global.openblas_nolapack.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_sgemm;

import java.nio.FloatBuffer;
import java.util.function.IntConsumer;

/**
 * Matrix products in single precision. A product is cut into tiles of rows of its output; each tile
 * is one single-threaded BLAS call, and the tiles run on all cores. The tiles depend on the sizes
 * alone, so a result has the same bits whatever the number of threads.
 */
public final class Gemm {
  /** Below this many multiplications a product is one call: waking a thread costs more. */
  private static final long SMALL = 1L << 21;

  /** Rows of a tile at most: tall enough to reach the kernel's peak, and it stays in the cache. */
  private static final int TILE_ROWS = 512;

  static {
    NativeBackend.load();
  }

  private Gemm() {}

  /**
   * {@code c = a·b + beta·c}.
   *
   * @param a {@code [m, k]}
   * @param b {@code [k, n]}
   * @param beta 0 overwrites {@code c}, 1 adds to it
   * @param c {@code [m, n]}, not transposed, sharing no memory with {@code a} or {@code b}
   */
  public static void multiply(Matrix a, Matrix b, float beta, Matrix c) {
    multiply(a, b, beta, c, tile -> {});
  }

  /**
   * As {@link #multiply(Matrix, Matrix, float, Matrix)}, and calls {@code onTile} with the first
   * row of each tile as soon as the tile is done, while it is still in the cache; {@link #tileRows}
   * says how many rows it has.
   */
  public static void multiply(Matrix a, Matrix b, float beta, Matrix c, IntConsumer onTile) {
    requireShapes(a, b, c);
    int rows = tileRows(a.rows(), b.columns(), a.columns());
    int tiles = (a.rows() + rows - 1) / rows;
    Parallel.forEach(
        tiles,
        tile -> {
          int from = tile * rows;
          int count = Math.min(rows, a.rows() - from);
          multiplyTile(a.rows(from, count), b, beta, c.rows(from, count));
          onTile.accept(from);
        });
  }

  /** The rows of one tile of an {@code [m, k]·[k, n]} product. */
  public static int tileRows(int m, int n, int k) {
    if (m < 32 || (long) m * n * k < SMALL) {
      return Math.max(1, m);
    }
    int tiles = Math.max(2, (m + TILE_ROWS - 1) / TILE_ROWS);
    return (m + tiles - 1) / tiles;
  }

  /** One product in the calling thread. */
  public static void multiplyTile(Matrix a, Matrix b, float beta, Matrix c) {
    requireShapes(a, b, c);
    if (c.rows() == 0 || c.columns() == 0) {
      return;
    }
    cblas_sgemm(
        CblasRowMajor,
        a.transposed() ? CblasTrans : CblasNoTrans,
        b.transposed() ? CblasTrans : CblasNoTrans,
        c.rows(),
        c.columns(),
        a.columns(),
        1f,
        from(a),
        a.stride(),
        from(b),
        b.stride(),
        beta,
        from(c),
        c.stride());
  }

  private static FloatBuffer from(Matrix matrix) {
    FloatBuffer values = matrix.values();
    return values.slice(matrix.offset(), values.limit() - matrix.offset());
  }

  private static void requireShapes(Matrix a, Matrix b, Matrix c) {
    if (a.columns() != b.rows()
        || a.rows() != c.rows()
        || b.columns() != c.columns()
        || c.transposed()) {
      throw new IllegalArgumentException(
          "cannot multiply [%d, %d] by [%d, %d] into [%d, %d]%s"
              .formatted(
                  a.rows(),
                  a.columns(),
                  b.rows(),
                  b.columns(),
                  c.rows(),
                  c.columns(),
                  c.transposed() ? " transposed" : ""));
    }
  }
}
