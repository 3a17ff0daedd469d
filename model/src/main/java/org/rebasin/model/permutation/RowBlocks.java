package org.rebasin.model.permutation;

import org.rebasin.model.tensor.Parallel;

/**
 * Passes over the rows of a large matrix, in blocks that run on all cores. The blocks depend on the
 * number of rows alone, so what is summed by block has the same bits on any machine.
 */
final class RowBlocks {
  /** A pass over fewer rows is over before another thread is awake. */
  private static final int FEWEST_ROWS = 128;

  /** Blocks at most: each has scratch memory of its own. */
  static final int MOST = 16;

  private RowBlocks() {}

  static int count(int rows) {
    return Math.max(1, Math.min(MOST, rows / FEWEST_ROWS));
  }

  static void forEach(int rows, Body body) {
    int blocks = count(rows);
    Parallel.forEach(
        blocks,
        block ->
            body.accept(
                block,
                (int) ((long) rows * block / blocks),
                (int) ((long) rows * (block + 1) / blocks)));
  }

  /** Works on the rows {@code from … to − 1}, which are one block. */
  @FunctionalInterface
  interface Body {
    void accept(int block, int from, int to);
  }
}
