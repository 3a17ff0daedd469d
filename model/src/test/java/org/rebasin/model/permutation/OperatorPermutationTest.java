package org.rebasin.model.permutation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.rebasin.model.network.Addition;
import org.rebasin.model.network.AveragePool;
import org.rebasin.model.network.BatchNorm;
import org.rebasin.model.network.Concatenation;
import org.rebasin.model.network.Convolution;
import org.rebasin.model.network.Dense;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Flatten;
import org.rebasin.model.network.GlobalAveragePool;
import org.rebasin.model.network.GroupNorm;
import org.rebasin.model.network.InstanceNorm;
import org.rebasin.model.network.LayerNorm;
import org.rebasin.model.network.LeakyRelu;
import org.rebasin.model.network.MaxPool;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.PaddingShortcut;
import org.rebasin.model.network.Prelu;
import org.rebasin.model.network.Window;
import org.rebasin.model.permutation.PermutationGroup.Axis;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.testing.RandomWeights;

/** Networks with permuted units compute the same function. */
class OperatorPermutationTest {
  private static final List<Integer> IMAGE = List.of(3, 6, 4);

  @Test
  void chainsOfNormsAndActivationsKeepTheirFunction() {
    Network network =
        Network.builder("chain", IMAGE)
            .then("c1", convolution("c1", 3, 5, 3, 1))
            .then("ln", new LayerNorm("ln.w", "ln.b", 5, 1e-5))
            .then("p1", new Prelu("p1", 5))
            .then("c2", convolution("c2", 5, 6, 3, 1))
            .then("gn", new GroupNorm("gn.w", "gn.b", 6, 1, 1e-5))
            .then("p2", new Prelu("p2", 1))
            .then("c3", convolution("c3", 6, 4, 1, 1))
            .then("in", new InstanceNorm(Optional.of("in.w"), Optional.of("in.b"), 4, 1e-5))
            .then("max", new MaxPool(Window.square(2, 2, 0)))
            .then("flat", new Flatten(List.of(4, 3, 2)))
            .then("bn", BatchNorm.of("bn", 24))
            .then("relu", new LeakyRelu(0))
            .then("head", new Dense("head.w", Optional.of("head.b"), 24, 3))
            .build();
    assertEquals(List.of("c1", "c2", "c3"), names(PermutationSpec.of(network)));
    assertEquals(
        List.of(
            new Axis("c3.w", 0, 1),
            new Axis("c3.b", 0, 1),
            new Axis("in.w", 0, 1),
            new Axis("in.b", 0, 1),
            new Axis("bn.weight", 0, 6),
            new Axis("bn.bias", 0, 6),
            new Axis("bn.running_mean", 0, 6),
            new Axis("bn.running_var", 0, 6),
            new Axis("head.w", 1, 6)),
        PermutationSpec.of(network).groups().get(2).axes());
    assertSameFunction(network);
  }

  @Test
  void depthwiseConvolutionsHaveTheUnitsOfTheirInput() {
    Network network =
        Network.builder("depthwise", IMAGE)
            .then("expand", convolution("expand", 3, 5, 1, 1))
            .then("twofold", convolution("twofold", 5, 10, 3, 5))
            .then("bn", BatchNorm.of("bn", 10))
            .then("single", convolution("single", 10, 10, 3, 10))
            .then("again", convolution("again", 10, 30, 3, 10))
            .then("project", convolution("project", 30, 4, 3, 1))
            .then("pool", new GlobalAveragePool())
            .then("flat", new Flatten(List.of(4, 1, 1)))
            .then("head", new Dense("head.w", Optional.empty(), 4, 3))
            .build();
    PermutationSpec spec = PermutationSpec.of(network);
    assertEquals(List.of("expand", "project"), names(spec));
    assertTrue(spec.groups().get(0).axes().contains(new Axis("twofold.w", 0, 2)));
    assertTrue(spec.groups().get(0).axes().contains(new Axis("again.b", 0, 6)));
    assertTrue(spec.groups().get(0).axes().contains(new Axis("project.w", 1, 6)));
    assertSameFunction(network);
  }

