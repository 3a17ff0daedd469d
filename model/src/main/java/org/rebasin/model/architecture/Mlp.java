package org.rebasin.model.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.rebasin.model.network.Dense;
import org.rebasin.model.network.LeakyRelu;
import org.rebasin.model.network.Network;

/**
 * A multilayer perceptron: dense layers with a ReLU, or a leaky one, between them and none after
 * the last. Text: {@code mlp:784-512-512-512-10}, or {@code mlp:2-2-2-1,leaky-relu=0.01}.
 *
 * @param widths units of the input, of each hidden layer, and of the output
 * @param slope of the leaky ReLU; 0 is the ReLU
 */
public record Mlp(List<Integer> widths, float slope) implements Architecture {
  static final String NAME = "mlp";
  static final String USAGE = "mlp:IN-HIDDEN-…-OUT[,leaky-relu=SLOPE]";
  private static final String LEAKY_RELU = "leaky-relu";

  /** Checks the widths. */
  public Mlp {
    widths = List.copyOf(widths);
    if (widths.size() < 2 || widths.stream().anyMatch(width -> width < 1)) {
      throw new IllegalArgumentException(
          "expected at least an input and an output width, all positive, found " + widths);
    }
  }

  /** An MLP with ReLU. */
  public static Mlp of(Integer... widths) {
    return new Mlp(List.of(widths), 0);
  }

  static Mlp of(ArchitectureOptions options) {
    List<Integer> widths = new ArrayList<>();
    for (String width : options.leading().split("-", -1)) {
      try {
        widths.add(Integer.valueOf(width));
      } catch (NumberFormatException problem) {
        throw new IllegalArgumentException(
            "expected widths with a - between them, found '" + width + "'", problem);
      }
    }
    return new Mlp(widths, new LeakyRelu(options.fraction(LEAKY_RELU, 0)).slope());
  }

  @Override
  public String text() {
    return new ArchitectureOptions.Text(NAME)
        .leading(widths.stream().map(String::valueOf).collect(Collectors.joining("-")))
        .option(LEAKY_RELU, slope, 0f)
        .toString();
  }

  @Override
  public Network network() {
    return network(
        IntStream.range(0, widths.size() - 1)
            .mapToObj(i -> DenseLayerNames.of("layers." + i))
            .toList());
  }

  /** Layers of other names are found as a chain, whatever the names. */
  @Override
  public Network networkOf(CheckpointTensors tensors) {
    Network named = network();
    if (named.parameters().stream().allMatch(parameter -> tensors.contains(parameter.name()))) {
      tensors.requireParametersOf(named);
      return named;
    }
    DenseChain chain = DenseChain.of(tensors);
    if (!chain.widths().equals(widths)) {
      throw new IllegalArgumentException(
          "%s: expected %s, found dense layers %s".formatted(tensors.source(), text(), chain));
    }
    return network(chain.names());
  }

  /** The network whose layers have the given names, first to last. */
  Network network(List<DenseLayerNames> names) {
    Network.Builder builder = Network.builder(text(), List.of(widths.get(0)));
    int layers = widths.size() - 1;
    for (int i = 0; i < layers; i++) {
      DenseLayerNames layer = names.get(i);
      builder.then(
          layer.node(), new Dense(layer.weight(), layer.bias(), widths.get(i), widths.get(i + 1)));
      if (i < layers - 1) {
        LeakyRelu activation = new LeakyRelu(slope);
        builder.then(layer.node() + "." + activation.kind(), activation);
      }
    }
    return builder.build();
  }

  /**
   * What a dense layer and its tensors are called.
   *
   * @param node name of the layer
   * @param weight name of the weight
   * @param bias name of the bias, if it has one
   */
  record DenseLayerNames(String node, String weight, Optional<String> bias) {
    static DenseLayerNames of(String prefix) {
      return new DenseLayerNames(prefix, prefix + ".weight", Optional.of(prefix + ".bias"));
    }
  }
}
