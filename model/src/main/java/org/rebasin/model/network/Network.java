package org.rebasin.model.network;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * A network as a graph of operators in an order in which each reads only what was computed before.
 * Value 0 is the network's input; value {@code i + 1} is the output of node {@code i}; the last
 * value is the network's output. Immutable; holds no weights.
 *
 * @param architecture the text from which the same network can be made again, such as {@code
 *     mlp:784-512-10}
 * @param inputShape the shape of one example, without the batch axis
 * @param nodes the operators in order
 */
public record Network(String architecture, List<Integer> inputShape, List<Node> nodes) {
  /**
   * One operator in its place.
   *
   * @param name unique in the network
   * @param operator what it computes
   * @param inputs the values it reads
   * @param shape the shape of its output for one example
   */
  public record Node(String name, Operator operator, List<Integer> inputs, List<Integer> shape) {}

  /** Copies the lists. */
  public Network {
    inputShape = List.copyOf(inputShape);
    nodes = List.copyOf(nodes);
  }

  /** Starts a network. */
  public static Builder builder(String architecture, List<Integer> inputShape) {
    return new Builder(architecture, inputShape);
  }

  /** The architecture as one line can show it: a graph's text has as many as operators. */
  public String label() {
    return architecture.indexOf('\n') < 0
        ? architecture
        : "a graph of %d operators".formatted(nodes.size());
  }

  /** The shape of a value for one example. */
  public List<Integer> shape(int value) {
    return value == 0 ? inputShape : nodes.get(value - 1).shape();
  }

  /** The number of outputs per example: for a classifier, of classes. */
  public int outputs() {
    return elements(shape(nodes.size()));
  }

  /** The number of inputs per example. */
  public int inputs() {
    return elements(inputShape);
  }

  private static int elements(List<Integer> shape) {
    return shape.stream().reduce(1, Math::multiplyExact);
  }

  /** All parameters, in the order of the nodes. */
  public List<Parameter> parameters() {
    return nodes.stream().flatMap(node -> node.operator().parameters().stream()).toList();
  }

  /** Fresh weights, drawn from {@code seed} alone; the caller closes them. */
  public Weights initialize(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Parameter parameter : parameters()) {
      Tensor tensor = Tensor.allocate(parameter.dimensions());
      parameter.initialization().fill(tensor.values(), random.split());
      tensors.put(parameter.name(), tensor);
    }
    return new Weights(tensors);
  }

  /** Zeroed tensors for the gradients of all trainable parameters; the caller closes them. */
  public Weights allocateGradients() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Parameter parameter : parameters()) {
      if (parameter.trainable()) {
        tensors.put(parameter.name(), Tensor.allocate(parameter.dimensions()));
      }
    }
    return new Weights(tensors);
  }

  /** Adds operators one after the other. */
  public static final class Builder {
    private final String architecture;
    private final List<Integer> inputShape;
    private final List<Node> nodes = new ArrayList<>();
    private final Set<String> parameters = new HashSet<>();
    private final Set<String> names = new HashSet<>();

    private Builder(String architecture, List<Integer> inputShape) {
      this.architecture = architecture;
      this.inputShape = inputShape;
    }

    /** Adds an operator that reads the value made last. */
    public Builder then(String name, Operator operator) {
      add(name, operator, List.of(nodes.size()));
      return this;
    }

    /** Adds an operator and returns the value it makes. */
    public int add(String name, Operator operator, List<Integer> inputs) {
      if (!names.add(name)) {
        throw new IllegalArgumentException("two operators are named " + name);
      }
      for (Parameter parameter : operator.parameters()) {
        if (!parameters.add(parameter.name())) {
          throw new IllegalArgumentException(
              name + ": another operator has a parameter named " + parameter.name());
        }
      }
      List<List<Integer>> shapes = inputs.stream().map(this::shape).toList();
      nodes.add(new Node(name, operator, List.copyOf(inputs), operator.outputShape(shapes)));
      return nodes.size();
    }

    /** The shape of a value made so far. */
    public List<Integer> shape(int value) {
      return value == 0 ? inputShape : nodes.get(value - 1).shape();
    }

    /** The network so far. */
    public Network build() {
      if (nodes.isEmpty()) {
        throw new IllegalArgumentException("a network needs at least one operator");
      }
      return new Network(architecture, inputShape, nodes);
    }
  }
}
