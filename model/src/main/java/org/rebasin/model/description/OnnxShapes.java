package org.rebasin.model.description;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import onnx.Onnx.TensorProto;
import org.rebasin.model.description.OnnxValue.Activation;
import org.rebasin.model.description.OnnxValue.Constant;
import org.rebasin.model.description.OnnxValue.Grouped;
import org.rebasin.model.description.OnnxValue.Integers;
import org.rebasin.model.description.OnnxValue.Layout;
import org.rebasin.model.network.Concatenation;
import org.rebasin.model.network.Flatten;

/**
 * ONNX operators that move axes about, and those with which a graph works out where to: understood
 * where each channel stays together.
 */
final class OnnxShapes implements OnnxOperators {
  private static final long FLOAT = TensorProto.DataType.FLOAT_VALUE;

  private final OnnxReader reader;

  OnnxShapes(OnnxReader reader) {
    this.reader = reader;
  }

  @Override
  public Optional<OnnxValue> read(OnnxNode node) {
    return Optional.ofNullable(
        switch (node.operator()) {
          case "Identity" -> identity(node);
          case "Constant" -> constant(node);
          case "ConstantOfShape" -> constantOfShape(node);
          case "Cast" -> cast(node);
          case "Shape" -> shape(node);
          case "Gather" -> gather(node);
          case "Concat" -> concatenation(node);
          case "Flatten" -> flatten(node);
          case "Reshape" -> reshape(node);
          case "Squeeze" -> squeeze(node);
          case "Unsqueeze" -> unsqueeze(node);
          case "Transpose" -> transpose(node);
          default -> null;
        });
  }

  private OnnxValue identity(OnnxNode node) {
    OnnxValue value = reader.value(node, 0);
    if (value instanceof Constant constant) {
      // Exporters store equal parameters once; the others then have the names of such copies.
      return reader.graph().isReadOnce(node.input(0))
          ? constant
          : new Constant(constant.tensor().named(node.output()));
    }
    return OnnxReader.isWhole(value) ? reader.activation(node, 0) : value;
  }

  private OnnxValue constant(OnnxNode node) {
    Optional<TensorProto> tensor = node.tensor("value");
    if (tensor.isPresent()) {
      OnnxTensor constant = OnnxTensor.of(node.source(), node.output(), tensor.get(), false);
      return constant.isInteger()
          ? new Integers(OnnxIntegers.of(constant))
          : new Constant(constant);
    }
    if (node.hasAttribute("value_int")) {
      return new Integers(new OnnxIntegers(List.of(node.integer("value_int", 0)), List.of()));
    }
    if (node.hasAttribute("value_ints")) {
      return new Integers(OnnxIntegers.vector(node.integers("value_ints").get()));
    }
    if (node.hasAttribute("value_float") || node.hasAttribute("value_floats")) {
      TensorProto.Builder floats =
          TensorProto.newBuilder().setDataType(TensorProto.DataType.FLOAT_VALUE);
      if (node.hasAttribute("value_float")) {
        floats.addFloatData(node.number("value_float", 0));
      } else {
        List<Float> values = node.numbers("value_floats");
        floats.addDims(values.size()).addAllFloatData(values);
      }
      return new Constant(OnnxTensor.of(node.source(), node.output(), floats.build(), false));
    }
    throw node.problem("expected a tensor, integers or floats, found none");
  }

  private OnnxValue constantOfShape(OnnxNode node) {
    OnnxTensor value =
        OnnxTensor.of(
            node.source(),
            node.output(),
            node.tensor("value").orElseThrow(() -> node.problem("expected integers, found floats")),
            false);
    List<Integer> axes = lengths(node, reader.integers(node, 0));
    int count = axes.stream().reduce(1, Math::multiplyExact);
    return new Integers(new OnnxIntegers(Collections.nCopies(count, value.integers()[0]), axes));
  }

  private static List<Integer> lengths(OnnxNode node, OnnxIntegers integers) {
    if (!integers.knowsAll()) {
      throw node.problem("expected a shape that does not depend on the batch's size");
    }
    return integers.values().stream().map(Math::toIntExact).toList();
  }

