package org.rebasin.model.architecture;

import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.rebasin.model.network.Addition;
import org.rebasin.model.network.AveragePool;
import org.rebasin.model.network.BatchNorm;
import org.rebasin.model.network.Concatenation;
import org.rebasin.model.network.Convolution;
import org.rebasin.model.network.Dense;
import org.rebasin.model.network.Dropout;
import org.rebasin.model.network.Flatten;
import org.rebasin.model.network.Gelu;
import org.rebasin.model.network.GlobalAveragePool;
import org.rebasin.model.network.GroupNorm;
import org.rebasin.model.network.InstanceNorm;
import org.rebasin.model.network.LayerNorm;
import org.rebasin.model.network.LeakyRelu;
import org.rebasin.model.network.MaxPool;
import org.rebasin.model.network.Operator;
import org.rebasin.model.network.PaddingShortcut;
import org.rebasin.model.network.Prelu;
import org.rebasin.model.network.Sigmoid;
import org.rebasin.model.network.Silu;
import org.rebasin.model.network.Tanh;

/**
 * How operators of one class are written in a graph's text, both ways.
 *
 * @param type the operators' class
 * @param kinds the names that begin such a line; {@link Operator#kind()} is one of them
 * @param reader makes the operator from its line
 * @param writer adds the operator's options to a line
 */
