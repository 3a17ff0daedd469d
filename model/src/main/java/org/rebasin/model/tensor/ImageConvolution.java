package org.rebasin.model.tensor;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Convolutions of batches of images, forward and backward, on ND4J's operations (oneDNN where the
 * build has it). Images are {@code [batch, height, width, channels]}. A batch is cut into slices,
 * each of them one single-threaded call, and the slices run on all cores. The slices depend on the
 * sizes alone, and gradients of weights are added in their order, so that a result has the same
 * bits whatever the number of threads.
 *
 * <p>Owns copies of the weights and the scratch memory of the slices; close it. For one thread at a
 * time.
 */
public final class ImageConvolution implements AutoCloseable {
  /** Elements of a slice's images at most: beyond this, its temporary memory costs page faults. */
  private static final int SLICE_ELEMENTS = 1 << 22;

  /** Images of a slice at most. */
  private static final int SLICE_IMAGES = 32;

  /** From so many weights on, rearranging them for each slice counts, and slices are larger. */
  private static final int MANY_WEIGHTS = 1 << 20;

  /** Elements of a slice's images that the second-level cache holds with their copies. */
  private static final int CACHED_ELEMENTS = 1 << 18;

  /** For so many weights a slice of a backward pass has an image more. */
  private static final int WEIGHTS_PER_IMAGE = 1 << 10;

  private static final int NHWC = 1;
  private static final int WEIGHTS_OUT_IN_HEIGHT_WIDTH = 1;

  static {
    NativeBackend.load();
  }

  /**
   * The sizes of a convolution.
   *
   * @param inputs input channels
   * @param outputs output channels
   * @param height rows of an input image
   * @param width columns of an input image
   * @param outputHeight rows of an output image
   * @param outputWidth columns of an output image
   * @param windowHeight rows of the window
   * @param windowWidth columns of the window
   * @param strideY rows between windows
   * @param strideX columns between windows
   * @param paddingY rows of zeros above the image
   * @param paddingX columns of zeros left of the image
   */
  public record Sizes(
      int inputs,
      int outputs,
      int height,
      int width,
      int outputHeight,
      int outputWidth,
      int windowHeight,
      int windowWidth,
      int strideY,
      int strideX,
      int paddingY,
      int paddingX) {
    int inputElements() {
      return Math.multiplyExact(Math.multiplyExact(height, width), inputs);
    }

    int outputElements() {
      return Math.multiplyExact(Math.multiplyExact(outputHeight, outputWidth), outputs);
    }

    int weights() {
      return outputs * inputs * windowHeight * windowWidth;
    }
  }

  private final Sizes sizes;
  private final Tensor weights;
  private final Optional<Tensor> biases;
  private Slices forward = Slices.NONE;
  private Slices backward = Slices.NONE;
  private final List<Tensor> weightGradients = new ArrayList<>();
  private final List<Tensor> biasGradients = new ArrayList<>();
  private final List<Tensor> inputGradients = new ArrayList<>();

  public ImageConvolution(Sizes sizes, boolean withBias) {
    this.sizes = sizes;
    weights =
        Tensor.allocate(sizes.outputs(), sizes.inputs(), sizes.windowHeight(), sizes.windowWidth());
    biases = withBias ? Optional.of(Tensor.allocate(sizes.outputs())) : Optional.empty();
  }

  /** The calls for the slices of one batch in the same memory. */
  private record Slices(List<FloatBuffer> memory, int batch, List<NativeCall> calls) {
    static final Slices NONE = new Slices(List.of(), 0, List.of());

    /** Whether the calls are for just this memory, not only for equal values. */
    boolean serve(List<FloatBuffer> buffers, int count) {
      boolean same = batch == count && memory.size() == buffers.size();
      for (int i = 0; same && i < buffers.size(); i++) {
        same = memory.get(i) == buffers.get(i);
      }
      return same;
    }

    void run() {
      Parallel.forEach(calls.size(), slice -> calls.get(slice).run());
    }

    void close() {
      calls.forEach(NativeCall::close);
    }
  }

  /**
   * Images of one slice of a backward pass: it copies them several times, so they had better stay
   * in the cache, but it rearranges the weights as well.
   */
  private int backwardImages(int batch) {
    int elements = sizes.inputElements() + sizes.outputElements();
    int images = Math.max(CACHED_ELEMENTS / elements, sizes.weights() / WEIGHTS_PER_IMAGE);
    return Math.max(1, Math.min(images, sliceImages(batch)));
  }

  /** Images of one slice of a batch at most; the last may have fewer. */
  private int sliceImages(int batch) {
    if (sizes.weights() >= MANY_WEIGHTS) {
      return Math.min(2 * SLICE_IMAGES, (batch + 1) / 2);
    }
    int fitting = SLICE_ELEMENTS / (sizes.inputElements() + sizes.outputElements());
    return Math.max(1, Math.min(Math.min(fitting, SLICE_IMAGES), (batch + 3) / 4));
  }

  /**
   * {@code y = W * x + b} for the first {@code batch} images; copies the parameters for the
   * backward pass.
   *
   * @param weight {@code W [out, in, window height, window width]}
   * @param bias {@code b [out]}
   */
  public void forward(
      int batch, FloatBuffer x, Tensor weight, Optional<Tensor> bias, FloatBuffer y) {
    weights.copyFrom(weight);
    biases.ifPresent(copy -> copy.copyFrom(bias.orElseThrow()));
    List<FloatBuffer> memory = List.of(x, y);
    if (!forward.serve(memory, batch)) {
      forward.close();
      forward = Slices.NONE;
      forward = new Slices(memory, batch, forwardCalls(batch, x, y));
    }
    forward.run();
  }

