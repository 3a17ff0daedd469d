package org.rebasin.model.description;

import static org.rebasin.model.description.OnnxWriter.attribute;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.NodeProto;
import org.rebasin.model.network.Addition;
import org.rebasin.model.network.AveragePool;
import org.rebasin.model.network.BatchNorm;
import org.rebasin.model.network.Concatenation;
import org.rebasin.model.network.Convolution;
import org.rebasin.model.network.Dense;
import org.rebasin.model.network.Dropout;
import org.rebasin.model.network.Flatten;
import org.rebasin.model.network.Gelu;
import org.rebasin.model.network.GlobalAveragePool;
import org.rebasin.model.network.GroupNorm;
import org.rebasin.model.network.InstanceNorm;
import org.rebasin.model.network.LayerNorm;
import org.rebasin.model.network.LeakyRelu;
import org.rebasin.model.network.MaxPool;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Operator;
import org.rebasin.model.network.PaddingShortcut;
import org.rebasin.model.network.Prelu;
import org.rebasin.model.network.Sigmoid;
import org.rebasin.model.network.Silu;
import org.rebasin.model.network.Tanh;
import org.rebasin.model.network.Window;

/** The ONNX nodes of one operator of a network. */
final class OnnxNodes {
  private final OnnxWriter writer;
  private final Network.Node node;
  private final List<String> inputs;
  private final String output;
  private int steps;

  OnnxNodes(OnnxWriter writer, Network.Node node, List<String> inputs, String output) {
    this.writer = writer;
    this.node = node;
    this.inputs = inputs;
    this.output = output;
  }

  private String input() {
    return inputs.get(0);
  }

  private int channels() {
    return node.shape().get(0);
  }

  /** Adds them to the writer's graph. */
  void add() {
    Operator operator = node.operator();
    if (operator instanceof Dense dense) {
      List<String> reads = new ArrayList<>(List.of(input(), dense.weight()));
      dense.bias().ifPresent(reads::add);
      last("Gemm", reads, attribute("transB", 1));
    } else if (operator instanceof Convolution convolution) {
      List<String> reads = new ArrayList<>(List.of(input(), convolution.weight()));
      convolution.bias().ifPresent(reads::add);
      last("Conv", reads, window(convolution.window(), attribute("group", convolution.groups())));
    } else if (operator instanceof BatchNorm norm) {
      last(
          "BatchNormalization",
          List.of(input(), norm.weight(), norm.bias(), norm.runningMean(), norm.runningVariance()),
          attribute("epsilon", (float) norm.epsilon()),
          attribute("momentum", (float) (1 - norm.momentum())));
    } else if (operator instanceof MaxPool pool) {
      last("MaxPool", inputs, window(pool.window()));
    } else if (operator instanceof AveragePool pool) {
      last(
          "AveragePool",
          inputs,
          window(pool.window(), attribute("count_include_pad", pool.countPadding() ? 1 : 0)));
    } else if (operator instanceof Concatenation) {
      last("Concat", inputs, attribute("axis", 1));
    } else if (operator instanceof Flatten) {
      last("Flatten", inputs, attribute("axis", 1));
    } else if (operator instanceof GlobalAveragePool) {
      last("GlobalAveragePool", inputs);
    } else if (operator instanceof Addition) {
      last("Add", inputs);
    } else if (operator instanceof Dropout dropout) {
      last(
          "Dropout",
          List.of(input(), constant("ratio", (float) dropout.rate())),
          attribute("seed", dropout.seed()));
    } else if (operator instanceof PaddingShortcut shortcut) {
      shortcut(shortcut);
    } else if (!activation(operator) && !normalisation(operator)) {
      throw new IllegalArgumentException(
          "%s: the operator %s has no counterpart in ONNX".formatted(node.name(), operator.kind()));
    }
  }

  private boolean activation(Operator operator) {
    if (operator instanceof LeakyRelu relu) {
      if (relu.slope() == 0) {
        last("Relu", inputs);
      } else {
        last("LeakyRelu", inputs, attribute("alpha", relu.slope()));
      }
    } else if (operator instanceof Sigmoid) {
      last("Sigmoid", inputs);
    } else if (operator instanceof Tanh) {
      last("Tanh", inputs);
    } else if (operator instanceof Silu) {
      last("Mul", List.of(input(), step("Sigmoid", input())));
    } else if (operator instanceof Gelu gelu) {
      gelu(gelu);
    } else if (operator instanceof Prelu prelu) {
      last("PRelu", List.of(input(), perChannel(prelu.weight(), prelu.count())));
    } else {
      return false;
    }
    return true;
  }

