package org.rebasin.model.description;

import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import org.rebasin.model.description.OnnxValue.Activation;
import org.rebasin.model.description.OnnxValue.Constant;
import org.rebasin.model.description.OnnxValue.Grouped;
import org.rebasin.model.description.OnnxValue.Layout;
import org.rebasin.model.description.OnnxValue.Padded;
import org.rebasin.model.description.OnnxValue.Unbiased;
import org.rebasin.model.network.AveragePool;
import org.rebasin.model.network.BatchNorm;
import org.rebasin.model.network.Convolution;
import org.rebasin.model.network.Dense;
import org.rebasin.model.network.Dropout;
import org.rebasin.model.network.Gelu;
import org.rebasin.model.network.GlobalAveragePool;
import org.rebasin.model.network.GroupNorm;
import org.rebasin.model.network.InstanceNorm;
import org.rebasin.model.network.LayerNorm;
import org.rebasin.model.network.LeakyRelu;
import org.rebasin.model.network.MaxPool;
import org.rebasin.model.network.Operator;
import org.rebasin.model.network.Prelu;
import org.rebasin.model.network.Silu;
import org.rebasin.model.network.Window;

/** ONNX operators that are one operator here: layers, normalisations, activations, pools. */
final class OnnxLayers implements OnnxOperators {
  private final OnnxReader reader;

  OnnxLayers(OnnxReader reader) {
    this.reader = reader;
  }

  @Override
  public Optional<OnnxValue> read(OnnxNode node) {
    return Optional.ofNullable(
        switch (node.operator()) {
          case "Gemm" -> gemm(node);
          case "MatMul" -> matrixProduct(node);
          case "Conv" -> convolution(node);
          case "BatchNormalization" -> batchNorm(node);
          case "LayerNormalization" -> layerNorm(node);
          case "GroupNormalization" -> groupNorm(node);
          case "InstanceNormalization" -> instanceNorm(node);
          case "Relu" -> unary(node, new LeakyRelu(0));
          case "LeakyRelu" -> unary(node, new LeakyRelu(node.number("alpha", 0.01f)));
          case "PRelu" -> prelu(node);
          case "Gelu" -> gelu(node);
          case "Swish" -> swish(node);
          case "MaxPool" -> maxPool(node);
          case "AveragePool" -> averagePool(node);
          case "GlobalAveragePool" -> {
            Activation image = image(node);
            yield reader.add(reader.nameFor(node), new GlobalAveragePool(), image.layout(), image);
          }
          case "Dropout" -> dropout(node);
          default -> null;
        });
  }

  private Activation unary(OnnxNode node, Operator operator) {
    Activation input = reader.activation(node, 0);
    return reader.add(reader.nameFor(node), operator, input.layout(), input);
  }

  private Activation vector(OnnxNode node) {
    Activation input = reader.activation(node, 0);
    if (input.layout() != Layout.VECTOR) {
      throw node.problem("expected an input [batch, units], found " + shown(input));
    }
    return input;
  }

  private Activation image(OnnxNode node) {
    return image(node, reader.activation(node, 0));
  }

  private static Activation image(OnnxNode node, Activation input) {
    if (input.layout() != Layout.CHANNELS_FIRST) {
      throw node.problem(
          "expected an input [batch, channels, height, width], found " + shown(input));
    }
    return input;
  }

  static String shown(Activation activation) {
    String axes = activation.axes().toString().substring(1);
    return "[batch, "
        + axes
        + (activation.layout() == Layout.CHANNELS_LAST ? " with channels last" : "");
  }

  private OnnxTensor matrix(OnnxNode node) {
    OnnxTensor matrix = reader.constant(node, 1);
    if (matrix.shape().size() != 2) {
      throw node.problem(
          "%s: expected a matrix, found shape %s".formatted(matrix.name(), matrix.shape()));
    }
    return matrix;
  }

  private OnnxValue gemm(OnnxNode node) {
    Activation input = vector(node);
    node.require("transA", 0);
    boolean transposed = node.integer("transB", 0) != 0;
    OnnxTensor matrix = transposed ? matrix(node) : matrix(node).transpose();
    if (node.number("alpha", 1) != 1 || node.hasInput(2) && node.number("beta", 1) != 1) {
      throw node.problem("expected alpha and beta to be 1");
    }
    node.ignore("beta");
    Unbiased dense = dense(node, input, matrix);
    return node.hasInput(2) ? biased(node, dense, reader.constant(node, 2)).get() : dense;
  }

  private OnnxValue matrixProduct(OnnxNode node) {
    return dense(node, vector(node), matrix(node).transpose());
  }

  private Unbiased dense(OnnxNode node, Activation input, OnnxTensor matrix) {
    int outputs = matrix.shape().get(0);
    int inputs = matrix.shape().get(1);
    String name = reader.nameFor(node, matrix);
    String weight = reader.parameters().stored(matrix, name, "weight");
    return new Unbiased(
        input, name, outputs, Layout.VECTOR, bias -> new Dense(weight, bias, inputs, outputs));
  }

