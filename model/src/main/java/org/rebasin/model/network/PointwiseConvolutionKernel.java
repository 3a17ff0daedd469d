package org.rebasin.model.network;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.rebasin.model.tensor.ElementWise;
import org.rebasin.model.tensor.Gemm;
import org.rebasin.model.tensor.Matrix;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * Computes a {@link Convolution} of one group whose window is a single pixel: with channels last
 * that is a matrix product of all pixels.
 */
final class PointwiseConvolutionKernel implements Kernel {
  private final Convolution convolution;
  private final ChannelRows layout;

  PointwiseConvolutionKernel(Convolution convolution) {
    this.convolution = convolution;
    this.layout = new ChannelRows(convolution.outputs());
  }

  private Matrix pixels(int batch, Tensor images, int channels) {
    int rows = batch * (images.size() / images.dimension(0) / channels);
    return Matrix.of(images.values(), images.size() / channels, channels).rows(0, rows);
  }

  private Matrix weight(Weights weights) {
    return weights.get(convolution.weight()).matrix();
  }

  @Override
  public void forward(int batch, List<Tensor> inputs, Tensor output, Weights weights) {
    Matrix x = pixels(batch, inputs.get(0), convolution.inputs());
    Matrix y = pixels(batch, output, convolution.outputs());
    Matrix w = weight(weights).transpose();
    if (convolution.bias().isEmpty()) {
      Gemm.multiply(x, w, 0, y);
      return;
    }
    float[] biases = weights.get(convolution.bias().get()).toArray();
    int tile = Gemm.tileRows(x.rows(), y.columns(), x.columns());
    Gemm.multiply(
        x,
        w,
        0,
        y,
        row ->
            ElementWise.addToRows(
                y.values(), row, Math.min(tile, y.rows() - row), y.columns(), biases));
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
    Matrix x = pixels(batch, inputs.get(0), convolution.inputs());
    Matrix dy = pixels(batch, outputGradient, convolution.outputs());
    weightGradient(x, dy, parameterGradients.get(convolution.weight()));
    convolution.bias().ifPresent(name -> biasGradient(dy, parameterGradients.get(name)));
    inputGradients
        .get(0)
        .ifPresent(
            dx ->
                Gemm.multiply(
                    dy,
                    weight(weights),
                    dx.accumulate() ? 1 : 0,
                    pixels(batch, dx.tensor(), convolution.inputs())));
  }

  private static void weightGradient(Matrix x, Matrix dy, Tensor gradient) {
    Gemm.multiply(dy.transpose(), x, 0, gradient.matrix());
  }

  private void biasGradient(Matrix dy, Tensor gradient) {
    double[][] sums = new double[layout.pieces(dy.rows())][dy.columns()];
    layout.forEachPiece(
        dy.rows(),
        (piece, first, end) -> {
          float[] dys = new float[layout.chunkLength()];
          for (int row = first; row < end; row += layout.chunkRows()) {
            int length = Math.min(layout.chunkRows(), end - row) * dy.columns();
            Arrays.fill(dys, length, dys.length, 0);
            dy.values().get(row * dy.columns(), dys, 0, length);
            layout.fold(dys, sums[piece], 0);
          }
        });
    double[] total = ChannelRows.total(sums);
    for (int c = 0; c < total.length; c++) {
      gradient.values().put(c, (float) total[c]);
    }
  }
}
