package org.rebasin.model.network;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * Computes a {@link BatchNorm}. Sums run over differences to the batch's first row, so that a mean
 * far from zero costs no accuracy.
 */
final class BatchNormKernel implements Kernel {
  private final BatchNorm norm;
  private final Mode mode;
  private final int channels;
  private final ChannelRows layout;
  private final float[] mean;
  private final float[] scale;

  BatchNormKernel(BatchNorm norm, Mode mode) {
    this.norm = norm;
    this.mode = mode;
    this.channels = norm.channels();
    this.layout = new ChannelRows(channels);
    this.mean = new float[channels];
    this.scale = new float[channels];
  }

  @Override
  public void forward(int batch, List<Tensor> inputs, Tensor output, Weights weights) {
    int rows = layout.rows(batch, output);
    FloatBuffer from = inputs.get(0).values();
    FloatBuffer to = output.values();
    if (mode == Mode.INFERENCE) {
      weights.get(norm.runningMean()).values().get(0, mean);
      weights.get(norm.runningVariance()).values().get(0, scale);
      for (int c = 0; c < channels; c++) {
        scale[c] = (float) (1 / Math.sqrt(scale[c] + norm.epsilon()));
      }
    } else {
      measure(from, rows, weights);
    }
    float[] means = layout.repeated(mean);
    float[] factors = weights.get(norm.weight()).toArray();
    for (int c = 0; c < channels; c++) {
      factors[c] *= scale[c];
    }
    float[] factor = layout.repeated(factors);
    float[] bias = layout.repeated(weights.get(norm.bias()).toArray());
    layout.forEachPiece(
        rows,
        (piece, first, end) -> {
          float[] x = new float[layout.chunkLength()];
          for (int row = first; row < end; row += layout.chunkRows()) {
            int length = Math.min(layout.chunkRows(), end - row) * channels;
            from.get(row * channels, x, 0, length);
            for (int i = 0; i < length; i++) {
              x[i] = (x[i] - means[i]) * factor[i] + bias[i];
            }
            to.put(row * channels, x, 0, length);
          }
        });
  }

  /** Finds the batch's statistics, and in training moves the running ones. */
  private void measure(FloatBuffer from, int rows, Weights weights) {
    if (rows == 1 && mode == Mode.TRAINING) {
      throw new IllegalArgumentException(
          norm.weight() + ": expected more than one value of each channel to train on, found one");
    }
    float[] firstRow = new float[channels];
    from.get(0, firstRow);
    float[] origin = layout.repeated(firstRow);
    double[][] sums = new double[layout.pieces(rows)][2 * channels];
    layout.forEachPiece(
        rows,
        (piece, first, end) -> {
          float[] x = new float[layout.chunkLength()];
          float[] sum = new float[layout.chunkLength()];
          float[] squares = new float[layout.chunkLength()];
          for (int row = first; row < end; row += layout.chunkRows()) {
            int length = Math.min(layout.chunkRows(), end - row) * channels;
            from.get(row * channels, x, 0, length);
            for (int i = 0; i < length; i++) {
              float d = x[i] - origin[i];
              sum[i] += d;
              squares[i] += d * d;
            }
          }
          layout.fold(sum, sums[piece], 0);
          layout.fold(squares, sums[piece], channels);
        });
    double[] total = ChannelRows.total(sums);
    FloatBuffer runningMean = weights.get(norm.runningMean()).values();
    FloatBuffer runningVariance = weights.get(norm.runningVariance()).values();
    for (int c = 0; c < channels; c++) {
      double offset = total[c] / rows;
      double variance = Math.max(0, total[channels + c] / rows - offset * offset);
      double batchMean = firstRow[c] + offset;
      mean[c] = (float) batchMean;
      scale[c] = (float) (1 / Math.sqrt(variance + norm.epsilon()));
      if (mode == Mode.TRAINING) {
        move(runningMean, c, batchMean);
        move(runningVariance, c, variance * rows / (rows - 1));
      }
    }
  }

  private void move(FloatBuffer running, int channel, double towards) {
    double value = running.get(channel);
    running.put(channel, (float) (value + norm.momentum() * (towards - value)));
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
    float[] means = layout.repeated(mean);
    double[][] sums = new double[layout.pieces(rows)][2 * channels];
    layout.forEachPiece(
        rows,
        (piece, first, end) -> {
          float[] xs = new float[layout.chunkLength()];
          float[] dys = new float[layout.chunkLength()];
          float[] sum = new float[layout.chunkLength()];
          float[] products = new float[layout.chunkLength()];
          for (int row = first; row < end; row += layout.chunkRows()) {
            int length = Math.min(layout.chunkRows(), end - row) * channels;
            x.get(row * channels, xs, 0, length);
            dy.get(row * channels, dys, 0, length);
            for (int i = 0; i < length; i++) {
              sum[i] += dys[i];
              products[i] += dys[i] * (xs[i] - means[i]);
            }
          }
          layout.fold(sum, sums[piece], 0);
          layout.fold(products, sums[piece], channels);
        });
    double[] total = ChannelRows.total(sums);
    float[] factor = weights.get(norm.weight()).toArray();
    float[] slope = new float[channels];
    float[] constant = new float[channels];
    for (int c = 0; c < channels; c++) {
      parameterGradients.get(norm.bias()).values().put(c, (float) total[c]);
      double gradient = total[channels + c] * scale[c];
      parameterGradients.get(norm.weight()).values().put(c, (float) gradient);
      factor[c] *= scale[c];
      slope[c] = (float) (factor[c] * gradient * scale[c] / rows);
      constant[c] = (float) (factor[c] * total[c] / rows);
    }
    inputGradients
        .get(0)
        .ifPresent(
            dx ->
                inputGradient(
                    rows,
                    x,
                    dy,
                    dx,
                    means,
                    layout.repeated(factor),
                    layout.repeated(slope),
                    layout.repeated(constant)));
  }

  /** {@code dx = factor·dy − slope·(x − mean) − constant}. */
  private void inputGradient(
      int rows,
      FloatBuffer x,
      FloatBuffer dy,
      InputGradient dx,
      float[] means,
      float[] factor,
      float[] slope,
      float[] constant) {
    layout.forEachPiece(
        rows,
        (piece, first, end) -> {
          float[] xs = new float[layout.chunkLength()];
          float[] dys = new float[layout.chunkLength()];
          for (int row = first; row < end; row += layout.chunkRows()) {
            int length = Math.min(layout.chunkRows(), end - row) * channels;
            x.get(row * channels, xs, 0, length);
            dy.get(row * channels, dys, 0, length);
            for (int i = 0; i < length; i++) {
              dys[i] = factor[i] * dys[i] - slope[i] * (xs[i] - means[i]) - constant[i];
            }
            dx.put(row * channels, dys, xs, length);
          }
        });
  }
}