  /** There is an operator for it since version 20; this is how the older ones have it. */
  private void gelu(Gelu gelu) {
    String inner;
    if (gelu.tanh()) {
      String cube = step("Mul", step("Mul", input(), input()), input());
      String sum = step("Add", input(), step("Mul", cube, constant("cubic", 0.044715f)));
      inner = step("Tanh", step("Mul", sum, constant("root", (float) Math.sqrt(2 / Math.PI))));
    } else {
      inner = step("Erf", step("Div", input(), constant("root", (float) Math.sqrt(2))));
    }
    String both = step("Mul", input(), step("Add", inner, constant("one", 1)));
    last("Mul", List.of(both, constant("half", 0.5f)));
  }

  private boolean normalisation(Operator operator) {
    if (operator instanceof LayerNorm norm) {
      layerNorm(norm);
    } else if (operator instanceof GroupNorm norm) {
      String grouped = step("Reshape", input(), integers("groups", 0, norm.groups(), -1));
      String normal =
          step(
              "InstanceNormalization",
              List.of(
                  grouped,
                  writer.parameter(Optional.empty(), name("ones"), 1, norm.groups()),
                  writer.parameter(Optional.empty(), name("zeros"), 0, norm.groups())),
              attribute("epsilon", (float) norm.epsilon()));
      String back = step("Reshape", normal, step("Shape", input()));
      String scaled = step("Mul", back, perChannel(norm.weight(), channels()));
      last("Add", List.of(scaled, perChannel(norm.bias(), channels())));
    } else if (operator instanceof InstanceNorm norm) {
      last(
          "InstanceNormalization",
          List.of(
              input(),
              writer.parameter(norm.weight(), name("ones"), 1, channels()),
              writer.parameter(norm.bias(), name("zeros"), 0, channels())),
          attribute("epsilon", (float) norm.epsilon()));
    } else {
      return false;
    }
    return true;
  }

  private void layerNorm(LayerNorm norm) {
    AttributeProto axis = attribute("axis", -1);
    AttributeProto epsilon = attribute("epsilon", (float) norm.epsilon());
    if (node.shape().size() == 1) {
      last("LayerNormalization", List.of(input(), norm.weight(), norm.bias()), axis, epsilon);
      return;
    }
    String channelsLast =
        step("Transpose", List.of(input()), attribute("perm", List.of(0L, 2L, 3L, 1L)));
    String normal = name("normal");
    add(
        "LayerNormalization",
        node.name(),
        List.of(channelsLast, norm.weight(), norm.bias()),
        normal,
        axis,
        epsilon);
    add(
        "Transpose",
        name("back"),
        List.of(normal),
        output,
        attribute("perm", List.of(0L, 3L, 1L, 2L)));
  }

  private void shortcut(PaddingShortcut shortcut) {
    String kept =
        step(
            "Slice",
            List.of(
                input(),
                integers("starts", 0, 0),
                integers("ends", Long.MAX_VALUE, Long.MAX_VALUE),
                integers("axes", 2, 3),
                integers("steps", shortcut.stride(), shortcut.stride())));
    String pads = integers("pads", 0, shortcut.before(), 0, 0, 0, shortcut.after(), 0, 0);
    last("Pad", List.of(kept, pads), attribute("mode", "constant"));
  }

  /** A parameter {@code [channels]} as an image's channels, {@code [channels, 1, 1]}. */
  private String perChannel(String parameter, int count) {
    return node.shape().size() == 1 || count == 1
        ? parameter
        : step("Unsqueeze", parameter, integers("axes", 1, 2));
  }

  private static AttributeProto[] window(Window window, AttributeProto... more) {
    long y = window.paddingY();
    long x = window.paddingX();
    List<AttributeProto> attributes = new ArrayList<>(List.of(more));
    attributes.add(
        attribute("kernel_shape", List.of((long) window.height(), (long) window.width())));
    attributes.add(attribute("strides", List.of((long) window.strideY(), (long) window.strideX())));
    attributes.add(attribute("pads", List.of(y, x, y, x)));
    return attributes.toArray(AttributeProto[]::new);
  }

  private String name(String suffix) {
    return writer.unused(node.name() + ":" + suffix);
  }

  private String constant(String suffix, float value) {
    return writer.constant(name(suffix), new float[] {value});
  }

  private String integers(String suffix, long... values) {
    return writer.constant(name(suffix), values);
  }

  private String step(String operator, String... reads) {
    return step(operator, List.of(reads));
  }

  private String step(String operator, List<String> reads, AttributeProto... attributes) {
    steps++;
    String made = name("step" + steps);
    add(operator, made, reads, made, attributes);
    return made;
  }

  private void last(String operator, List<String> reads, AttributeProto... attributes) {
    add(operator, node.name(), reads, output, attributes);
  }

  private void add(
      String operator, String name, List<String> reads, String made, AttributeProto... attributes) {
    writer.add(
        NodeProto.newBuilder()
            .setOpType(operator)
            .setName(name)
            .addAllInput(reads)
            .addOutput(made)
            .addAllAttribute(List.of(attributes)));
  }
}
