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
          float[] x = new float[layout.chunkLength()];
          for (int row = first; row < end; row += layout.chunkRows()) {
            int count = Math.min(layout.chunkRows(), end - row);
            from.get(row * channels, x, 0, count * channels);
            measure(x, row, count);
            normalize(x, row, count);
            for (int i = 0; i < count * channels; i++) {
              x[i] = x[i] * weight[i] + bias[i];
            }
            to.put(row * channels, x, 0, count * channels);
          }
        });
  }

  /** Finds the mean and scale of rows. */
  private void measure(float[] x, int row, int count) {
    for (int r = 0; r < count; r++) {
      float mean = sum(x, r * channels) / channels;
      means[row + r] = mean;
      scales[row + r] = squares(x, r * channels, mean) / channels;
    }
    float epsilon = (float) norm.epsilon();
    for (int r = row; r < row + count; r++) {
      scales[r] = 1f / (float) Math.sqrt(scales[r] + epsilon);
    }
  }

  private void normalize(float[] x, int row, int count) {
    for (int r = 0; r < count; r++) {
      transform(x, r * channels, means[row + r], scales[row + r]);
    }
  }

  // Below, eight channels are written out: the rows are too short for the compiler to do it. Sums
  // run side by side, because one alone would wait for each addition to end.

  /** {@code x = (x − mean)·scale} for the channels of one row. */
  private void transform(float[] x, int from, float mean, float scale) {
    int end = from + channels;
    int at = from;
    for (; at + 7 < end; at += 8) {
      x[at] = (x[at] - mean) * scale;
      x[at + 1] = (x[at + 1] - mean) * scale;
      x[at + 2] = (x[at + 2] - mean) * scale;
      x[at + 3] = (x[at + 3] - mean) * scale;
      x[at + 4] = (x[at + 4] - mean) * scale;
      x[at + 5] = (x[at + 5] - mean) * scale;
      x[at + 6] = (x[at + 6] - mean) * scale;
      x[at + 7] = (x[at + 7] - mean) * scale;
    }
    for (; at < end; at++) {
      x[at] = (x[at] - mean) * scale;
    }
  }

  /** {@code dy = dy·factor − mean − x·product} for the channels of one row. */
  private void subtract(float[] dy, float[] x, int from, float factor, float mean, float product) {
    int end = from + channels;
    int at = from;
    for (; at + 7 < end; at += 8) {
      dy[at] = dy[at] * factor - mean - x[at] * product;
      dy[at + 1] = dy[at + 1] * factor - mean - x[at + 1] * product;
      dy[at + 2] = dy[at + 2] * factor - mean - x[at + 2] * product;
      dy[at + 3] = dy[at + 3] * factor - mean - x[at + 3] * product;
      dy[at + 4] = dy[at + 4] * factor - mean - x[at + 4] * product;
      dy[at + 5] = dy[at + 5] * factor - mean - x[at + 5] * product;
      dy[at + 6] = dy[at + 6] * factor - mean - x[at + 6] * product;
      dy[at + 7] = dy[at + 7] * factor - mean - x[at + 7] * product;
    }
    for (; at < end; at++) {
      dy[at] = dy[at] * factor - mean - x[at] * product;
    }
  }

  private float sum(float[] x, int from) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    int end = from + channels;
    int i = from;
    for (; i + 7 < end; i += 8) {
      s0 += x[i] + x[i + 4];
      s1 += x[i + 1] + x[i + 5];
      s2 += x[i + 2] + x[i + 6];
      s3 += x[i + 3] + x[i + 7];
    }
    for (; i < end; i++) {
      s0 += x[i];
    }
    return (s0 + s1) + (s2 + s3);
  }

  private float squares(float[] x, int from, float mean) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    int end = from + channels;
    int i = from;
    for (; i + 7 < end; i += 8) {
      float d0 = x[i] - mean;
      float d1 = x[i + 1] - mean;
      float d2 = x[i + 2] - mean;
      float d3 = x[i + 3] - mean;
      float d4 = x[i + 4] - mean;
      float d5 = x[i + 5] - mean;
      float d6 = x[i + 6] - mean;
      float d7 = x[i + 7] - mean;
      s0 += d0 * d0 + d4 * d4;
      s1 += d1 * d1 + d5 * d5;
      s2 += d2 * d2 + d6 * d6;
      s3 += d3 * d3 + d7 * d7;
    }
    for (; i < end; i++) {
      float d = x[i] - mean;
      s0 += d * d;
    }
    return (s0 + s1) + (s2 + s3);
  }

  private float products(float[] x, float[] y, int from) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    int end = from + channels;
    int i = from;
    for (; i + 7 < end; i += 8) {
      s0 += x[i] * y[i] + x[i + 4] * y[i + 4];
      s1 += x[i + 1] * y[i + 1] + x[i + 5] * y[i + 5];
      s2 += x[i + 2] * y[i + 2] + x[i + 6] * y[i + 6];
      s3 += x[i + 3] * y[i + 3] + x[i + 7] * y[i + 7];
    }
    for (; i < end; i++) {
      s0 += x[i] * y[i];
    }
    return (s0 + s1) + (s2 + s3);
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
      normalize(x, row, count);
      sumUp(length);
      for (int r = 0; r < count; r++) {
        float factor = scales[row + r] / channels;
        float mean = sum(dy, r * channels) * factor;
        float product = products(dy, x, r * channels) * factor;
        subtract(dy, x, r * channels, scales[row + r], mean, product);
      }
    }

    private void sumUp(int length) {
      for (int i = 0; i < length; i++) {
        sums[i] += dy[i];
        products[i] += dy[i] * x[i];
        dy[i] *= weight[i];
      }
    }
  }
}
