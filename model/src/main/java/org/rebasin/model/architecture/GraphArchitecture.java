package org.rebasin.model.architecture;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.rebasin.model.network.Network;

/**
 * Any network, described operator by operator. Text: {@code graph:}, then a line for the input, a
 * line for each operator in an order in which each reads what stands above it, and a line for the
 * output, which is the last operator:
 *
 * <pre>
 * input image 1x28x28
 * conv  = convolution(image, out=8, kernel=3, padding=1)   # conv.weight, conv.bias
 * relu  = relu(conv)
 * pool  = max-pool(relu, kernel=2)
 * flat  = flatten(pool)
 * fc    = dense(flat, out=10)
 * output fc
 * </pre>
 *
 * <p>The file {@code model/ARCHITECTURE_FILES.md} lists all operators with their options.
 */
public final class GraphArchitecture implements Architecture {
  static final String PREFIX = "graph:";

  private final Network network;

  private GraphArchitecture(Network network) {
    this.network = network;
  }

  /**
   * Describes a network by its graph. Its operators and parameters keep their names.
   *
   * @throws IllegalArgumentException if the network has an operator that has no text form, or a
   *     value that nothing reads
   */
  public static GraphArchitecture of(Network network) {
    // Read back, so that what is described is what the text says.
    return parse(print(network), network.label());
  }

  /**
   * Reads a description, without {@code graph:} before it.
   *
   * @param source where the text is from, for messages
   * @throws IllegalArgumentException with source, line and column, what was expected and found
   */
  public static GraphArchitecture parse(String text, String source) {
    Network parsed = GraphParser.parse(text, source);
    return new GraphArchitecture(
        new Network(PREFIX + "\n" + print(parsed), parsed.inputShape(), parsed.nodes()));
  }

  /** Reads a description with {@code graph:} before it; lines are counted from there. */
  static GraphArchitecture parse(String text) {
    return parse(text.substring(PREFIX.length()), "graph");
  }

  /** The canonical text: the same for all descriptions of one network. */
  @Override
  public String text() {
    return network.architecture();
  }

  @Override
  public Network network() {
    return network;
  }

  private static String print(Network network) {
    Set<String> taken =
        network.nodes().stream()
            .map(Network.Node::name)
            .collect(Collectors.toCollection(HashSet::new));
    String input = "x";
    while (taken.contains(input)) {
      input += "x";
    }
    List<String> names = new ArrayList<>(List.of(GraphScanner.written(input)));
    StringBuilder text = new StringBuilder();
    text.append("input ").append(input).append(' ').append(dimensions(network.inputShape()));
    for (Network.Node node : network.nodes()) {
      names.add(GraphScanner.written(node.name()));
      text.append('\n')
          .append(GraphScanner.written(node.name()))
          .append(" = ")
          .append(node.operator().kind())
          .append('(')
          .append(node.inputs().stream().map(names::get).collect(Collectors.joining(", ")))
          .append(OperatorForm.options(node.name(), node.operator()))
          .append(')');
    }
    return text.append("\noutput ").append(names.get(names.size() - 1)).append('\n').toString();
  }

  private static String dimensions(List<Integer> shape) {
    return shape.stream().map(String::valueOf).collect(Collectors.joining("x"));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof GraphArchitecture that && text().equals(that.text());
  }

  @Override
  public int hashCode() {
    return text().hashCode();
  }

  @Override
  public String toString() {
    return text();
  }
}