  private OnnxValue cast(OnnxNode node) {
    OnnxValue value = reader.value(node, 0);
    long to = node.integer("to", 0);
    boolean integer =
        to == TensorProto.DataType.INT64_VALUE || to == TensorProto.DataType.INT32_VALUE;
    if (value instanceof Integers && integer || value instanceof Constant && to == FLOAT) {
      return value;
    }
    if (OnnxReader.isWhole(value) && to == FLOAT) {
      return reader.activation(node, 0);
    }
    throw node.problem("expected integers to stay integers and floats to become float32");
  }

  private OnnxValue shape(OnnxNode node) {
    node.require("start", 0);
    if (node.hasAttribute("end")) {
      throw node.problem("expected the whole shape, found an end");
    }
    OnnxValue value = reader.value(node, 0);
    if (value instanceof Constant constant) {
      return new Integers(lengths(constant.tensor().shape()));
    }
    if (value instanceof Integers integers) {
      return new Integers(lengths(integers.integers().shape()));
    }
    List<Long> axes = new ArrayList<>(List.of(OnnxIntegers.BATCH));
    reader.activation(node, 0).axes().forEach(axis -> axes.add(axis.longValue()));
    return new Integers(OnnxIntegers.vector(axes));
  }

  private static OnnxIntegers lengths(List<Integer> shape) {
    return OnnxIntegers.vector(shape.stream().map(Integer::longValue).toList());
  }

  private OnnxValue gather(OnnxNode node) {
    node.require("axis", 0);
    return new Integers(reader.integers(node, 0).gather(reader.integers(node, 1)));
  }

  private OnnxValue concatenation(OnnxNode node) {
    long axis = node.integer("axis", 1);
    if (reader.value(node, 0) instanceof Integers) {
      if (axis != 0) {
        throw node.problem("expected axis 0 for integers, found " + axis);
      }
      return new Integers(
          OnnxIntegers.concatenation(
              IntStream.range(0, node.inputs()).mapToObj(i -> reader.integers(node, i)).toList()));
    }
    Activation[] parts =
        IntStream.range(0, node.inputs())
            .mapToObj(i -> reader.activation(node, i))
            .toArray(Activation[]::new);
    Activation first = parts[0];
    int rank = first.axes().size() + 1;
    boolean alike = true;
    for (Activation part : parts) {
      alike &= part.layout() == first.layout();
    }
    if ((axis < 0 ? axis + rank : axis) != first.channelAxis() || !alike) {
      throw node.problem("expected values joined along their channels, found axis " + axis);
    }
    return reader.add(reader.nameFor(node), new Concatenation(parts.length), first.layout(), parts);
  }

  private OnnxValue flatten(OnnxNode node) {
    node.require("axis", 1);
    return vector(node, reader.activation(node, 0));
  }

  /** A value as a vector, if channels stay together. */
  private Activation vector(OnnxNode node, Activation value) {
    if (value.layout() == Layout.VECTOR) {
      return value;
    }
    if (value.layout() == Layout.CHANNELS_LAST && !value.isOnePixel()) {
      throw node.problem(
          "would scatter each channel over the vector, because channels are last in "
              + OnnxLayers.shown(value));
    }
    return reader.add(reader.nameFor(node), new Flatten(value.shape()), Layout.VECTOR, value);
  }

  private OnnxValue reshape(OnnxNode node) {
    OnnxValue value = reader.value(node, 0);
    OnnxIntegers target = reader.integers(node, 1);
    boolean zeroIsZero = node.integer("allowzero", 0) != 0;
    if (value instanceof Integers integers) {
      return new Integers(integers.integers().reshape(target.values()));
    }
    if (value instanceof Constant constant) {
      return new Constant(constant.tensor().withShape(lengths(node, target)));
    }
    Activation input =
        value instanceof Grouped grouped ? grouped.image() : reader.activation(node, 0);
    List<Integer> axes =
        OnnxReshape.target(node, input, target.values(), zeroIsZero, reader.graph().batch());
    if (value instanceof Grouped) {
      return reader
          .regrouped(value)
          .filter(norm -> axes.equals(input.axes()))
          .orElseThrow(
              () -> node.problem("expected the shape from before the groups, found " + axes));
    }
    if (axes.equals(input.axes())) {
      return input;
    }
    if (axes.size() == 1) {
      return vector(node, input);
    }
    boolean grouping =
        axes.size() == 2
            && input.layout() != Layout.CHANNELS_LAST
            && input.channels() % axes.get(0) == 0
            && reader.graph().readers(node.output()).stream()
                .allMatch(next -> next.operator().equals("InstanceNormalization"));
    if (grouping) {
      return new Grouped(input, axes.get(0), Optional.empty());
    }
    throw node.problem(
        "is understood only where it makes each example a vector, found %s to [batch, %s"
            .formatted(OnnxLayers.shown(input), axes.toString().substring(1)));
  }