  /** A layer with a constant added to it, if that is one number a channel. */
  Optional<Activation> biased(OnnxNode node, Unbiased layer, OnnxTensor constant) {
    List<Integer> shape = constant.shape();
    int axis = shape.size() - (layer.layout() == Layout.VECTOR ? 1 : 3);
    boolean perChannel =
        // A longer shape would give the sum more axes.
        axis >= 0
            && axis <= 1
            && constant.elements() == layer.outputs()
            && shape.get(axis) == layer.outputs();
    if (!perChannel) {
      throw node.problem(
          "%s: expected one number for each of %d channels, found shape %s"
              .formatted(constant.name(), layer.outputs(), shape));
    }
    String bias = reader.parameters().stored(constant, layer.name(), "bias");
    return Optional.of(
        reader.add(
            layer.name(),
            layer.operator().apply(Optional.of(bias)),
            layer.layout(),
            layer.input()));
  }

  private OnnxValue convolution(OnnxNode node) {
    OnnxValue value = reader.value(node, 0);
    boolean padded = value instanceof Padded;
    Activation input =
        image(node, value instanceof Padded held ? held.image() : reader.activation(node, 0));
    OnnxTensor kernel = reader.constant(node, 1);
    if (kernel.shape().size() != 4) {
      throw node.problem(
          "%s: expected [out, in, height, width], found shape %s"
              .formatted(kernel.name(), kernel.shape()));
    }
    List<Long> size = kernel.shape().stream().skip(2).map(Integer::longValue).toList();
    if (!node.integers("kernel_shape").orElse(size).equals(size)) {
      throw node.problem("expected kernel_shape %s as %s has it".formatted(size, kernel.name()));
    }
    Window window = OnnxWindows.window(node, size, input);
    if (padded) {
      window = OnnxWindows.padded(node, window, (Padded) value);
    }
    int outputs = kernel.shape().get(0);
    int groups = Math.toIntExact(node.integer("group", 1));
    Window read = window;
    if (kernel.shape().get(1) * (long) groups != input.channels()) {
      throw node.problem(
          "%s: expected %d input channels in %d groups, found shape %s"
              .formatted(kernel.name(), input.channels(), groups, kernel.shape()));
    }
    String name = reader.nameFor(node, kernel);
    String weight = reader.parameters().stored(kernel, name, "weight");
    Unbiased layer =
        new Unbiased(
            input,
            name,
            outputs,
            Layout.CHANNELS_FIRST,
            bias -> new Convolution(weight, bias, input.channels(), outputs, read, groups));
    if (!node.hasInput(2)) {
      return layer;
    }
    String bias = reader.perChannel(node, 2, outputs, name, "bias");
    return reader.add(
        name, layer.operator().apply(Optional.of(bias)), layer.layout(), layer.input());
  }

  private Activation batchNorm(OnnxNode node) {
    Activation input = reader.activation(node, 0);
    if (input.channelAxis() != 1 || input.layout() == Layout.COLUMN) {
      throw node.problem("expected channels on axis 1, found " + shown(input));
    }
    node.require("spatial", 1);
    // What it does in training is for whoever trains.
    node.ignore("training_mode");
    int channels = input.channels();
    String name = reader.nameFor(node, reader.constant(node, 1));
    // ONNX says how much stays, here it is how much moves; in decimal, 1 − 0.9 is 0.1.
    double stays = node.decimal("momentum", 0.9f);
    return reader.add(
        name,
        new BatchNorm(
            reader.perChannel(node, 1, channels, name, "weight"),
            reader.perChannel(node, 2, channels, name, "bias"),
            reader.perChannel(node, 3, channels, name, "running_mean"),
            reader.perChannel(node, 4, channels, name, "running_var"),
            channels,
            node.decimal("epsilon", 1e-5f),
            BigDecimal.ONE.subtract(BigDecimal.valueOf(stays)).doubleValue()),
        input.layout(),
        input);
  }

  private Activation layerNorm(OnnxNode node) {
    Activation input = reader.activation(node, 0);
    int rank = input.axes().size() + 1;
    long axis = node.integer("axis", -1);
    boolean overChannels =
        (axis < 0 ? axis + rank : axis) == rank - 1 && input.channelAxis() == rank - 1;
    if (!overChannels) {
      throw node.problem(
          "expected a normalisation over the channels, as the last axis, found axis %d of %s"
              .formatted(axis, shown(input)));
    }
    node.ignore("stash_type");
    int channels = input.channels();
    String name = reader.nameFor(node, reader.constant(node, 1));
    String bias =
        node.hasInput(2)
            ? reader.perChannel(node, 2, channels, name, "bias")
            : reader.parameters().filled(0, name, "bias");
    return reader.add(
        name,
        new LayerNorm(
            reader.perChannel(node, 1, channels, name, "weight"),
            bias,
            channels,
            node.decimal("epsilon", 1e-5f)),
        input.layout(),
        input);
  }

