package org.rebasin.model.description;

import java.util.List;
import java.util.Optional;
import java.util.function.LongBinaryOperator;
import java.util.stream.IntStream;
import org.rebasin.model.description.OnnxValue.Activation;
import org.rebasin.model.description.OnnxValue.Constant;
import org.rebasin.model.description.OnnxValue.ElementWise;
import org.rebasin.model.description.OnnxValue.Integers;
import org.rebasin.model.description.OnnxValue.Layout;
import org.rebasin.model.description.OnnxValue.Normalising;
import org.rebasin.model.description.OnnxValue.Normalising.Stage;
import org.rebasin.model.description.OnnxValue.Unbiased;
import org.rebasin.model.network.Addition;
import org.rebasin.model.network.Flatten;
import org.rebasin.model.network.GlobalAveragePool;
import org.rebasin.model.network.Sigmoid;

/**
 * ONNX's arithmetic: residual additions, biases, and the steps in which exporters write activation
 * functions and normalisations.
 */
final class OnnxArithmetic implements OnnxOperators {
  private final OnnxReader reader;
  private final OnnxLayers layers;

  OnnxArithmetic(OnnxReader reader) {
    this.reader = reader;
    this.layers = new OnnxLayers(reader);
  }

  @Override
  public Optional<OnnxValue> read(OnnxNode node) {
    return Optional.ofNullable(
        switch (node.operator()) {
          case "Add", "Sub", "Mul", "Div", "Pow" ->
              reader.value(node, 0) instanceof Integers one
                      && reader.value(node, 1) instanceof Integers other
                  ? integers(node, one.integers(), other.integers())
                  : arithmetic(node);
          case "Erf" -> function(node, ScalarExpression.Function.ERROR_FUNCTION);
          case "Sigmoid" -> function(node, ScalarExpression.Function.SIGMOID);
          case "Tanh" -> function(node, ScalarExpression.Function.TANH);
          case "Sqrt" -> deviation(node);
          case "ReduceMean" -> mean(node);
          default -> null;
        });
  }

  private static OnnxValue integers(OnnxNode node, OnnxIntegers one, OnnxIntegers other) {
    LongBinaryOperator operator =
        switch (node.operator()) {
          case "Add" -> Math::addExact;
          case "Sub" -> Math::subtractExact;
          case "Mul" -> Math::multiplyExact;
          case "Div" -> (a, b) -> a / b;
          default -> throw node.problem("is not understood for integers");
        };
    int count = Math.max(one.values().size(), other.values().size());
    boolean fits =
        one.knowsAll()
            && other.knowsAll()
            && (one.values().size() == count || one.values().size() == 1)
            && (other.values().size() == count || other.values().size() == 1);
    if (!fits) {
      throw node.problem("expected integers of one shape that do not depend on the batch's size");
    }
    List<Long> values =
        IntStream.range(0, count)
            .mapToObj(
                i ->
                    operator.applyAsLong(
                        one.values().get(one.values().size() == 1 ? 0 : i),
                        other.values().get(other.values().size() == 1 ? 0 : i)))
            .toList();
    return new Integers(
        new OnnxIntegers(values, one.values().size() == count ? one.shape() : other.shape()));
  }

  private OnnxValue arithmetic(OnnxNode node) {
    OnnxValue one = reader.value(node, 0);
    OnnxValue other = reader.value(node, 1);
    if (other instanceof Constant || other instanceof Integers) {
      return withConstant(node, 0, one, constant(node, 1), false);
    }
    if (one instanceof Constant || one instanceof Integers) {
      return withConstant(node, 1, other, constant(node, 0), true);
    }
    Optional<OnnxValue> step = normalisation(node, one, other);
    if (step.isPresent()) {
      return step.get();
    }
    boolean apart = OnnxReader.isWhole(one) && OnnxReader.isWhole(other);
    if (node.operator().equals("Add") && apart) {
      return addition(node);
    }
    Optional<OnnxValue> silu = silu(node, one, other);
    if (silu.isPresent()) {
      return silu.get();
    }
    ElementWise left = elementWise(node, 0);
    ElementWise right = elementWise(node, 1);
    Optional<ScalarExpression> together =
        !left.of().equals(right.of())
            ? Optional.empty()
            : switch (node.operator()) {
              case "Add" -> left.expression().plus(right.expression());
              case "Sub" -> left.expression().plus(right.expression().times(-1));
              case "Mul" -> left.expression().times(right.expression());
              default -> Optional.empty();
            };
    return finished(
        node,
        left.of(),
        together.orElseThrow(
            () ->
                node.problem(
                    "is understood only as a part of GELU, SiLU or a normalisation, and Add as the"
                        + " sum of two values of one shape")));
  }