  @Test
  void concatenationsHaveTheUnitsOfAllTheirInputs() {
    Network.Builder builder = Network.builder("dense block", IMAGE);
    int one = builder.add("one", convolution("one", 3, 4, 3, 1), List.of(0));
    int two = builder.add("two", convolution("two", 4, 5, 3, 1), List.of(one));
    int joined = builder.add("joined", new Concatenation(3), List.of(one, two, one));
    int norm = builder.add("bn", BatchNorm.of("bn", 13), List.of(joined));
    int three = builder.add("three", convolution("three", 13, 13, 3, 1), List.of(norm));
    int sum = builder.add("scaled", convolution("scaled", 13, 13, 3, 13), List.of(norm));
    int with = builder.add("sum", new Addition(), List.of(norm, sum));
    int all = builder.add("all", new Concatenation(2), List.of(with, three));
    builder.add("pool", new AveragePool(new Window(3, 2, 3, 2, 0, 0), true), List.of(all));
    builder.then("flat", new Flatten(List.of(26, 2, 2)));
    builder.then("head", new Dense("head.w", Optional.empty(), 104, 3));
    Network network = builder.build();
    PermutationSpec spec = PermutationSpec.of(network);
    assertEquals(List.of("one", "two", "three"), names(spec));
    assertTrue(spec.groups().get(0).axes().contains(new Axis("bn.running_mean", 0, 1, 9)));
    assertTrue(spec.groups().get(1).axes().contains(new Axis("head.w", 1, 4, 16)));
    assertTrue(spec.groups().get(2).axes().contains(new Axis("head.w", 1, 4, 52)));
    assertSameFunction(network);
  }

  @Test
  void whatIsTreatedByItsNumberKeepsItsPlace() {
    Network.Builder builder = Network.builder("option A", IMAGE);
    int stem = builder.add("stem", convolution("stem", 3, 4, 3, 1), List.of(0));
    int inner = builder.add("inner", convolution("inner", 4, 5, 3, 1), List.of(stem));
    Convolution strided =
        new Convolution("down.w", Optional.empty(), 5, 8, Window.square(3, 2, 1), 1);
    int down = builder.add("down", strided, List.of(inner));
    int shortcut = builder.add("shortcut", new PaddingShortcut(2, 2, 2), List.of(stem));
    builder.add("sum", new Addition(), List.of(down, shortcut));
    builder.then("grouped", convolution("grouped", 8, 6, 3, 2));
    builder.then("free", convolution("free", 6, 4, 3, 1));
    builder.then("flat", new Flatten(List.of(4, 3, 2)));
    builder.then("head", new Dense("head.w", Optional.empty(), 24, 3));
    Network network = builder.build();
    assertEquals(List.of("inner", "free"), names(PermutationSpec.of(network)));
    assertSameFunction(network);
  }

  @Test
  void groupNormsOfSeveralGroupsAreRefused() {
    Network network =
        Network.builder("groups", IMAGE)
            .then("c1", convolution("c1", 3, 6, 3, 1))
            .then("gn", new GroupNorm("gn.w", "gn.b", 6, 2, 1e-5))
            .then("c2", convolution("c2", 6, 2, 3, 1))
            .build();
    String message =
        assertThrows(IllegalArgumentException.class, () -> PermutationSpec.of(network))
            .getMessage();
    assertTrue(message.contains("gn.w: "), message);
    assertTrue(message.contains("not permutation-invariant"), message);
  }

  private static Convolution convolution(
      String name, int inputs, int outputs, int size, int groups) {
    Window window = Window.square(size, 1, size / 2);
    return new Convolution(name + ".w", Optional.of(name + ".b"), inputs, outputs, window, groups);
  }

  private static List<String> names(PermutationSpec spec) {
    return spec.groups().stream().map(PermutationGroup::name).toList();
  }

  private static void assertSameFunction(Network network) {
    PermutationSpec spec = PermutationSpec.of(network);
    Permutations permutations = RandomPermutations.of(spec, 5);
    assertTrue(permutations.byGroup().stream().anyMatch(permutation -> permutation.moved() > 0));
    try (Weights weights = RandomWeights.gaussian(6, network)) {
      // Variances are positive, and products of many Gaussian layers would overflow the tolerance.
      weights
          .tensors()
          .forEach(
              (name, tensor) -> {
                for (int i = 0; i < tensor.size(); i++) {
                  float value = tensor.values().get(i);
                  tensor.values().put(i, name.endsWith("_var") ? 1 + value * value : value / 2);
                }
              });
      try (Weights permuted = permutations.apply(spec, weights);
          Tensor input = RandomWeights.gaussian(7, 4, 3, 6, 4);
          Execution execution = Execution.forInference(network, 4)) {
        float[] expected = execution.forward(weights, input, 4).toArray();
        float[] found = execution.forward(permuted, input, 4).toArray();
        float scale = 1;
        for (float value : expected) {
          scale = Math.max(scale, Math.abs(value));
        }
        assertArrayEquals(expected, found, 1e-5f * scale);
      }
    }
  }
}