record OperatorForm<T extends Operator>(
    Class<T> type,
    List<String> kinds,
    Function<OperatorText, T> reader,
    BiConsumer<T, OperatorLine> writer) {
  private static final double MOMENTUM = 0.1;
  private static final float LEAKY_SLOPE = 0.01f;

  /** Every operator's form; kinds are unique. */
  static final List<OperatorForm<?>> ALL =
      List.of(
          new OperatorForm<>(
              Dense.class,
              List.of("dense"),
              text ->
                  new Dense(
                      text.parameter("weight", "weight"),
                      text.optionalParameter("bias", "bias"),
                      text.channels(),
                      text.required("out", "UNITS")),
              (dense, line) ->
                  line.whole("out", dense.outputs())
                      .parameter("weight", "weight", dense.weight())
                      .parameter("bias", "bias", dense.bias())),
          new OperatorForm<>(
              Convolution.class,
              List.of("convolution"),
              text ->
                  new Convolution(
                      text.parameter("weight", "weight"),
                      text.optionalParameter("bias", "bias"),
                      text.channels(),
                      text.required("out", "CHANNELS"),
                      text.window(false),
                      text.whole("groups", 1)),
              (convolution, line) ->
                  line.whole("out", convolution.outputs())
                      .window(convolution.window(), false)
                      .whole("groups", convolution.groups(), 1)
                      .parameter("weight", "weight", convolution.weight())
                      .parameter("bias", "bias", convolution.bias())),
          new OperatorForm<>(
              BatchNorm.class,
              List.of("batch-norm"),
              text ->
                  new BatchNorm(
                      text.parameter("weight", "weight"),
                      text.parameter("bias", "bias"),
                      text.parameter("running-mean", "running_mean"),
                      text.parameter("running-variance", "running_var"),
                      text.channels(),
                      text.epsilon(),
                      text.number(
                          "momentum", MOMENTUM, "a number from 0 to 1", x -> x >= 0 && x <= 1)),
              (norm, line) ->
                  line.number("epsilon", norm.epsilon(), 1e-5)
                      .number("momentum", norm.momentum(), MOMENTUM)
                      .parameter("weight", "weight", norm.weight())
                      .parameter("bias", "bias", norm.bias())
                      .parameter("running-mean", "running_mean", norm.runningMean())
                      .parameter("running-variance", "running_var", norm.runningVariance())),
          new OperatorForm<>(
              LayerNorm.class,
              List.of("layer-norm"),
              text ->
                  new LayerNorm(
                      text.parameter("weight", "weight"),
                      text.parameter("bias", "bias"),
                      text.channels(),
                      text.epsilon()),
              (norm, line) ->
                  line.number("epsilon", norm.epsilon(), 1e-5)
                      .parameter("weight", "weight", norm.weight())
                      .parameter("bias", "bias", norm.bias())),
          new OperatorForm<>(
              GroupNorm.class,
              List.of("group-norm"),
              text ->
                  new GroupNorm(
                      text.parameter("weight", "weight"),
                      text.parameter("bias", "bias"),
                      text.channels(),
                      text.required("groups", "GROUPS"),
                      text.epsilon()),
              (norm, line) ->
                  line.whole("groups", norm.groups())
                      .number("epsilon", norm.epsilon(), 1e-5)
                      .parameter("weight", "weight", norm.weight())
                      .parameter("bias", "bias", norm.bias())),
          new OperatorForm<>(
              InstanceNorm.class,
              List.of("instance-norm"),
              text ->
                  new InstanceNorm(
                      text.optionalParameter("weight", "weight"),
                      text.optionalParameter("bias", "bias"),
                      text.channels(),
                      text.epsilon()),
              (norm, line) ->
                  line.number("epsilon", norm.epsilon(), 1e-5)
                      .parameter("weight", "weight", norm.weight())
                      .parameter("bias", "bias", norm.bias())),
          new OperatorForm<>(
              LeakyRelu.class,
              List.of("relu", "leaky-relu"),
              text ->
                  new LeakyRelu(
                      text.isKind("relu")
                          ? 0
                          : (float)
                              text.number(
                                  "slope",
                                  LEAKY_SLOPE,
                                  "a number from 0 to below 1",
                                  x -> x >= 0 && x < 1)),
              (relu, line) -> {
                if (relu.slope() != 0) {
                  line.number("slope", relu.slope(), LEAKY_SLOPE);
                }
              }),
          new OperatorForm<>(
              Prelu.class,
              List.of("prelu"),
              text -> new Prelu(text.parameter("weight", "weight"), text.whole("slopes", 1)),
              (prelu, line) ->
                  line.whole("slopes", prelu.count(), 1)
                      .parameter("weight", "weight", prelu.weight())),
          new OperatorForm<>(
              Gelu.class,
              List.of("gelu"),
              text -> new Gelu(text.word("approximation", List.of("none", "tanh")).equals("tanh")),
              (gelu, line) -> line.word("approximation", gelu.tanh() ? "tanh" : "none", "none")),
          plain(Silu.class, "silu", text -> new Silu()),
          plain(Sigmoid.class, "sigmoid", text -> new Sigmoid()),
          plain(Tanh.class, "tanh", text -> new Tanh()),
          new OperatorForm<>(
              MaxPool.class,
              List.of("max-pool"),
              text -> new MaxPool(text.window(true)),
              (pool, line) -> line.window(pool.window(), true)),
          new OperatorForm<>(
              AveragePool.class,
              List.of("average-pool"),
              text -> new AveragePool(text.window(true), text.flag("count-padding", true)),
              (pool, line) ->
                  line.window(pool.window(), true)
                      .word("count-padding", Boolean.toString(pool.countPadding()), "true")),
          plain(GlobalAveragePool.class, "global-average-pool", text -> new GlobalAveragePool()),
          plain(Addition.class, "addition", text -> new Addition()),
          plain(Concatenation.class, "concatenation", text -> new Concatenation(text.inputs())),
          new OperatorForm<>(
              Dropout.class,
              List.of("dropout"),
              text ->
                  new Dropout(
                      text.number("rate", 0.5, "a number from 0 to below 1", x -> x >= 0 && x < 1),
                      text.seed("seed")),
              (dropout, line) ->
                  line.number("rate", dropout.rate(), 0.5).whole("seed", dropout.seed(), 0)),
          plain(Flatten.class, "flatten", text -> new Flatten(text.shape())),
          new OperatorForm<>(
              PaddingShortcut.class,
              List.of("padding-shortcut"),
              text ->
                  new PaddingShortcut(
                      text.whole("stride", 1), text.whole("before", 0), text.whole("after", 0)),
              (shortcut, line) ->
                  line.whole("stride", shortcut.stride(), 1)
                      .whole("before", shortcut.before(), 0)
                      .whole("after", shortcut.after(), 0)));

  /** An operator without options. */
  private static <T extends Operator> OperatorForm<T> plain(
      Class<T> type, String kind, Function<OperatorText, T> reader) {
    return new OperatorForm<>(type, List.of(kind), reader, (operator, line) -> {});
  }

  /** The form of the lines that begin with a kind. */
  static Optional<OperatorForm<?>> of(String kind) {
    return ALL.stream()
        .<OperatorForm<?>>map(form -> form)
        .filter(form -> form.kinds().contains(kind))
        .findFirst();
  }

  /**
   * An operator's options as its line has them.
   *
   * @throws IllegalArgumentException if no form knows the operator
   */
  static String options(String name, Operator operator) {
    for (OperatorForm<?> form : ALL) {
      if (form.type().isInstance(operator)) {
        return form.write(name, operator);
      }
    }
    throw new IllegalArgumentException(
        "%s: the operator %s has no text form".formatted(name, operator.kind()));
  }

  private String write(String name, Operator operator) {
    OperatorLine line = new OperatorLine(name);
    writer.accept(type.cast(operator), line);
    return line.options();
  }
}
