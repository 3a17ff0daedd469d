package org.rebasin.model.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
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
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Operator;
import org.rebasin.model.network.PaddingShortcut;
import org.rebasin.model.network.Prelu;
import org.rebasin.model.network.Sigmoid;
import org.rebasin.model.network.Silu;
import org.rebasin.model.network.Tanh;
import org.rebasin.model.network.Window;

/** Random networks in which every kind of operator can come up, with any of its options. */
public final class OperatorSamples {
  private final Random random;

  private OperatorSamples(long seed) {
    this.random = new Random(seed);
  }

  /**
   * A chain of random operators, with branches that an addition or a concatenation joins.
   *
   * @param operators how many, besides those that finish the network
   */
  public static Network network(long seed, int operators) {
    return new OperatorSamples(seed).network(operators);
  }

  private Network network(int operators) {
    List<Integer> input =
        random.nextInt(4) == 0 ? List.of(7) : List.of(1 + random.nextInt(3), 9, 11);
    Network.Builder builder = Network.builder("sample", input);
    int value = 0;
    for (int i = 0; i < operators; i++) {
      value = extend(builder, "layer" + i, value);
    }
    if (builder.shape(value).size() == 3) {
      value = builder.add("flat", new Flatten(builder.shape(value)), List.of(value));
    }
    builder.add(
        "fc",
        new Dense("fc.weight", Optional.of("fc.bias"), builder.shape(value).get(0), 5),
        List.of(value));
    return builder.build();
  }

  private int extend(Network.Builder builder, String name, int value) {
    List<Integer> shape = builder.shape(value);
    int operator = random.nextInt(20);
    if (operator == 0) {
      int branch = builder.add(name + ".silu", new Silu(), List.of(value));
      return builder.add(name, new Addition(), List.of(value, branch));
    }
    if (operator == 1) {
      int branch = builder.add(name + ".tanh", new Tanh(), List.of(value));
      return builder.add(name, new Concatenation(3), List.of(branch, value, branch));
    }
    Operator any =
        shape.size() == 3 ? ofImage(operator, name, shape) : ofVector(operator, name, shape.get(0));
    return builder.add(name, any, List.of(value));
  }

  private Operator ofImage(int operator, String name, List<Integer> shape) {
    int channels = shape.get(0);
    boolean small = shape.get(1) < 4 || shape.get(2) < 4;
    return switch (operator) {
      case 2, 3, 4 -> {
        boolean depthwise = random.nextInt(3) == 0;
        yield new Convolution(
            parameter(name, "weight"),
            optional(name, "bias"),
            channels,
            depthwise ? 2 * channels : 1 + random.nextInt(6),
            small ? Window.square(1, 1, 0) : window(),
            depthwise ? channels : 1);
      }
      case 5 -> small ? new Sigmoid() : new MaxPool(window());
      case 6 -> small ? new Silu() : new AveragePool(window(), random.nextBoolean());
      case 7 -> small ? new GlobalAveragePool() : new Gelu(true);
      case 8 ->
          new GroupNorm(
              parameter(name, "weight"),
              parameter(name, "bias"),
              channels,
              random.nextBoolean() ? 1 : channels,
              epsilon());
      case 9 ->
          new InstanceNorm(optional(name, "weight"), optional(name, "bias"), channels, epsilon());
      case 10 -> new PaddingShortcut(small ? 1 : 2, 1 + random.nextInt(2), random.nextInt(3));
      case 11 -> small ? new Flatten(shape) : new Tanh();
      default -> ofAny(operator, name, channels);
    };
  }

  private Operator ofVector(int operator, String name, int units) {
    return operator < 12
        ? new Dense(parameter(name, "weight"), optional(name, "bias"), units, 1 + random.nextInt(9))
        : ofAny(operator, name, units);
  }

  private Operator ofAny(int operator, String name, int channels) {
    return switch (operator) {
      case 12 ->
          new BatchNorm(
              parameter(name, "weight"),
              parameter(name, "bias"),
              parameter(name, "running_mean"),
              parameter(name, "running_var"),
              channels,
              epsilon(),
              random.nextBoolean() ? 0.1 : 0.25);
      case 13 ->
          new LayerNorm(parameter(name, "weight"), parameter(name, "bias"), channels, epsilon());
      case 14 -> new LeakyRelu(random.nextBoolean() ? 0 : random.nextFloat());
      case 15 -> new LeakyRelu(0.01f);
      case 16 -> new Prelu(parameter(name, "weight"), random.nextBoolean() ? 1 : channels);
      case 17 -> new Gelu(random.nextBoolean());
      case 18 -> new Dropout(random.nextBoolean() ? 0.5 : decimal(), random.nextLong());
      default -> new Sigmoid();
    };
  }

  private Window window() {
    return new Window(
        2 + random.nextInt(2),
        2 + random.nextInt(3),
        1 + random.nextInt(2),
        1 + random.nextInt(2),
        random.nextInt(2),
        random.nextInt(2));
  }

  private double epsilon() {
    return random.nextBoolean() ? 1e-5 : decimal();
  }

  /** A number that float holds to the last decimal. */
  private double decimal() {
    return Double.parseDouble(Float.toString(random.nextFloat()));
  }

  private String parameter(String name, String suffix) {
    List<String> names = new ArrayList<>(List.of(name + "." + suffix, name + "." + suffix));
    names.add("onnx::" + name + "/" + suffix);
    names.add("a \"name\"\n" + name + "\\" + suffix);
    return names.get(random.nextInt(names.size()));
  }

  private Optional<String> optional(String name, String suffix) {
    return random.nextInt(3) == 0 ? Optional.empty() : Optional.of(parameter(name, suffix));
  }
}
