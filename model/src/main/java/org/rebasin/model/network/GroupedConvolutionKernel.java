package org.rebasin.model.network;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * Computes a {@link Convolution} of several groups, a depthwise one among them, pixel by pixel:
 * each output channel reads too few input channels for a matrix product to pay.
 */
final class GroupedConvolutionKernel implements Kernel {
  /** A batch is cut into so many pieces at most; each has weight gradients of its own. */
  private static final int PIECES = 16;

  private final Convolution convolution;
  private final int inputs;
  private final int outputs;
  private final int groupInputs;
  private final int groupOutputs;
  private final int taps;

  GroupedConvolutionKernel(Convolution convolution) {
    this.convolution = convolution;
    this.inputs = convolution.inputs();
    this.outputs = convolution.outputs();
    this.groupInputs = inputs / convolution.groups();
    this.groupOutputs = outputs / convolution.groups();
    this.taps = convolution.window().area();
  }

  /** The index of {@code weight[output, input of its group, tap]} among {@code [tap, in, out]}. */
  private int at(int output, int input, int tap) {
    return (tap * groupInputs + input) * outputs + output;
  }

  /** Weights as {@code [tap, in, out]}, so that the channels of a pixel read neighbours. */
  private float[] byTap(Tensor weight) {
    float[] stored = weight.toArray();
    float[] byTap = new float[stored.length];
    int from = 0;
    for (int output = 0; output < outputs; output++) {
      for (int input = 0; input < groupInputs; input++) {
        for (int tap = 0; tap < taps; tap++) {
          byTap[at(output, input, tap)] = stored[from++];
        }
      }
    }
    return byTap;
  }

  @Override
  public void forward(int batch, List<Tensor> tensors, Tensor output, Weights weights) {
    Tensor input = tensors.get(0);
    WindowRange range = WindowRange.of(convolution.window(), input, output);
    float[] w = byTap(weights.get(convolution.weight()));
    Optional<float[]> bias = convolution.bias().map(name -> weights.get(name).toArray());
    int inputSize = input.size() / input.dimension(0);
    int outputSize = output.size() / output.dimension(0);
    Parallel.forEach(
        batch,
        example -> {
          float[] x = new float[inputSize];
          float[] y = new float[outputSize];
          input.values().get(example * inputSize, x);
          if (bias.isPresent()) {
            for (int at = 0; at < outputSize; at += outputs) {
              System.arraycopy(bias.get(), 0, y, at, outputs);
            }
          }
          range.forEach((to, from, tap) -> convolve(x, from * inputs, w, tap, y, to * outputs));
          output.values().put(example * outputSize, y);
        });
  }

  private void convolve(float[] x, int xAt, float[] w, int tap, float[] y, int yAt) {
    if (groupInputs == 1 && groupOutputs == 1) {
      int wAt = tap * outputs;
      for (int c = 0; c < outputs; c++) {
        y[yAt + c] += x[xAt + c] * w[wAt + c];
      }
      return;
    }
    for (int i = 0; i < inputs; i++) {
      int first = i / groupInputs * groupOutputs;
      int wAt = at(first, i % groupInputs, tap);
      for (int o = 0; o < groupOutputs; o++) {
        y[yAt + first + o] += x[xAt + i] * w[wAt + o];
      }
    }
  }

  @Override
  public void backward(
      int batch,
      List<Tensor> tensors,
      Tensor output,
      Tensor outputGradient,
      List<Optional<InputGradient>> inputGradients,
      Weights weights,
      Weights parameterGradients) {
    Tensor input = tensors.get(0);
    WindowRange range = WindowRange.of(convolution.window(), input, output);
    float[] w = byTap(weights.get(convolution.weight()));
    int inputSize = input.size() / input.dimension(0);
    int outputSize = output.size() / output.dimension(0);
    int examples = (batch + PIECES - 1) / PIECES;
    int pieces = (batch + examples - 1) / examples;
    float[][] weightSums = new float[pieces][w.length];
    double[][] biasSums = new double[pieces][outputs];
    Parallel.forEach(
        pieces,
        piece -> {
          float[] x = new float[inputSize];
          float[] dy = new float[outputSize];
          int end = Math.min(batch, (piece + 1) * examples);
          for (int example = piece * examples; example < end; example++) {
            input.values().get(example * inputSize, x);
            outputGradient.values().get(example * outputSize, dy);
            float[] dx = new float[inputSize];
            range.forEach(
                (to, from, tap) ->
                    gradients(x, dx, from * inputs, w, weightSums[piece], tap, dy, to * outputs));
            for (int i = 0; i < outputSize; i++) {
              biasSums[piece][i % outputs] += dy[i];
            }
            if (inputGradients.get(0).isPresent()) {
              inputGradients.get(0).get().put(example * inputSize, dx, x, inputSize);
            }
          }
        });
    storeWeightGradient(weightSums, parameterGradients.get(convolution.weight()).values());
    double[] biasTotal = ChannelRows.total(biasSums);
    convolution
        .bias()
        .ifPresent(
            name -> {
              for (int c = 0; c < outputs; c++) {
                parameterGradients.get(name).values().put(c, (float) biasTotal[c]);
              }
            });
  }

  private void gradients(
      float[] x, float[] dx, int xAt, float[] w, float[] dw, int tap, float[] dy, int yAt) {
    if (groupInputs == 1 && groupOutputs == 1) {
      int wAt = tap * outputs;
      for (int c = 0; c < outputs; c++) {
        dx[xAt + c] += dy[yAt + c] * w[wAt + c];
        dw[wAt + c] += dy[yAt + c] * x[xAt + c];
      }
      return;
    }
    for (int i = 0; i < inputs; i++) {
      int first = i / groupInputs * groupOutputs;
      int wAt = at(first, i % groupInputs, tap);
      float sum = 0;
      for (int o = 0; o < groupOutputs; o++) {
        float d = dy[yAt + first + o];
        sum += d * w[wAt + o];
        dw[wAt + o] += d * x[xAt + i];
      }
      dx[xAt + i] += sum;
    }
  }

  private void storeWeightGradient(float[][] sums, FloatBuffer gradient) {
    int to = 0;
    for (int output = 0; output < outputs; output++) {
      for (int input = 0; input < groupInputs; input++) {
        for (int tap = 0; tap < taps; tap++) {
          double total = 0;
          for (float[] piece : sums) {
            total += piece[at(output, input, tap)];
          }
          gradient.put(to++, (float) total);
        }
      }
    }
  }
}
