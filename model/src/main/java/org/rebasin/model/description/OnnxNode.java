package org.rebasin.model.description;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.AttributeProto.AttributeType;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;

/**
 * One operator of an ONNX graph. Attributes are taken one by one; {@link #requireAllTaken} refuses
 * those that nobody understood.
 */
final class OnnxNode {
  private final String source;
  private final NodeProto node;
  private final Map<String, AttributeProto> attributes = new HashMap<>();
  private final Set<String> taken = new HashSet<>();

  OnnxNode(String source, NodeProto node) {
    this.source = source;
    this.node = node;
    for (AttributeProto attribute : node.getAttributeList()) {
      attributes.put(attribute.getName(), attribute);
    }
  }

  String source() {
    return source;
  }

  /** The operator, with its domain if that is not ONNX's own. */
  String operator() {
    return OnnxFile.isOnnx(node.getDomain())
        ? node.getOpType()
        : node.getDomain() + "::" + node.getOpType();
  }

  /** The node's name, or its output's. */
  String name() {
    return node.getName().isEmpty() ? output() : node.getName();
  }

  int inputs() {
    return node.getInputCount();
  }

  /** Whether an input is given; those that may be left out can be named by nothing. */
  boolean hasInput(int index) {
    return index < node.getInputCount() && !node.getInput(index).isEmpty();
  }

  String input(int index) {
    if (!hasInput(index)) {
      throw problem("expected an input %d, found none".formatted(index));
    }
    return node.getInput(index);
  }

  String output() {
    return node.getOutputCount() == 0 ? "" : node.getOutput(0);
  }

  List<String> outputNames() {
    return node.getOutputList();
  }

  List<String> inputNames() {
    return node.getInputList();
  }

  /** What is wrong with this node. */
  IllegalArgumentException problem(String problem) {
    return new IllegalArgumentException(
        "%s: %s: operator %s: %s".formatted(source, place(), operator(), problem));
  }

  private String place() {
    return node.getName().isEmpty()
        ? "the node that makes '" + output() + "'"
        : "node '" + node.getName() + "'";
  }

  private Optional<AttributeProto> take(String name, AttributeType type) {
    taken.add(name);
    AttributeProto attribute = attributes.get(name);
    if (attribute != null && attribute.getType() != type) {
      throw problem(
          "%s: expected an attribute of type %s, found %s"
              .formatted(name, type, attribute.getType()));
    }
    return Optional.ofNullable(attribute);
  }

  boolean hasAttribute(String name) {
    return attributes.containsKey(name);
  }

  long integer(String name, long otherwise) {
    return take(name, AttributeType.INT).map(AttributeProto::getI).orElse(otherwise);
  }

  float number(String name, float otherwise) {
    return take(name, AttributeType.FLOAT).map(AttributeProto::getF).orElse(otherwise);
  }

  /** A number as whoever wrote it in decimal meant it: 10⁻⁵ is not what float makes of it. */
  double decimal(String name, float otherwise) {
    return Double.parseDouble(Float.toString(number(name, otherwise)));
  }

  String text(String name, String otherwise) {
    return take(name, AttributeType.STRING).map(a -> a.getS().toStringUtf8()).orElse(otherwise);
  }

  Optional<List<Long>> integers(String name) {
    return take(name, AttributeType.INTS).map(AttributeProto::getIntsList);
  }

  List<Float> numbers(String name) {
    return take(name, AttributeType.FLOATS).map(AttributeProto::getFloatsList).orElse(List.of());
  }

  Optional<TensorProto> tensor(String name) {
    return take(name, AttributeType.TENSOR).map(AttributeProto::getT);
  }

  /** An attribute that must say what it says by default. */
  void require(String name, long expected) {
    long found = integer(name, expected);
    if (found != expected) {
      throw problem("expected %s=%d, found %d".formatted(name, expected, found));
    }
  }

  /** Attributes that have no bearing on the function. */
  void ignore(String... names) {
    taken.addAll(List.of(names));
  }

  /** Refuses attributes that were not asked for. */
  void requireAllTaken() {
    for (String name : attributes.keySet()) {
      if (!taken.contains(name)) {
        throw problem("does not understand the attribute '" + name + "'");
      }
    }
  }
}
