package org.rebasin.model.description;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.OperatorSetIdProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorShapeProto;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;

/** Small ONNX models, node by node; the input is {@code x}, the output {@code y}. */
final class OnnxFixture {
  private final GraphProto.Builder graph = GraphProto.newBuilder();
  private long operators = 17;

  private OnnxFixture() {}

  /** A model whose input has these axes after the batch's. */
  static OnnxFixture of(long... inputAxes) {
    OnnxFixture fixture = new OnnxFixture();
    fixture.graph.addInput(value("x", inputAxes)).addOutput(value("y"));
    return fixture;
  }

  private static ValueInfoProto value(String name, long... axes) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("n"));
    for (long axis : axes) {
      shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(axis));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(1).setShape(shape)))
        .build();
  }

  OnnxFixture operators(long version) {
    operators = version;
    return this;
  }

  OnnxFixture output(String name) {
    graph.addOutput(value(name));
    return this;
  }

  /** A stored tensor of 0, 1, 2 … times one hundredth. */
  OnnxFixture stored(String name, long... shape) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setName(name).setDataType(TensorProto.DataType.FLOAT_VALUE);
    LongStream.of(shape).forEach(tensor::addDims);
    long count = LongStream.of(shape).reduce(1, (a, b) -> a * b);
    for (long i = 0; i < count; i++) {
      tensor.addFloatData(i / 100f);
    }
    return stored(tensor);
  }

  /** One stored number. */
  OnnxFixture number(String name, float value) {
    return stored(
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(TensorProto.DataType.FLOAT_VALUE)
            .addFloatData(value));
  }

  OnnxFixture integers(String name, long... values) {
    return stored(
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(TensorProto.DataType.INT64_VALUE)
            .addDims(values.length)
            .addAllInt64Data(LongStream.of(values).boxed().toList()));
  }

  OnnxFixture stored(TensorProto.Builder tensor) {
    graph.addInitializer(tensor);
    return this;
  }

  /** A node named as its output, in capitals. */
  OnnxFixture node(
      String operator, List<String> inputs, String output, AttributeProto... attributes) {
    graph.addNode(
        NodeProto.newBuilder()
            .setOpType(operator)
            .setName(output.toUpperCase(Locale.ROOT))
            .addAllInput(inputs)
            .addOutput(output)
            .addAllAttribute(List.of(attributes)));
    return this;
  }

  ModelProto model() {
    return ModelProto.newBuilder()
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(operators))
        .setGraph(graph)
        .build();
  }

  /** Writes the model and reads it. */
  OnnxModel read(Path directory) {
    Path file = directory.resolve("m.onnx");
    try {
      Files.write(file, model().toByteArray());
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
    return OnnxModel.read(file);
  }
}
