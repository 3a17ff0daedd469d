package org.rebasin.model.description;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import onnx.Onnx.GraphProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorShapeProto;
import onnx.Onnx.ValueInfoProto;

/**
 * An ONNX graph, checked as a graph: one input, one output, each name made once and before it is
 * read. Operators that the output does not depend on are left out.
 *
 * @param source the file, for messages
 * @param input the input's name
 * @param batch the size of the batch, or 0 if any will do
 * @param inputAxes the input's axes after the batch
 * @param output the output's name
 * @param initializers the stored tensors by name
 * @param nodes those that matter, in order
 * @param consumers how many inputs of those read each name
 */
record OnnxGraph(
    String source,
    String input,
    long batch,
    List<Integer> inputAxes,
    String output,
    Map<String, OnnxTensor> initializers,
    List<OnnxNode> nodes,
    Map<String, Integer> consumers) {

  static OnnxGraph of(String source, GraphProto graph) {
    if (graph.getSparseInitializerCount() > 0) {
      throw new IllegalArgumentException(source + ": expected dense tensors, found sparse ones");
    }
    Map<String, OnnxTensor> initializers = new LinkedHashMap<>();
    for (TensorProto tensor : graph.getInitializerList()) {
      initializers.put(tensor.getName(), OnnxTensor.of(source, tensor.getName(), tensor, true));
    }
    // Older models list their initializers among the inputs.
    List<ValueInfoProto> inputs =
        graph.getInputList().stream()
            .filter(value -> !initializers.containsKey(value.getName()))
            .toList();
    if (inputs.size() != 1 || graph.getOutputCount() != 1) {
      throw new IllegalArgumentException(
          "%s: expected a graph with one input and one output, found inputs %s and outputs %s"
              .formatted(source, names(inputs), names(graph.getOutputList())));
    }
    String output = graph.getOutput(0).getName();
    List<OnnxNode> nodes = reachable(source, graph, output);
    Map<String, Integer> consumers = new HashMap<>();
    consumers.merge(output, 1, Integer::sum);
    nodes.forEach(
        node -> node.inputNames().forEach(name -> consumers.merge(name, 1, Integer::sum)));
    List<Long> axes = axes(source, inputs.get(0));
    return new OnnxGraph(
        source,
        inputs.get(0).getName(),
        Math.max(0, axes.get(0)),
        axes.subList(1, axes.size()).stream().map(Math::toIntExact).toList(),
        output,
        initializers,
        nodes,
        consumers);
  }

  private static List<String> names(List<ValueInfoProto> values) {
    return values.stream().map(ValueInfoProto::getName).toList();
  }

  /** The input's axes; −1 for a batch of any size. */
  private static List<Long> axes(String source, ValueInfoProto input) {
    List<Long> axes = new ArrayList<>();
    for (TensorShapeProto.Dimension axis :
        input.getType().getTensorType().getShape().getDimList()) {
      axes.add(axis.hasDimValue() ? axis.getDimValue() : -1);
    }
    boolean known =
        (axes.size() == 2 || axes.size() == 4)
            && axes.stream().skip(1).allMatch(axis -> axis > 0 && axis <= Integer.MAX_VALUE);
    if (!known) {
      throw new IllegalArgumentException(
          ("%s: input '%s': expected [batch, units] or [batch, channels, height, width], all but"
                  + " the batch known, found %s (-1 is unknown)")
              .formatted(source, input.getName(), axes));
    }
    return axes;
  }

  private static List<OnnxNode> reachable(String source, GraphProto graph, String output) {
    List<OnnxNode> all = new ArrayList<>();
    Map<String, OnnxNode> makers = new HashMap<>();
    graph.getNodeList().forEach(node -> all.add(new OnnxNode(source, node)));
    for (OnnxNode node : all) {
      for (String name : node.outputNames()) {
        if (!name.isEmpty() && makers.put(name, node) != null) {
          throw node.problem("makes '" + name + "', which another operator makes too");
        }
      }
    }
    Set<OnnxNode> reached = new HashSet<>();
    Deque<String> wanted = new ArrayDeque<>(List.of(output));
    while (!wanted.isEmpty()) {
      OnnxNode maker = makers.get(wanted.pop());
      if (maker != null && reached.add(maker)) {
        wanted.addAll(maker.inputNames());
      }
    }
    return all.stream().filter(reached::contains).toList();
  }

  /** Whether just one operator reads a name. */
  boolean isReadOnce(String name) {
    return consumers.getOrDefault(name, 0) == 1;
  }

  /** The nodes that read a name. */
  List<OnnxNode> readers(String name) {
    return nodes.stream().filter(node -> node.inputNames().contains(name)).toList();
  }
}
