package org.rebasin.model.network;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * Computes normalisations over one example's groups of channels at all pixels: {@link GroupNorm}
 * and, with each channel its own group, {@link InstanceNorm}. Keeps each group's mean and scale for
 * the backward pass.
 */
final class GroupNormKernel implements Kernel {
  private final Optional<String> weightName;
  private final Optional<String> biasName;
  private final int channels;
  private final int groups;
  private final double epsilon;
  private double[] means = {};
  private double[] scales = {};

  GroupNormKernel(
      Optional<String> weight, Optional<String> bias, int channels, int groups, double epsilon) {
    this.weightName = weight;
    this.biasName = bias;
    this.channels = channels;
    this.groups = groups;
    this.epsilon = epsilon;
  }

  private int group(int channel) {
    return channel / (channels / groups);
  }

  private float[] values(Optional<String> name, Weights weights, float otherwise) {
    return name.map(n -> weights.get(n).toArray())
        .orElseGet(
            () -> {
              float[] constant = new float[channels];
              Arrays.fill(constant, otherwise);
              return constant;
            });
  }

  @Override
  public void forward(int batch, List<Tensor> inputs, Tensor output, Weights weights) {
    int size = output.size() / output.dimension(0);
    if (means.length < batch * groups) {
      means = new double[output.dimension(0) * groups];
      scales = new double[output.dimension(0) * groups];
    }
    float[] weight = values(weightName, weights, 1);
    float[] bias = values(biasName, weights, 0);
    Parallel.forEach(
        batch,
        example -> {
          float[] x = new float[size];
          inputs.get(0).values().get(example * size, x);
          measure(x, example);
          float[] factor = new float[channels];
          float[] mean = new float[channels];
          for (int c = 0; c < channels; c++) {
            int at = example * groups + group(c);
            factor[c] = (float) (weight[c] * scales[at]);
            mean[c] = (float) means[at];
          }
          for (int pixel = 0; pixel < size; pixel += channels) {
            for (int c = 0; c < channels; c++) {
              x[pixel + c] = (x[pixel + c] - mean[c]) * factor[c] + bias[c];
            }
          }
          output.values().put(example * size, x);
        });
  }

  private void measure(float[] x, int example) {
    int count = x.length / groups;
    double[] sums = new double[channels];
    for (int pixel = 0; pixel < x.length; pixel += channels) {
      for (int c = 0; c < channels; c++) {
        sums[c] += x[pixel + c];
      }
    }
    double[] mean = new double[groups];
    for (int c = 0; c < channels; c++) {
      mean[group(c)] += sums[c] / count;
    }
    double[] squares = new double[channels];
    for (int c = 0; c < channels; c++) {
      sums[c] = mean[group(c)];
    }
    for (int pixel = 0; pixel < x.length; pixel += channels) {
      for (int c = 0; c < channels; c++) {
        double d = x[pixel + c] - sums[c];
        squares[c] += d * d;
      }
    }
    double[] variance = new double[groups];
    for (int c = 0; c < channels; c++) {
      variance[group(c)] += squares[c] / count;
    }
    for (int g = 0; g < groups; g++) {
      means[example * groups + g] = mean[g];
      scales[example * groups + g] = 1 / Math.sqrt(variance[g] + epsilon);
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
    int size = output.size() / output.dimension(0);
    float[] weight = values(weightName, weights, 1);
    FloatBuffer x = inputs.get(0).values();
    FloatBuffer dy = outputGradient.values();
    double[][] sums = new double[batch][];
    Parallel.forEach(
        batch,
        example -> {
          float[] xs = new float[size];
          float[] dys = new float[size];
          x.get(example * size, xs);
          dy.get(example * size, dys);
          sums[example] = sums(xs, dys, example);
          if (inputGradients.get(0).isPresent()) {
            gradient(xs, dys, example, weight, sums[example]);
            inputGradients.get(0).get().put(example * size, dys, xs, size);
          }
        });
    double[] total = ChannelRows.total(sums);
    for (int c = 0; c < channels; c++) {
      int channel = c;
      biasName.ifPresent(
          name -> parameterGradients.get(name).values().put(channel, (float) total[channel]));
      weightName.ifPresent(
          name ->
              parameterGradients
                  .get(name)
                  .values()
                  .put(channel, (float) total[channels + channel]));
    }
  }

  /**
   * Normalises {@code x}; returns each channel's {@code Σ dy}, and after them its {@code Σ dy·x̂}.
   */
  private double[] sums(float[] x, float[] dy, int example) {
    double[] sums = new double[2 * channels];
    for (int pixel = 0; pixel < x.length; pixel += channels) {
      for (int c = 0; c < channels; c++) {
        int at = example * groups + group(c);
        x[pixel + c] = (float) ((x[pixel + c] - means[at]) * scales[at]);
        sums[c] += dy[pixel + c];
        sums[channels + c] += (double) dy[pixel + c] * x[pixel + c];
      }
    }
    return sums;
  }

  /** Replaces {@code dy} by the gradient of the input, {@code x} being normalised. */
  private void gradient(float[] x, float[] dy, int example, float[] weight, double[] sums) {
    int count = x.length / groups;
    double[] mean = new double[groups];
    double[] product = new double[groups];
    for (int c = 0; c < channels; c++) {
      mean[group(c)] += weight[c] * sums[c] / count;
      product[group(c)] += weight[c] * sums[channels + c] / count;
    }
    for (int pixel = 0; pixel < x.length; pixel += channels) {
      for (int c = 0; c < channels; c++) {
        int g = group(c);
        dy[pixel + c] =
            (float)
                ((weight[c] * dy[pixel + c] - mean[g] - x[pixel + c] * product[g])
                    * scales[example * groups + g]);
      }
    }
  }
}
