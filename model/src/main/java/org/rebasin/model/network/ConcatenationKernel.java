package org.rebasin.model.network;

import java.util.List;
import java.util.Optional;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/** Computes a {@link Concatenation}: channels are last in memory, so it goes pixel by pixel. */
final class ConcatenationKernel implements Kernel {
  @Override
  public void forward(int batch, List<Tensor> inputs, Tensor output, Weights weights) {
    int channels = channels(output);
    ChannelRows layout = new ChannelRows(channels);
    layout.forEachPiece(
        layout.rows(batch, output),
        (piece, first, end) -> {
          float[] y = new float[layout.chunkLength()];
          float[] x = new float[layout.chunkLength()];
          for (int row = first; row < end; row += layout.chunkRows()) {
            int count = Math.min(layout.chunkRows(), end - row);
            int offset = 0;
            for (Tensor input : inputs) {
              int width = channels(input);
              input.values().get(row * width, x, 0, count * width);
              for (int r = 0; r < count; r++) {
                System.arraycopy(x, r * width, y, r * channels + offset, width);
              }
              offset += width;
            }
            output.values().put(row * channels, y, 0, count * channels);
          }
        });
  }

  private static int channels(Tensor tensor) {
    return tensor.dimension(tensor.rank() - 1);
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
    int channels = channels(output);
    ChannelRows layout = new ChannelRows(channels);
    layout.forEachPiece(
        layout.rows(batch, output),
        (piece, first, end) -> {
          float[] dy = new float[layout.chunkLength()];
          float[] dx = new float[layout.chunkLength()];
          float[] scratch = new float[layout.chunkLength()];
          for (int row = first; row < end; row += layout.chunkRows()) {
            int count = Math.min(layout.chunkRows(), end - row);
            outputGradient.values().get(row * channels, dy, 0, count * channels);
            int offset = 0;
            for (int i = 0; i < inputs.size(); i++) {
              int width = channels(inputs.get(i));
              if (inputGradients.get(i).isPresent()) {
                for (int r = 0; r < count; r++) {
                  System.arraycopy(dy, r * channels + offset, dx, r * width, width);
                }
                inputGradients.get(i).get().put(row * width, dx, scratch, count * width);
              }
              offset += width;
            }
          }
        });
  }
}
