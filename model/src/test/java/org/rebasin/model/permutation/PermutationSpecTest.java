package org.rebasin.model.permutation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.network.Dense;
import org.rebasin.model.network.Flatten;
import org.rebasin.model.network.Initialization;
import org.rebasin.model.network.Kernel;
import org.rebasin.model.network.Mode;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Operator;
import org.rebasin.model.network.Parameter;
import org.rebasin.model.network.UnitAxes;
import org.rebasin.model.network.Units;
import org.rebasin.model.permutation.PermutationGroup.Axis;
import org.rebasin.model.tensor.Tensor;

class PermutationSpecTest {
  @Test
  void aGroupIsOnAllThatMakesAndReadsItsUnits() {
    PermutationSpec spec = PermutationSpec.of(Mlp.of(4, 5, 6, 3).network());
    assertEquals(
        List.of(
            new PermutationGroup(
                "layers.0",
                5,
                List.of(
                    new Axis("layers.0.weight", 0, 1),
                    new Axis("layers.0.bias", 0, 1),
                    new Axis("layers.1.weight", 1, 1)),
                List.of(1, 2)),
            new PermutationGroup(
                "layers.1",
                6,
                List.of(
                    new Axis("layers.1.weight", 0, 1),
                    new Axis("layers.1.bias", 0, 1),
                    new Axis("layers.2.weight", 1, 1)),
                List.of(3, 4))),
        spec.groups());
    assertEquals(List.of(), spec.members("layers.0.weight", 1));
    assertEquals(List.of(), spec.members("layers.2.weight", 0));
    assertEquals(List.of(), spec.members("layers.2.bias", 0));
  }

  @Test
  void aFlattenedChannelIsABlockOfItsPixels() {
    Network network =
        Network.builder("test", List.of(3, 8, 8))
            .then("channels", new Made("k", List.of(5, 3, 3, 3), List.of(5, 4, 4), false))
            .then("flatten", new Flatten(List.of(5, 4, 4)))
            .then("head", new Dense("w", Optional.empty(), 80, 10))
            .build();
    PermutationSpec spec = PermutationSpec.of(network);
    assertEquals(
        List.of(
            new PermutationGroup(
                "channels", 5, List.of(new Axis("k", 0, 1), new Axis("w", 1, 16)), List.of(1, 2))),
        spec.groups());

    Permutations permutations = new Permutations(List.of(Permutation.of(4, 2, 0, 1, 3)));
    float[] values = new float[800];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    try (Tensor source = Tensor.of(values, 10, 80);
        Tensor target = Tensor.allocate(10, 80)) {
      permutations.apply(spec, "w", source, target);
      float[] expected = new float[800];
      for (int i = 0; i < values.length; i++) {
        int channel = i % 80 / 16;
        expected[i] = i / 80 * 80 + permutations.byGroup().get(0).get(channel) * 16 + i % 16;
      }
      assertArrayEquals(expected, target.toArray());
    }
  }

  @Test
  void unitsOnTwoAxesOfOneTensorAreRefused() {
    Network network =
        Network.builder("test", List.of(4))
            .then("first", new Dense("a", Optional.empty(), 4, 6))
            .then("mixed", new Made("square", List.of(6, 6), List.of(6), true))
            .then("last", new Dense("b", Optional.empty(), 6, 2))
            .build();
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> PermutationSpec.of(network))
            .getMessage()
            .contains("square: the units of group first are on two of its axes"));
  }

  @Test
  void anOperatorWithoutARuleIsNamed() {
    Network network =
        Network.builder("test", List.of(4))
            .then("odd one", new Made("", List.of(), List.of(4), false))
            .build();
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> PermutationSpec.of(network))
            .getMessage()
            .contains("odd one"));
  }

  @Test
  void whatIsNoPermutationIsRefused() {
    assertEquals(
        "not a permutation of 3 units: slot 2 takes unit 0 again",
        assertThrows(IllegalArgumentException.class, () -> Permutation.of(0, 1, 0)).getMessage());
    assertThrows(IllegalArgumentException.class, () -> Permutation.of(0, 3, 1));
    assertEquals(2, Permutation.of(1, 0, 2).moved());
  }

  /** An operator with one parameter, or none and then without a rule. */
  private record Made(
      String parameter, List<Integer> shape, List<Integer> output, boolean onBothAxes)
      implements Operator {
    @Override
    public String kind() {
      return "made";
    }

    @Override
    public List<Integer> outputShape(List<List<Integer>> inputs) {
      return output;
    }

    @Override
    public List<Parameter> parameters() {
      return parameter.isEmpty()
          ? List.of()
          : List.of(new Parameter(parameter, shape, Initialization.uniform(1)));
    }

    @Override
    public void relateAxes(UnitAxes axes) {
      if (parameter.isEmpty()) {
        return;
      }
      Units made = axes.fresh(shape.get(0));
      axes.parameter(parameter, 0, made);
      axes.parameter(parameter, 1, axes.input(0));
      if (onBothAxes) {
        axes.tie(made, axes.input(0));
      }
      axes.output(made);
    }

    @Override
    public Kernel kernel(Mode mode) {
      throw new IllegalStateException("only for its axes");
    }
  }
}