  private List<NativeCall> forwardCalls(int batch, FloatBuffer x, FloatBuffer y) {
    List<NativeCall> calls = new ArrayList<>();
    int images = sliceImages(batch);
    for (int from = 0; from < batch; from += images) {
      int count = Math.min(images, batch - from);
      List<INDArray> inputs = new ArrayList<>(List.of(inputs(x, from, count), array(weights)));
      biases.ifPresent(b -> inputs.add(array(b)));
      calls.add(new NativeCall("conv2d", inputs, List.of(outputs(y, from, count)), arguments()));
    }
    return calls;
  }

  /**
   * The gradients for the images of the last forward pass.
   *
   * @param dy gradient of the output
   * @param dx where the gradient of the input goes, if it is wanted
   * @param accumulate whether to add to what {@code dx} holds
   * @param weightGradient where the gradient of the weights goes
   * @param biasGradient where that of the biases goes
   */
  public void backward(
      int batch,
      FloatBuffer x,
      FloatBuffer dy,
      Optional<FloatBuffer> dx,
      boolean accumulate,
      Tensor weightGradient,
      Optional<Tensor> biasGradient) {
    boolean direct = dx.isPresent() && !accumulate;
    List<FloatBuffer> memory = direct ? List.of(x, dy, dx.get()) : List.of(x, dy);
    if (!backward.serve(memory, batch)) {
      backward.close();
      backward = Slices.NONE;
      backward = new Slices(memory, batch, backwardCalls(batch, x, dy, dx.filter(b -> direct)));
    }
    int images = backwardImages(batch);
    Parallel.forEach(
        backward.calls().size(),
        slice -> {
          backward.calls().get(slice).run();
          if (accumulate && dx.isPresent()) {
            int from = slice * images * sizes.inputElements();
            int length = Math.min(images, batch - slice * images) * sizes.inputElements();
            ElementWise.addScaled(dx.get(), from, 1, inputGradients.get(slice).values(), 0, length);
          }
        });
    sum(weightGradients, backward.calls().size(), weightGradient);
    biasGradient.ifPresent(total -> sum(biasGradients, backward.calls().size(), total));
  }

  private List<NativeCall> backwardCalls(
      int batch, FloatBuffer x, FloatBuffer dy, Optional<FloatBuffer> dx) {
    List<NativeCall> calls = new ArrayList<>();
    int images = backwardImages(batch);
    for (int from = 0; from < batch; from += images) {
      int count = Math.min(images, batch - from);
      INDArray target =
          dx.isPresent()
              ? inputs(dx.get(), from, count)
              : inputs(scratchImages(calls.size(), images), 0, count);
      calls.add(
          backwardCall(calls.size(), inputs(x, from, count), outputs(dy, from, count), target));
    }
    return calls;
  }

  private NativeCall backwardCall(int slice, INDArray x, INDArray dy, INDArray dx) {
    List<INDArray> inputs = new ArrayList<>(List.of(x, array(weights)));
    List<INDArray> gradients =
        new ArrayList<>(List.of(dx, array(scratch(weightGradients, slice, weights))));
    biases.ifPresent(
        values -> {
          inputs.add(array(values));
          gradients.add(array(scratch(biasGradients, slice, values)));
        });
    inputs.add(dy);
    return new NativeCall("conv2d_bp", inputs, gradients, arguments());
  }

  private FloatBuffer scratchImages(int slice, int images) {
    while (inputGradients.size() <= slice) {
      inputGradients.add(Tensor.allocate(images, sizes.inputElements()));
    }
    if (inputGradients.get(slice).dimension(0) < images) {
      inputGradients.set(slice, Tensor.allocate(images, sizes.inputElements())).close();
    }
    return inputGradients.get(slice).values();
  }

  private static Tensor scratch(List<Tensor> scratch, int slice, Tensor like) {
    while (scratch.size() <= slice) {
      scratch.add(Tensor.allocate(like.shape()));
    }
    return scratch.get(slice);
  }

  private static void sum(List<Tensor> parts, int count, Tensor total) {
    Parallel.forEachStretch(
        total.size(),
        (from, length) -> {
          total.values().put(from, parts.get(0).values(), from, length);
          for (int part = 1; part < count; part++) {
            ElementWise.addScaled(total.values(), from, 1, parts.get(part).values(), from, length);
          }
        });
  }

  private INDArray inputs(FloatBuffer images, int from, int count) {
    return NativeArrays.over(
        images, from * sizes.inputElements(), count, sizes.height(), sizes.width(), sizes.inputs());
  }

  private INDArray outputs(FloatBuffer images, int from, int count) {
    return NativeArrays.over(
        images,
        from * sizes.outputElements(),
        count,
        sizes.outputHeight(),
        sizes.outputWidth(),
        sizes.outputs());
  }

  private static INDArray array(Tensor tensor) {
    return NativeArrays.over(tensor.values(), 0, tensor.shape());
  }

  private long[] arguments() {
    return new long[] {
      sizes.windowHeight(),
      sizes.windowWidth(),
      sizes.strideY(),
      sizes.strideX(),
      sizes.paddingY(),
      sizes.paddingX(),
      1,
      1,
      0,
      NHWC,
      WEIGHTS_OUT_IN_HEIGHT_WIDTH
    };
  }

  @Override
  public void close() {
    forward.close();
    backward.close();
    weights.close();
    biases.ifPresent(Tensor::close);
    weightGradients.forEach(Tensor::close);
    biasGradients.forEach(Tensor::close);
    inputGradients.forEach(Tensor::close);
  }
}
