package org.rebasin.model.network;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/** Computes a {@link LayerNorm}. Keeps each position's mean and scale for the backward pass. */
final class LayerNormKernel implements Kernel {
  private final LayerNorm norm;
  private final int channels;
  private final ChannelRows layout;
  private float[] means = {};
  private float[] scales = {};

  LayerNormKernel(LayerNorm norm) {
    this.norm = norm;
    this.channels = norm.channels();
    this.layout = new ChannelRows(channels);
  }

  @Override
  public void forward(int batch, List<Tensor> inputs, Tensor output, Weights weights) {
    int rows = layout.rows(batch, output);
    if (means.length < rows) {
      int capacity = layout.rows(output.dimension(0), output);
      means = new float[capacity];
      scales = new float[capacity];
    }
    FloatBuffer from = inputs.get(0).values();
    FloatBuffer to = output.values();
    float[] weight = layout.repeated(weights.get(norm.weight()).toArray());
    float[] bias = layout.repeated(weights.get(norm.bias()).toArray());
    layout.forEachPiece(
        rows,
        (piece, first, end) -> {
          ChannelArithmetic arithmetic = new ChannelArithmetic(channels, layout.chunkRows());
          float[] x = new float[layout.chunkLength()];
          for (int row = first; row < end; row += layout.chunkRows()) {
            int count = Math.min(layout.chunkRows(), end - row);
            from.get(row * channels, x, 0, count * channels);
            measure(arithmetic, x, row, count);
            arithmetic.normalize(x, count, means, scales, row);
            for (int i = 0; i < count * channels; i++) {
              x[i] = x[i] * weight[i] + bias[i];
            }
            to.put(row * channels, x, 0, count * channels);
          }
        });
  }

  /** Finds the mean and scale of rows. */
  private void measure(ChannelArithmetic arithmetic, float[] x, int row, int count) {
    arithmetic.sums(x, count, 1f / channels, means, row);
    arithmetic.squares(x, count, 1f / channels, means, scales, row);
    float epsilon = (float) norm.epsilon();
    for (int r = row; r < row + count; r++) {
      scales[r] = 1f / (float) Math.sqrt(scales[r] + epsilon);
    }
  }

  @Override
  public void backward(
      int batch,
      List<Tensor> inputs,
      Tensor output,
      Tensor outputGradient,
      List<Optional<InputGradient>> inputGradients,
      Weights weights,
      Weights parameterGradients) {
    int rows = layout.rows(batch, output);
    FloatBuffer x = inputs.get(0).values();
    FloatBuffer dy = outputGradient.values();
    float[] weight = layout.repeated(weights.get(norm.weight()).toArray());
    double[][] sums = new double[layout.pieces(rows)][2 * channels];
    layout.forEachPiece(
        rows,
        (piece, first, end) -> {
          Gradients chunk = new Gradients(weight);
          for (int row = first; row < end; row += layout.chunkRows()) {
            int count = Math.min(layout.chunkRows(), end - row);
            int from = row * channels;
            x.get(from, chunk.x, 0, count * channels);
            dy.get(from, chunk.dy, 0, count * channels);
            chunk.compute(row, count);
            inputGradients
                .get(0)
                .ifPresent(dx -> dx.put(from, chunk.dy, chunk.x, count * channels));
          }
          layout.fold(chunk.products, sums[piece], 0);
          layout.fold(chunk.sums, sums[piece], channels);
        });
    double[] total = ChannelRows.total(sums);
    for (int c = 0; c < channels; c++) {
      parameterGradients.get(norm.weight()).values().put(c, (float) total[c]);
      parameterGradients.get(norm.bias()).values().put(c, (float) total[channels + c]);
    }
  }

  /** One piece's backward pass, chunk by chunk; sums up the gradients of the parameters. */
  private final class Gradients {
    private final ChannelArithmetic arithmetic =
        new ChannelArithmetic(channels, layout.chunkRows());
    private final float[] offsets = new float[layout.chunkRows()];
    private final float[] slopes = new float[layout.chunkRows()];
    private final float[] weight;
    private final float[] x = new float[layout.chunkLength()];
    private final float[] dy = new float[layout.chunkLength()];
    private final float[] sums = new float[layout.chunkLength()];
    private final float[] products = new float[layout.chunkLength()];

    Gradients(float[] weight) {
      this.weight = weight;
    }

    /** Replaces {@code dy} by the gradient of {@code x}. */
    void compute(int row, int count) {
      int length = count * channels;
      arithmetic.normalize(x, count, means, scales, row);
      // Loops of one output each: those become vector instructions.
      for (int i = 0; i < length; i++) {
        sums[i] += dy[i];
      }
      for (int i = 0; i < length; i++) {
        products[i] += dy[i] * x[i];
      }
      for (int i = 0; i < length; i++) {
        dy[i] *= weight[i];
      }
      arithmetic.sums(dy, count, 1f / channels, offsets, 0);
      arithmetic.products(dy, x, count, 1f / channels, slopes, 0);
      arithmetic.subtract(dy, x, count, offsets, slopes, scales, row);
    }
  }
}