  private Activation addition(OnnxNode node) {
    Activation left = reader.activation(node, 0);
    Activation right = reader.activation(node, 1);
    if (left.layout() != right.layout()) {
      throw node.problem(
          "expected two values of one shape, found %s and %s"
              .formatted(OnnxLayers.shown(left), OnnxLayers.shown(right)));
    }
    return reader.add(reader.nameFor(node), new Addition(), left.layout(), left, right);
  }

  private OnnxTensor constant(OnnxNode node, int index) {
    if (reader.value(node, index) instanceof Constant) {
      return reader.constant(node, index);
    }
    throw node.problem(
        "expected a constant of floats as '%s', found integers".formatted(node.input(index)));
  }

  private OnnxValue withConstant(
      OnnxNode node, int index, OnnxValue value, OnnxTensor constant, boolean constantFirst) {
    String operator = node.operator();
    if (operator.equals("Add") && value instanceof Unbiased layer) {
      return layers.biased(node, layer, constant).get();
    }
    if (value instanceof Normalising norm) {
      return normalisation(node, norm, constant, constantFirst);
    }
    if (constant.elements() != 1) {
      throw node.problem(
          "%s: expected a bias right after its layer, or one number, found shape %s"
              .formatted(constant.name(), constant.shape()));
    }
    double number = constant.scalar();
    ElementWise element = elementWise(node, index);
    ScalarExpression expression = element.expression();
    ScalarExpression result =
        switch (operator) {
          case "Add" -> expression.plus(number);
          case "Sub" ->
              constantFirst ? expression.times(-1).plus(number) : expression.plus(-number);
          case "Mul" -> expression.times(number);
          case "Div" -> {
            if (constantFirst) {
              throw node.problem("is not understood as division by a value of the network");
            }
            yield expression.times(1 / number);
          }
          default -> power(node, expression, number, constantFirst);
        };
    return finished(node, element.of(), result);
  }

  private static ScalarExpression power(
      OnnxNode node, ScalarExpression base, double exponent, boolean constantFirst) {
    Optional<ScalarExpression> square = base.times(base);
    Optional<ScalarExpression> power =
        exponent == 3 ? square.flatMap(s -> s.times(base)) : square.filter(s -> exponent == 2);
    return power
        .filter(p -> !constantFirst)
        .orElseThrow(() -> node.problem("expected the second or third power, found " + exponent));
  }

  /** {@code x·σ(x)}: the one use of a sigmoid in which it is not an operator of its own. */
  private Optional<OnnxValue> silu(OnnxNode node, OnnxValue one, OnnxValue other) {
    boolean first = one instanceof ElementWise;
    if (!node.operator().equals("Mul")
        || !((first ? one : other) instanceof ElementWise sigmoid)
        || !(first ? other : one).equals(sigmoid.of())) {
      return Optional.empty();
    }
    return sigmoid
        .expression()
        .times(ScalarExpression.identity())
        .filter(product -> product.operator().isPresent())
        .map(product -> finished(node, sigmoid.of(), product));
  }

  /** A function of each element: an operator as soon as it is one. */
  private OnnxValue finished(OnnxNode node, Activation of, ScalarExpression expression) {
    // A sigmoid may yet be multiplied by what it is of.
    return expression
        .operator()
        .filter(operator -> !(operator instanceof Sigmoid))
        .<OnnxValue>map(operator -> reader.add(reader.nameFor(node), operator, of.layout(), of))
        .orElseGet(() -> new ElementWise(of, expression));
  }

  /** An input as a function of the value it begins with; what is an operator begins anew. */
  private ElementWise elementWise(OnnxNode node, int index) {
    return reader.value(node, index) instanceof ElementWise element
            && element.expression().operator().isEmpty()
        ? element
        : new ElementWise(reader.activation(node, index), ScalarExpression.identity());
  }

