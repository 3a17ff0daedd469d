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
    float[] weight = weights.get(norm.weight()).toArray();
    float[] bias = weights.get(norm.bias()).toArray();
    layout.forEachPiece(
        rows,
        (piece, first, end) -> {
          float[] x = new float[layout.chunkLength()];
          for (int row = first; row < end; row += layout.chunkRows()) {
            int count = Math.min(layout.chunkRows(), end - row);
            from.get(row * channels, x, 0, count * channels);
            for (int r = 0; r < count; r++) {
              normalize(x, r * channels, row + r, weight, bias);
            }
            to.put(row * channels, x, 0, count * channels);
          }
        });
  }

  private void normalize(float[] x, int at, int row, float[] weight, float[] bias) {
    float mean = sum(x, at) / channels;
    float variance = squares(x, at, mean) / channels;
    float scale = (float) (1 / Math.sqrt(variance + norm.epsilon()));
    means[row] = mean;
    scales[row] = scale;
    for (int c = 0; c < channels; c++) {
      x[at + c] = (x[at + c] - mean) * scale * weight[c] + bias[c];
    }
  }

  // Four sums side by side: one alone would wait for each addition to end.

  private float sum(float[] x, int at) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    int end = at + channels;
    int i = at;
    for (; i + 3 < end; i += 4) {
      s0 += x[i];
      s1 += x[i + 1];
      s2 += x[i + 2];
      s3 += x[i + 3];
    }
    for (; i < end; i++) {
      s0 += x[i];
    }
    return (s0 + s1) + (s2 + s3);
  }

  private float squares(float[] x, int at, float mean) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    int end = at + channels;
    int i = at;
    for (; i + 3 < end; i += 4) {
      float d0 = x[i] - mean;
      float d1 = x[i + 1] - mean;
      float d2 = x[i + 2] - mean;
      float d3 = x[i + 3] - mean;
      s0 += d0 * d0;
      s1 += d1 * d1;
      s2 += d2 * d2;
      s3 += d3 * d3;
    }
    for (; i < end; i++) {
      float d = x[i] - mean;
      s0 += d * d;
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
    float[] weight = weights.get(norm.weight()).toArray();
    double[][] sums = new double[layout.pieces(rows)][2 * channels];
    layout.forEachPiece(
        rows,
        (piece, first, end) -> {
          float[] xs = new float[layout.chunkLength()];
          float[] dys = new float[layout.chunkLength()];
          float[] dWeight = new float[channels];
          float[] dBias = new float[channels];
          for (int row = first; row < end; row += layout.chunkRows()) {
            int count = Math.min(layout.chunkRows(), end - row);
            x.get(row * channels, xs, 0, count * channels);
            dy.get(row * channels, dys, 0, count * channels);
            for (int r = 0; r < count; r++) {
              gradient(xs, dys, r * channels, row + r, weight, dWeight, dBias);
            }
            for (int c = 0; c < channels; c++) {
              sums[piece][c] += dWeight[c];
              sums[piece][channels + c] += dBias[c];
              dWeight[c] = 0;
              dBias[c] = 0;
            }
            int from = row;
            inputGradients
                .get(0)
                .ifPresent(dx -> dx.put(from * channels, xs, dys, count * channels));
          }
        });
    double[] total = ChannelRows.total(sums);
    for (int c = 0; c < channels; c++) {
      parameterGradients.get(norm.weight()).values().put(c, (float) total[c]);
      parameterGradients.get(norm.bias()).values().put(c, (float) total[channels + c]);
    }
  }

  /** Replaces {@code x} by its gradient, and adds to those of the parameters. */
  private void gradient(
      float[] x, float[] dy, int at, int row, float[] weight, float[] dWeight, float[] dBias) {
    float mean = means[row];
    float scale = scales[row];
    float s0 = 0;
    float s1 = 0;
    float p0 = 0;
    float p1 = 0;
    int c = 0;
    for (; c + 1 < channels; c += 2) {
      float h0 = (x[at + c] - mean) * scale;
      float h1 = (x[at + c + 1] - mean) * scale;
      float d0 = dy[at + c];
      float d1 = dy[at + c + 1];
      dBias[c] += d0;
      dBias[c + 1] += d1;
      dWeight[c] += d0 * h0;
      dWeight[c + 1] += d1 * h1;
      float g0 = d0 * weight[c];
      float g1 = d1 * weight[c + 1];
      x[at + c] = h0;
      x[at + c + 1] = h1;
      dy[at + c] = g0;
      dy[at + c + 1] = g1;
      s0 += g0;
      s1 += g1;
      p0 += g0 * h0;
      p1 += g1 * h1;
    }
    for (; c < channels; c++) {
      float h = (x[at + c] - mean) * scale;
      float d = dy[at + c];
      dBias[c] += d;
      dWeight[c] += d * h;
      x[at + c] = h;
      dy[at + c] = d * weight[c];
      s0 += dy[at + c];
      p0 += dy[at + c] * h;
    }
    float gradientMean = (s0 + s1) / channels;
    float product = (p0 + p1) / channels;
    for (c = 0; c < channels; c++) {
      x[at + c] = (dy[at + c] - gradientMean - x[at + c] * product) * scale;
    }
  }
}