  private OnnxValue squeeze(OnnxNode node) {
    OnnxValue value = reader.value(node, 0);
    if (value instanceof Integers integers) {
      return new Integers(new OnnxIntegers(integers.integers().values(), List.of()));
    }
    List<Long> axes = reader.listed(node, 1, "axes");
    if (value instanceof Constant constant) {
      List<Integer> kept = new ArrayList<>();
      int rank = constant.tensor().shape().size();
      for (int axis = 0; axis < rank; axis++) {
        if (!axes.contains((long) axis) && !axes.contains((long) axis - rank)) {
          kept.add(constant.tensor().shape().get(axis));
        }
      }
      return new Constant(constant.tensor().withShape(kept));
    }
    Activation input = reader.activation(node, 0);
    int rank = input.axes().size() + 1;
    List<Long> gone = axes.stream().map(a -> a < 0 ? a + rank : a).sorted().distinct().toList();
    boolean pixels =
        input.layout() != Layout.CHANNELS_LAST
            && input.isOnePixel()
            && gone.stream().allMatch(axis -> axis >= 2 && axis < rank);
    if (!pixels) {
      throw node.problem(
          "expected to take away the axes of one pixel, found axes %s of %s"
              .formatted(axes, OnnxLayers.shown(input)));
    }
    return rank - gone.size() == 2
        ? vector(node, input)
        : new Activation(input.value(), Layout.COLUMN, input.shape());
  }

  private OnnxValue unsqueeze(OnnxNode node) {
    OnnxValue value = reader.value(node, 0);
    List<Long> axes = reader.listed(node, 1, "axes");
    if (value instanceof Integers integers) {
      if (!integers.integers().shape().isEmpty() || axes.size() != 1) {
        throw node.problem("expected one integer to become a vector of one");
      }
      return new Integers(OnnxIntegers.vector(integers.integers().values()));
    }
    if (value instanceof Constant constant) {
      List<Integer> longer = new ArrayList<>(constant.tensor().shape());
      int rank = longer.size() + axes.size();
      axes.stream()
          .map(a -> Math.toIntExact(a < 0 ? a + rank : a))
          .sorted()
          .forEach(axis -> longer.add(axis, 1));
      return new Constant(constant.tensor().withShape(longer));
    }
    throw node.problem("is understood for constants only");
  }

  private OnnxValue transpose(OnnxNode node) {
    OnnxValue value = reader.value(node, 0);
    if (value instanceof Integers integers && integers.integers().shape().size() == 2) {
      requirePermutation(node, List.of(1L, 0L));
      return new Integers(integers.integers().transpose());
    }
    if (value instanceof Constant constant && constant.tensor().shape().size() == 2) {
      requirePermutation(node, List.of(1L, 0L));
      return new Constant(constant.tensor().transpose());
    }
    Activation input = reader.activation(node, 0);
    List<Long> order = node.integers("perm").orElse(List.of());
    if (order.equals(LongStream.rangeClosed(0, input.axes().size()).boxed().toList())) {
      return input;
    }
    if (input.layout() == Layout.CHANNELS_FIRST && order.equals(List.of(0L, 2L, 3L, 1L))) {
      return new Activation(input.value(), Layout.CHANNELS_LAST, input.shape());
    }
    if (input.layout() == Layout.CHANNELS_LAST && order.equals(List.of(0L, 3L, 1L, 2L))) {
      return new Activation(input.value(), Layout.CHANNELS_FIRST, input.shape());
    }
    throw node.problem(
        "expected to move the channels last or back, found order %s of %s"
            .formatted(order, OnnxLayers.shown(input)));
  }

  private static void requirePermutation(OnnxNode node, List<Long> expected) {
    List<Long> found = node.integers("perm").orElse(expected);
    if (!found.equals(expected)) {
      throw node.problem("expected order %s, found %s".formatted(expected, found));
    }
  }
}
