package org.rebasin.model.description;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.AttributeProto.AttributeType;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.OperatorSetIdProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorShapeProto;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;
import org.nd4j.shade.protobuf.ByteString;
import org.nd4j.shade.protobuf.UnsafeByteOperations;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Parameter;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * Writes a network with its weights as an ONNX file, for other programs to run or for {@link
 * OnnxModel} to read back: input {@code input} and output {@code output}, a batch of any size,
 * parameters under their own names, operators of version 17.
 */
public final class OnnxWriter {
  private static final long FORMAT = 8;

  /** Has layer normalisation, and the rest as newer versions have it. */
  private static final long OPERATORS = 17;

  private final Network network;
  private final GraphProto.Builder graph = GraphProto.newBuilder();
  private final List<String> names = new ArrayList<>();
  private final Set<String> taken = new HashSet<>();

  private OnnxWriter(Network network) {
    this.network = network;
  }

  /**
   * Writes a model.
   *
   * @param target replaced if it exists
   * @throws IllegalArgumentException if an operator has no counterpart in ONNX, or the model takes
   *     more than 2³¹−1 bytes, the most that one ONNX message can have
   * @throws IOException if the file cannot be written
   */
  public static void write(Path target, Network network, Weights weights) throws IOException {
    long bytes = weights.parameters() * Float.BYTES;
    if (bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "%s: expected at most %d bytes of weights, found %d"
              .formatted(target, Integer.MAX_VALUE, bytes));
    }
    ModelProto model = new OnnxWriter(network).model(weights);
    // Under another name until it is whole.
    Path part = target.resolveSibling(target.getFileName() + ".part");
    try {
      try (OutputStream output = Files.newOutputStream(part)) {
        model.writeTo(output);
      }
      Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  /** A name that no parameter and no other value has. */
  String unused(String name) {
    String unused = name;
    while (!taken.add(unused)) {
      unused += "'";
    }
    return unused;
  }

  private ModelProto model(Weights weights) {
    network.parameters().forEach(parameter -> taken.add(parameter.name()));
    names.add(unused("input"));
    for (Network.Node node : network.nodes()) {
      boolean last = names.size() == network.nodes().size();
      String output = unused(last ? "output" : node.name() + ":0");
      List<String> inputs = node.inputs().stream().map(names::get).toList();
      new OnnxNodes(this, node, inputs, output).add();
      names.add(output);
    }
    for (Parameter parameter : network.parameters()) {
      graph.addInitializer(tensor(parameter.name(), weights.get(parameter.name())));
    }
    graph
        .setName(network.label())
        .addInput(value(names.get(0), network.inputShape()))
        .addOutput(value(names.get(names.size() - 1), network.shape(network.nodes().size())));
    return ModelProto.newBuilder()
        .setIrVersion(FORMAT)
        .setProducerName("rebasin")
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPERATORS))
        .setGraph(graph)
        .build();
  }

  private static ValueInfoProto value(String name, List<Integer> shape) {
    TensorShapeProto.Builder axes = TensorShapeProto.newBuilder();
    axes.addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("batch"));
    shape.forEach(
        length -> axes.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(length)));
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder()
                        .setElemType(TensorProto.DataType.FLOAT_VALUE)
                        .setShape(axes)))
        .build();
  }

  private static TensorProto tensor(String name, Tensor tensor) {
    TensorProto.Builder stored = floats(name, tensor.values().duplicate().rewind());
    for (int axis = 0; axis < tensor.rank(); axis++) {
      stored.addDims(tensor.dimension(axis));
    }
    return stored.build();
  }

  private static TensorProto.Builder floats(String name, FloatBuffer values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.remaining() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return TensorProto.newBuilder()
        .setName(name)
        .setDataType(TensorProto.DataType.FLOAT_VALUE)
        .setRawData(UnsafeByteOperations.unsafeWrap(bytes));
  }

  /** Stores a constant of floats that is no parameter, and names it. */
  String constant(String name, float[] values, long... shape) {
    TensorProto.Builder stored = floats(name, FloatBuffer.wrap(values));
    for (long length : shape) {
      stored.addDims(length);
    }
    return constant(name, stored);
  }

  /** Stores integers, and names them. */
  String constant(String name, long... values) {
    TensorProto.Builder stored =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(TensorProto.DataType.INT64_VALUE)
            .addDims(values.length);
    for (long value : values) {
      stored.addInt64Data(value);
    }
    return constant(name, stored);
  }

  private String constant(String name, TensorProto.Builder stored) {
    graph.addNode(
        NodeProto.newBuilder()
            .setName(name)
            .setOpType("Constant")
            .addOutput(name)
            .addAttribute(
                AttributeProto.newBuilder()
                    .setName("value")
                    .setType(AttributeType.TENSOR)
                    .setT(stored)));
    return name;
  }

  /** Adds a node to the graph. */
  void add(NodeProto.Builder node) {
    graph.addNode(node);
  }

  static AttributeProto attribute(String name, long value) {
    return AttributeProto.newBuilder().setName(name).setType(AttributeType.INT).setI(value).build();
  }

  static AttributeProto attribute(String name, float value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.FLOAT)
        .setF(value)
        .build();
  }

  static AttributeProto attribute(String name, List<Long> values) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.INTS)
        .addAllInts(values)
        .build();
  }

  static AttributeProto attribute(String name, String value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.STRING)
        .setS(ByteString.copyFromUtf8(value))
        .build();
  }

  /** The name of a parameter's tensor, or of constants where the operator has none. */
  String parameter(Optional<String> name, String otherwise, float value, int length) {
    return name.orElseGet(
        () -> {
          float[] values = new float[length];
          Arrays.fill(values, value);
          return constant(otherwise, values, length);
        });
  }
}
