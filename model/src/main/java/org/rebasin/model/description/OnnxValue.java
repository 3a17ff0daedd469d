package org.rebasin.model.description;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.rebasin.model.network.Operator;

/**
 * What a name in an ONNX graph stands for. Some stand for a part of what is one operator here; they
 * are held until the rest has come.
 */
sealed interface OnnxValue {
  /** How a value's axes lie in the ONNX graph; the batch is always first. */
  enum Layout {
    /** {@code [batch, channels]}. */
    VECTOR,
    /** {@code [batch, channels, height, width]}. */
    CHANNELS_FIRST,
    /** {@code [batch, height, width, channels]}. */
    CHANNELS_LAST,
    /** {@code [batch, channels, 1]}: one pixel, of which one axis has been taken away. */
    COLUMN
  }

  /**
   * A value of the network.
   *
   * @param value its number there
   * @param layout how ONNX has its axes
   * @param shape as the network has it: {@code [channels]} or {@code [channels, height, width]}
   */
  record Activation(int value, Layout layout, List<Integer> shape) implements OnnxValue {
    int channels() {
      return shape.get(0);
    }

    /** The axes in ONNX, without the batch. */
    List<Integer> axes() {
      return switch (layout) {
        case VECTOR, CHANNELS_FIRST -> shape;
        case CHANNELS_LAST -> List.of(shape.get(1), shape.get(2), shape.get(0));
        case COLUMN -> List.of(shape.get(0), 1);
      };
    }

    /** ONNX's axis of the channels. */
    int channelAxis() {
      return layout == Layout.CHANNELS_LAST ? 3 : 1;
    }

    /** Whether a constant of this shape is one number a channel. */
    boolean isPerChannel(List<Integer> constant) {
      if (channels() == 1 && constant.stream().allMatch(length -> length == 1)) {
        return true;
      }
      int rank = axes().size() + 1;
      List<Integer> expected = new ArrayList<>();
      for (int axis = 0; axis < rank; axis++) {
        expected.add(axis == channelAxis() ? channels() : 1);
      }
      return constant.size() <= rank
          && constant.equals(expected.subList(rank - constant.size(), rank))
          && constant.size() >= rank - channelAxis();
    }

    int elements() {
      return shape.stream().reduce(1, Math::multiplyExact);
    }

    boolean isOnePixel() {
      return elements() == channels();
    }
  }

  /** A tensor that does not depend on the input. */
  record Constant(OnnxTensor tensor) implements OnnxValue {}

  /** Integers for reshaping. */
  record Integers(OnnxIntegers integers) implements OnnxValue {}

  /** A function of each element of a value. */
  record ElementWise(Activation of, ScalarExpression expression) implements OnnxValue {}

  /**
   * A layer that a constant may yet be added to.
   *
   * @param name the layer's
   * @param outputs its channels
   * @param operator makes the layer with the bias of this name
   */
  record Unbiased(
      Activation input,
      String name,
      int outputs,
      Layout layout,
      Function<Optional<String>, Operator> operator)
      implements OnnxValue {}

  /** An image with zeros around it, for the next window to count as its padding. */
  record Padded(Activation image, int paddingY, int paddingX) implements OnnxValue {}

  /** Every so many rows and columns of an image, for a shortcut to pad with channels. */
  record Strided(Activation image, int strideY, int strideX) implements OnnxValue {}

  /**
   * A normalisation on its way: {@code μ}, {@code x − μ}, its square, {@code σ²}, {@code σ² + ε},
   * {@code √(σ² + ε)}, the normalised value, and that scaled.
   *
   * @param groups of channels normalised together; absent where each position is alone
   */
  record Normalising(
      Activation of,
      Stage stage,
      Optional<Integer> groups,
      double epsilon,
      Optional<OnnxTensor> scale)
      implements OnnxValue {
    enum Stage {
      MEAN,
      CENTRED,
      SQUARED,
      VARIANCE,
      VARIANCE_AND_EPSILON,
      DEVIATION,
      NORMALISED,
      SCALED
    }

    static Normalising mean(Activation of) {
      return new Normalising(of, Stage.MEAN, Optional.empty(), 0, Optional.empty());
    }

    Normalising at(Stage other) {
      return new Normalising(of, other, groups, epsilon, scale);
    }

    Normalising withEpsilon(double value) {
      return new Normalising(of, Stage.VARIANCE_AND_EPSILON, groups, value, scale);
    }

    Normalising withScale(OnnxTensor tensor) {
      return new Normalising(of, Stage.SCALED, groups, epsilon, Optional.of(tensor));
    }
  }

  /**
   * An image whose channels are cut into groups, {@code [batch, groups, elements]}, as a group
   * normalisation without an operator of its own begins.
   *
   * @param epsilon that of the normalisation, once it is done
   */
  record Grouped(Activation image, int groups, Optional<Double> epsilon) implements OnnxValue {}
}
