package org.rebasin.model.description;

import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.rebasin.model.description.OnnxValue.Activation;
import org.rebasin.model.description.OnnxValue.Constant;
import org.rebasin.model.description.OnnxValue.ElementWise;
import org.rebasin.model.description.OnnxValue.Grouped;
import org.rebasin.model.description.OnnxValue.Integers;
import org.rebasin.model.description.OnnxValue.Layout;
import org.rebasin.model.description.OnnxValue.Normalising;
import org.rebasin.model.description.OnnxValue.Padded;
import org.rebasin.model.description.OnnxValue.Strided;
import org.rebasin.model.description.OnnxValue.Unbiased;
import org.rebasin.model.network.GroupNorm;
import org.rebasin.model.network.LayerNorm;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Operator;
import org.rebasin.model.network.PaddingShortcut;

/**
 * Walks an ONNX graph once, in its order, and builds the network. Knows what each name stands for;
 * what the operators mean is told by {@link OnnxLayers}, {@link OnnxArithmetic}, {@link OnnxShapes}
 * and {@link OnnxCuts}.
 */
final class OnnxReader {
  private static final String WEIGHT = ".weight";

  private final OnnxGraph graph;
  private final OnnxParameters parameters;
  private final Network.Builder builder;
  private final Map<String, OnnxValue> values = new HashMap<>();
  private final Set<String> names = new HashSet<>();

  // Where a value that is held came from, for its operator's name and for messages.
  private final Map<OnnxValue, OnnxNode> makers = new IdentityHashMap<>();

  OnnxReader(OnnxGraph graph, OnnxParameters parameters) {
    this.graph = graph;
    this.parameters = parameters;
    Activation input = OnnxInput.of(graph);
    this.builder = Network.builder(graph.source(), input.shape());
    graph.initializers().forEach((name, tensor) -> values.put(name, constant(tensor)));
    values.put(graph.input(), input);
  }

  private static OnnxValue constant(OnnxTensor tensor) {
    return tensor.isInteger() ? new Integers(OnnxIntegers.of(tensor)) : new Constant(tensor);
  }

  OnnxGraph graph() {
    return graph;
  }

  OnnxParameters parameters() {
    return parameters;
  }

  /** Reads all of the graph. */
  Network network() {
    List<OnnxOperators> families =
        List.of(
            new OnnxLayers(this),
            new OnnxArithmetic(this),
            new OnnxShapes(this),
            new OnnxCuts(this));
    for (OnnxNode node : graph.nodes()) {
      OnnxValue value = read(node, families);
      node.requireAllTaken();
      values.put(node.output(), value);
      makers.putIfAbsent(value, node);
    }
    OnnxValue output = values.get(graph.output());
    if (output == null) {
      throw new IllegalArgumentException(
          "%s: expected an operator that makes the output '%s', found none"
              .formatted(graph.source(), graph.output()));
    }
    if (output instanceof Activation activation && activation.value() == 0) {
      throw new IllegalArgumentException(
          graph.source() + ": expected operators, found a graph that puts out its input");
    }
    OnnxNode last = graph.nodes().get(graph.nodes().size() - 1);
    Activation result = activation(last, graph.output());
    Network network = builder.build();
    if (result.value() != network.nodes().size()) {
      throw last.problem("expected the last operator to make the output");
    }
    return network;
  }

  private OnnxValue read(OnnxNode node, List<OnnxOperators> families) {
    Optional<OnnxValue> value =
        placed(
            node,
            () ->
                families.stream()
                    .map(family -> family.read(node))
                    .flatMap(Optional::stream)
                    .findFirst());
    if (value.isPresent()) {
      return value.get();
    }
    throw node.problem(
        "is not understood"
            + (Set.of("Softmax", "LogSoftmax").contains(node.operator())
                ? "; networks here end with logits: export the model without it"
                : ""));
  }

  /** Does something for a node; whatever is refused says where. */
  private <T> T placed(OnnxNode node, Supplier<T> action) {
    try {
      return action.get();
    } catch (IllegalArgumentException problem) {
      // What the network's operators themselves refuse does not say where it is.
      boolean placed = problem.getMessage().startsWith(graph.source() + ": ");
      throw placed ? problem : node.problem(problem.getMessage());
    } catch (ArithmeticException | IndexOutOfBoundsException problem) {
      throw node.problem("its sizes do not fit together: " + problem.getMessage());
    }
  }

  /** What an input stands for. */
  OnnxValue value(OnnxNode node, int index) {
    return value(node, node.input(index));
  }

  private OnnxValue value(OnnxNode node, String name) {
    OnnxValue value = values.get(name);
    if (value == null) {
      throw node.problem(
          "expected a stored tensor or what an earlier operator makes, found no '%s'"
              .formatted(name));
    }
    return value;
  }

  /** A name for an operator: the node's, unless that is taken. */
  String nameFor(OnnxNode node) {
    String name = node.name();
    while (!names.add(name)) {
      name += "'";
    }
    return name;
  }

  /** A name for a layer: that of its weight, {@code NAME.weight}, or else the node's. */
  String nameFor(OnnxNode node, OnnxTensor weight) {
    String stored = weight.name();
    boolean named = weight.initializer() && stored.endsWith(WEIGHT) && !stored.equals(WEIGHT);
    String name = named ? stored.substring(0, stored.length() - WEIGHT.length()) : "";
    return named && names.add(name) ? name : nameFor(node);
  }

  /** Adds an operator that reads values of the network. */
  Activation add(String name, Operator operator, Layout layout, Activation... inputs) {
    int value =
        builder.add(name, operator, List.of(inputs).stream().map(Activation::value).toList());
    return new Activation(value, layout, builder.shape(value));
  }