  private Activation groupNorm(OnnxNode node) {
    Activation input = image(node);
    node.ignore("stash_type");
    String name = reader.nameFor(node, reader.constant(node, 1));
    int channels = input.channels();
    return reader.add(
        name,
        new GroupNorm(
            reader.perChannel(node, 1, channels, name, "weight"),
            reader.perChannel(node, 2, channels, name, "bias"),
            channels,
            Math.toIntExact(node.integer("num_groups", 1)),
            node.decimal("epsilon", 1e-5f)),
        input.layout(),
        input);
  }

  private OnnxValue instanceNorm(OnnxNode node) {
    double epsilon = node.decimal("epsilon", 1e-5f);
    if (reader.value(node, 0) instanceof Grouped grouped) {
      OnnxTensor scale = reader.constant(node, 1);
      OnnxTensor shift = reader.constant(node, 2);
      if (grouped.epsilon().isPresent() || !scale.isFilledWith(1) || !shift.isFilledWith(0)) {
        throw node.problem("expected scale 1 and shift 0 for groups of channels");
      }
      return new Grouped(grouped.image(), grouped.groups(), Optional.of(epsilon));
    }
    Activation input = image(node);
    int channels = input.channels();
    String name = reader.nameFor(node, reader.constant(node, 1));
    return reader.add(
        name,
        new InstanceNorm(
            isLeftOut(node, 1, 1)
                ? Optional.empty()
                : Optional.of(reader.perChannel(node, 1, channels, name, "weight")),
            isLeftOut(node, 2, 0)
                ? Optional.empty()
                : Optional.of(reader.perChannel(node, 2, channels, name, "bias")),
            channels,
            epsilon),
        input.layout(),
        input);
  }

  /** Whether an input is a constant that changes nothing, and not a stored parameter. */
  private boolean isLeftOut(OnnxNode node, int index, float neutral) {
    return reader.value(node, index) instanceof Constant constant
        && !constant.tensor().initializer()
        && constant.tensor().isFilledWith(neutral);
  }

  private Activation prelu(OnnxNode node) {
    Activation input = reader.activation(node, 0);
    OnnxTensor slopes = reader.constant(node, 1);
    if (slopes.elements() != 1 && !input.isPerChannel(slopes.shape())) {
      throw node.problem(
          "%s: expected one slope, or one for each of %d channels, found shape %s"
              .formatted(slopes.name(), input.channels(), slopes.shape()));
    }
    String name = reader.nameFor(node, slopes);
    String weight = reader.parameters().stored(slopes, name, "weight");
    return reader.add(name, new Prelu(weight, slopes.elements()), input.layout(), input);
  }

  private Activation gelu(OnnxNode node) {
    String approximate = node.text("approximate", "none");
    if (!List.of("none", "tanh").contains(approximate)) {
      throw node.problem("expected approximate to be none or tanh, found " + approximate);
    }
    return unary(node, new Gelu(approximate.equals("tanh")));
  }

  private Activation swish(OnnxNode node) {
    if (node.number("alpha", 1) != 1) {
      throw node.problem("expected alpha to be 1");
    }
    return unary(node, new Silu());
  }

  private Activation maxPool(OnnxNode node) {
    node.require("storage_order", 0);
    Activation input = image(node);
    Window window = OnnxWindows.window(node, kernelShape(node), input);
    return reader.add(reader.nameFor(node), new MaxPool(window), input.layout(), input);
  }

  private Activation averagePool(OnnxNode node) {
    if (reader.value(node, 0) instanceof Padded padded) {
      // Zeros that are in the image already count.
      node.ignore("count_include_pad");
      Activation input = image(node, padded.image());
      Window window =
          OnnxWindows.padded(node, OnnxWindows.window(node, kernelShape(node), input), padded);
      return reader.add(reader.nameFor(node), new AveragePool(window, true), input.layout(), input);
    }
    Activation input = image(node);
    Window window = OnnxWindows.window(node, kernelShape(node), input);
    // Without padding nothing depends on it; PyTorch counts by default.
    boolean without = window.paddingY() == 0 && window.paddingX() == 0;
    boolean counts = node.integer("count_include_pad", without ? 1 : 0) != 0;
    return reader.add(reader.nameFor(node), new AveragePool(window, counts), input.layout(), input);
  }

  private static List<Long> kernelShape(OnnxNode node) {
    return node.integers("kernel_shape")
        .orElseThrow(() -> node.problem("expected kernel_shape, found none"));
  }

  private Activation dropout(OnnxNode node) {
    double rate =
        node.hasInput(1)
            ? Double.parseDouble(Float.toString((float) reader.constant(node, 1).scalar()))
            : node.decimal("ratio", 0.5f);
    node.ignore("ratio");
    Activation input = reader.activation(node, 0);
    // Each place has a seed of its own.
    long seed = node.integer("seed", input.value());
    return reader.add(reader.nameFor(node), new Dropout(rate, seed), input.layout(), input);
  }
}