  private OnnxValue function(OnnxNode node, ScalarExpression.Function function) {
    ElementWise element = elementWise(node, 0);
    return finished(
        node,
        element.of(),
        element
            .expression()
            .under(function)
            .orElseThrow(() -> node.problem("is understood only as a part of GELU or SiLU here")));
  }

  /** A step of a normalisation that takes two values. */
  private static Optional<OnnxValue> normalisation(OnnxNode node, OnnxValue one, OnnxValue other) {
    if (!(other instanceof Normalising second)) {
      return Optional.empty();
    }
    boolean centred =
        node.operator().equals("Sub") && second.stage() == Stage.MEAN && second.of().equals(one);
    if (centred) {
      return Optional.of(second.at(Stage.CENTRED));
    }
    if (!(one instanceof Normalising first) || !first.of().equals(second.of())) {
      return Optional.empty();
    }
    boolean bothCentred = first.stage() == Stage.CENTRED && second.stage() == Stage.CENTRED;
    if (node.operator().equals("Mul") && bothCentred) {
      return Optional.of(first.at(Stage.SQUARED));
    }
    boolean divided =
        node.operator().equals("Div")
            && first.stage() == Stage.CENTRED
            && second.stage() == Stage.DEVIATION;
    return divided ? Optional.of(second.at(Stage.NORMALISED)) : Optional.empty();
  }

  /** A step of a normalisation that takes a constant. */
  private OnnxValue normalisation(
      OnnxNode node, Normalising norm, OnnxTensor constant, boolean constantFirst) {
    Stage stage = norm.stage();
    boolean perChannel = norm.of().isPerChannel(constant.shape());
    switch (node.operator()) {
      case "Pow" -> {
        if (stage == Stage.CENTRED && !constantFirst && constant.scalar() == 2) {
          return norm.at(Stage.SQUARED);
        }
      }
      case "Mul" -> {
        if (stage == Stage.NORMALISED && perChannel) {
          return norm.withScale(constant);
        }
      }
      case "Add" -> {
        if (stage == Stage.VARIANCE) {
          return norm.withEpsilon(Double.parseDouble(Float.toString((float) constant.scalar())));
        }
        if ((stage == Stage.SCALED || stage == Stage.NORMALISED) && perChannel) {
          return reader.normalised(node, norm, Optional.of(constant));
        }
      }
      default -> {}
    }
    throw node.problem(
        "does not belong where it is in a normalisation, with a constant of shape "
            + constant.shape());
  }

  private OnnxValue deviation(OnnxNode node) {
    if (reader.value(node, 0) instanceof Normalising norm
        && (norm.stage() == Stage.VARIANCE_AND_EPSILON || norm.stage() == Stage.VARIANCE)) {
      return norm.at(Stage.DEVIATION);
    }
    throw node.problem("is understood only as a part of a normalisation");
  }

  private OnnxValue mean(OnnxNode node) {
    boolean keeps = node.integer("keepdims", 1) != 0;
    node.require("noop_with_empty_axes", 0);
    List<Long> given =
        node.hasInput(1)
            ? reader.integers(node, 1).values()
            : node.integers("axes").orElse(List.of());
    OnnxValue value = reader.value(node, 0);
    boolean squared = value instanceof Normalising norm && norm.stage() == Stage.SQUARED;
    Activation input = squared ? ((Normalising) value).of() : reader.activation(node, 0);
    int rank = input.axes().size() + 1;
    List<Long> axes = given.stream().map(a -> a < 0 ? a + rank : a).sorted().toList();
    if (axes.equals(List.of((long) input.channelAxis())) && keeps) {
      return squared ? ((Normalising) value).at(Stage.VARIANCE) : Normalising.mean(input);
    }
    List<Long> pixels = input.layout() == Layout.CHANNELS_LAST ? List.of(1L, 2L) : List.of(2L, 3L);
    if (squared || rank != 4 || !axes.equals(pixels)) {
      throw node.problem(
          "expected a mean over all pixels, or over the channels in a layer normalisation, found"
              + " axes %s of %s".formatted(given, OnnxLayers.shown(input)));
    }
    String name = reader.nameFor(node);
    Activation pooled = reader.add(name, new GlobalAveragePool(), input.layout(), input);
    return keeps
        ? pooled
        : reader.add(name + ".flatten", new Flatten(pooled.shape()), Layout.VECTOR, pooled);
  }
}