  /** An input that is a value of the network; a held one is brought to its end. */
  Activation activation(OnnxNode node, int index) {
    return activation(node, node.input(index));
  }

  private Activation activation(OnnxNode node, String name) {
    OnnxValue held = value(node, name);
    Activation activation =
        placed(makers.getOrDefault(held, node), () -> whole(held))
            .orElseThrow(
                () ->
                    held instanceof Constant || held instanceof Integers
                        ? node.problem(
                            "expected a value of the network as '%s', found a constant"
                                .formatted(name))
                        : makers
                            .getOrDefault(held, node)
                            .problem(
                                "is understood only as a part of GELU, SiLU, a normalisation, a"
                                    + " padded window or a padding shortcut; mixing channels or"
                                    + " pixels otherwise is not"));
    values.put(name, activation);
    return activation;
  }

  /** A value of the network for a held one, if it is complete. */
  Optional<Activation> whole(OnnxValue held) {
    if (held instanceof Activation activation) {
      return Optional.of(activation);
    }
    OnnxNode maker = makers.get(held);
    if (held instanceof ElementWise element) {
      return element.expression().isIdentity()
          ? Optional.of(element.of())
          : element
              .expression()
              .operator()
              .map(operator -> add(nameFor(maker), operator, element.of().layout(), element.of()));
    }
    if (held instanceof Unbiased layer) {
      return Optional.of(
          add(
              layer.name(),
              layer.operator().apply(Optional.empty()),
              layer.layout(),
              layer.input()));
    }
    if (held instanceof Normalising norm
        && (norm.stage() == Normalising.Stage.NORMALISED
            || norm.stage() == Normalising.Stage.SCALED)) {
      return Optional.of(normalised(maker, norm, Optional.empty()));
    }
    if (held instanceof Strided strided && strided.strideY() == strided.strideX()) {
      return Optional.of(
          strided.strideY() == 1
              ? strided.image()
              : add(
                  nameFor(maker),
                  new PaddingShortcut(strided.strideY(), 0, 0),
                  strided.image().layout(),
                  strided.image()));
    }
    if (held instanceof Padded padded && padded.paddingY() == 0 && padded.paddingX() == 0) {
      return Optional.of(padded.image());
    }
    return Optional.empty();
  }

  /** Whether a held value can become a value of the network, without making it one. */
  static boolean isWhole(OnnxValue held) {
    return held instanceof Activation
        || held instanceof Unbiased
        || held instanceof ElementWise element
            && (element.expression().isIdentity() || element.expression().operator().isPresent())
        || held instanceof Normalising norm
            && (norm.stage() == Normalising.Stage.NORMALISED
                || norm.stage() == Normalising.Stage.SCALED);
  }

  /** Ends a normalisation. */
  Activation normalised(OnnxNode node, Normalising norm, Optional<OnnxTensor> shift) {
    String name = norm.scale().map(tensor -> nameFor(node, tensor)).orElseGet(() -> nameFor(node));
    String scale =
        norm.scale()
            .map(tensor -> parameters.stored(tensor, name, "weight"))
            .orElseGet(() -> parameters.filled(1, name, "weight"));
    String bias =
        shift
            .map(tensor -> parameters.stored(tensor, name, "bias"))
            .orElseGet(() -> parameters.filled(0, name, "bias"));
    int channels = norm.of().channels();
    Operator operator =
        norm.groups().isPresent()
            ? new GroupNorm(scale, bias, channels, norm.groups().get(), norm.epsilon())
            : new LayerNorm(scale, bias, channels, norm.epsilon());
    return add(name, operator, norm.of().layout(), norm.of());
  }

  /** An input that is a constant of floats. */
  OnnxTensor constant(OnnxNode node, int index) {
    if (value(node, index) instanceof Constant constant && constant.tensor().isFloat()) {
      return constant.tensor();
    }
    throw node.problem(
        "expected a stored tensor as '%s', found something computed".formatted(node.input(index)));
  }

  /** An input that is integers known before the network runs. */
  OnnxIntegers integers(OnnxNode node, int index) {
    if (value(node, index) instanceof Integers integers) {
      return integers.integers();
    }
    throw node.problem(
        "expected integers as '%s' that follow from shapes alone".formatted(node.input(index)));
  }

  /** Integers that newer versions read as an input and older ones have as an attribute. */
  List<Long> listed(OnnxNode node, int index, String attribute) {
    return node.hasInput(index)
        ? integers(node, index).values()
        : node.integers(attribute)
            .orElseThrow(() -> node.problem("expected " + attribute + ", found none"));
  }

  /** A parameter filled from a constant, which must have one number a channel. */
  String perChannel(OnnxNode node, int index, int channels, String layer, String suffix) {
    OnnxTensor tensor = constant(node, index);
    if (!tensor.shape().equals(List.of(channels))) {
      throw node.problem(
          "%s: expected shape [%d], found %s".formatted(tensor.name(), channels, tensor.shape()));
    }
    return parameters.stored(tensor, layer, suffix);
  }

  /** The end of a group normalisation's detour, if a value is one. */
  Optional<Normalising> regrouped(OnnxValue value) {
    return value instanceof Grouped grouped && grouped.epsilon().isPresent()
        ? Optional.of(
            new Normalising(
                grouped.image(),
                Normalising.Stage.NORMALISED,
                Optional.of(grouped.groups()),
                grouped.epsilon().get(),
                Optional.empty()))
        : Optional.empty();
  }
}
