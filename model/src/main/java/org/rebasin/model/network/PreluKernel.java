package org.rebasin.model.network;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/** Computes a {@link Prelu}. */
final class PreluKernel implements Kernel {
  private final Prelu prelu;

  PreluKernel(Prelu prelu) {
    this.prelu = prelu;
  }

  /** Channels are last in memory, whether an image's or a vector's. */
  private static ChannelRows layout(Tensor tensor) {
    return new ChannelRows(tensor.dimension(tensor.rank() - 1));
  }

  /** The slope of each channel, repeated for a chunk. */
  private float[] slopes(ChannelRows layout, Weights weights) {
    float[] stored = weights.get(prelu.weight()).toArray();
    float[] slopes = new float[layout.channels()];
    for (int c = 0; c < slopes.length; c++) {
      slopes[c] = stored[prelu.count() == 1 ? 0 : c];
    }
    return layout.repeated(slopes);
  }

  @Override
  public void forward(int batch, List<Tensor> inputs, Tensor output, Weights weights) {
    ChannelRows layout = layout(output);
    int channels = layout.channels();
    float[] slopes = slopes(layout, weights);
    layout.forEachPiece(
        layout.rows(batch, output),
        (piece, first, end) -> {
          float[] x = new float[layout.chunkLength()];
          for (int row = first; row < end; row += layout.chunkRows()) {
            int length = Math.min(layout.chunkRows(), end - row) * channels;
            inputs.get(0).values().get(row * channels, x, 0, length);
            for (int i = 0; i < length; i++) {
              x[i] = x[i] > 0 ? x[i] : slopes[i] * x[i];
            }
            output.values().put(row * channels, x, 0, length);
          }
        });
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
    ChannelRows layout = layout(output);
    int channels = layout.channels();
    int rows = layout.rows(batch, output);
    float[] slopes = slopes(layout, weights);
    double[][] sums = new double[layout.pieces(rows)][channels];
    layout.forEachPiece(
        rows,
        (piece, first, end) -> {
          float[] x = new float[layout.chunkLength()];
          float[] dy = new float[layout.chunkLength()];
          float[] sum = new float[layout.chunkLength()];
          for (int row = first; row < end; row += layout.chunkRows()) {
            int length = Math.min(layout.chunkRows(), end - row) * channels;
            inputs.get(0).values().get(row * channels, x, 0, length);
            outputGradient.values().get(row * channels, dy, 0, length);
            for (int i = 0; i < length; i++) {
              sum[i] += dy[i] * Math.min(x[i], 0);
              dy[i] = x[i] > 0 ? dy[i] : slopes[i] * dy[i];
            }
            if (inputGradients.get(0).isPresent()) {
              inputGradients.get(0).get().put(row * channels, dy, x, length);
            }
          }
          layout.fold(sum, sums[piece], 0);
        });
    store(ChannelRows.total(sums), parameterGradients.get(prelu.weight()));
  }

  private static void store(double[] byChannel, Tensor gradient) {
    if (gradient.size() == 1) {
      gradient.values().put(0, (float) Arrays.stream(byChannel).sum());
      return;
    }
    for (int c = 0; c < byChannel.length; c++) {
      gradient.values().put(c, (float) byChannel[c]);
    }
  }
}
