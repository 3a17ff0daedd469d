package org.rebasin.model.network;

import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;

/**
 * A value in memory as rows of channels, one for each pixel of each example, cut into pieces that
 * run on all cores and those into chunks that fit the first-level cache. Both depend on the number
 * of channels alone.
 *
 * @param channels elements of a row
 */
record ChannelRows(int channels) {
  private static final int CHUNK = 2048;
  private static final int PIECE = 1 << 16;

  /** The rows of the first {@code batch} examples of a tensor with channels last. */
  int rows(int batch, Tensor tensor) {
    return batch * (tensor.size() / tensor.dimension(0) / channels);
  }

  /** Rows of a chunk; the last of a piece may have fewer. */
  int chunkRows() {
    return Math.max(1, CHUNK / channels);
  }

  /** Elements of a chunk. */
  int chunkLength() {
    return chunkRows() * channels;
  }

  private int pieceRows() {
    return chunkRows() * Math.max(1, PIECE / chunkLength());
  }

  /** The number of pieces of so many rows. */
  int pieces(int rows) {
    return (rows + pieceRows() - 1) / pieceRows();
  }

  /** Runs {@code body} for each piece. */
  void forEachPiece(int rows, PieceBody body) {
    Parallel.forEach(
        pieces(rows),
        piece -> {
          int from = piece * pieceRows();
          body.accept(piece, from, Math.min(from + pieceRows(), rows));
        });
  }

  /** A value of each channel, repeated for each row of a chunk: then one flat loop reads both. */
  float[] repeated(float[] values) {
    float[] chunk = new float[chunkLength()];
    for (int i = 0; i < chunk.length; i += channels) {
      System.arraycopy(values, 0, chunk, i, channels);
    }
    return chunk;
  }

  /** Adds what a chunk summed up, element by element, to the sums of the channels. */
  void fold(float[] chunk, double[] sums, int sumsFrom) {
    for (int i = 0; i < chunkLength(); i += channels) {
      for (int c = 0; c < channels; c++) {
        sums[sumsFrom + c] += chunk[i + c];
      }
    }
  }

  /** The sums of all pieces, added in their order. */
  static double[] total(double[][] pieces) {
    double[] total = pieces[0].clone();
    for (int piece = 1; piece < pieces.length; piece++) {
      for (int i = 0; i < total.length; i++) {
        total[i] += pieces[piece][i];
      }
    }
    return total;
  }

  /** Works on the rows {@code from} to {@code end − 1}, which are the piece of that number. */
  @FunctionalInterface
  interface PieceBody {
    /** Does the work. */
    void accept(int piece, int from, int end);
  }
}
