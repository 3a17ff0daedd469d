package org.rebasin.model.network;

import java.util.List;
import java.util.Optional;
import org.rebasin.model.tensor.ImageConvolution;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/** Computes a {@link Convolution} of one group. */
final class ConvolutionKernel implements Kernel {
  private final Convolution convolution;
  private Optional<ImageConvolution> computation = Optional.empty();

  ConvolutionKernel(Convolution convolution) {
    this.convolution = convolution;
  }

  /** Made when the first images tell their size. */
  private ImageConvolution computation(Tensor input, Tensor output) {
    if (computation.isEmpty()) {
      Window window = convolution.window();
      ImageConvolution.Sizes sizes =
          new ImageConvolution.Sizes(
              convolution.inputs(),
              convolution.outputs(),
              input.dimension(1),
              input.dimension(2),
              output.dimension(1),
              output.dimension(2),
              window.height(),
              window.width(),
              window.strideY(),
              window.strideX(),
              window.paddingY(),
              window.paddingX());
      computation = Optional.of(new ImageConvolution(sizes, convolution.bias().isPresent()));
    }
    return computation.get();
  }

  @Override
  public void forward(int batch, List<Tensor> inputs, Tensor output, Weights weights) {
    computation(inputs.get(0), output)
        .forward(
            batch,
            inputs.get(0).values(),
            weights.get(convolution.weight()),
            convolution.bias().map(weights::get),
            output.values());
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
    Optional<InputGradient> dx = inputGradients.get(0);
    computation(inputs.get(0), output)
        .backward(
            batch,
            inputs.get(0).values(),
            outputGradient.values(),
            dx.map(target -> target.tensor().values()),
            dx.isPresent() && dx.get().accumulate(),
            parameterGradients.get(convolution.weight()),
            convolution.bias().map(parameterGradients::get));
  }

  @Override
  public void close() {
    computation.ifPresent(ImageConvolution::close);
    computation = Optional.empty();
  }
}
