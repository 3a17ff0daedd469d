package org.rebasin.model.permutation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.rebasin.model.network.Addition;
import org.rebasin.model.network.Dense;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Flatten;
import org.rebasin.model.network.LeakyRelu;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.testing.ConvolutionShape;
import org.rebasin.model.testing.RandomWeights;

class PermutedTensorProperties {
  private static Network convolutions(int first, int second, int kernelSize, int side, int dense) {
    return Network.builder("convolutions", List.of(3, side, side))
        .then("one", new ConvolutionShape("one", 3, first, kernelSize))
        .then("relu", new LeakyRelu(0))
        .then("two", new ConvolutionShape("two", first, second, kernelSize))
        .then("flatten", new Flatten(List.of(second, side, side)))
        .then("three", new Dense("three.w", Optional.of("three.b"), second * side * side, dense))
        .then("four", new Dense("four.w", Optional.empty(), dense, 4))
        .build();
  }

  @Property(tries = 40, seed = "1")
  void permutedTensorIsTheGatherOfItsDefinition(
      @ForAll @IntRange(min = 1, max = 12) int first,
      @ForAll @IntRange(min = 1, max = 12) int second,
      @ForAll @IntRange(min = 1, max = 3) int kernelSize,
      @ForAll @IntRange(min = 1, max = 4) int side,
      @ForAll long seed) {
    Network network = convolutions(first, second, kernelSize, side, 9);
    PermutationSpec spec = PermutationSpec.of(network);
    Permutations permutations = RandomPermutations.of(spec, seed);
    try (Weights source = RandomWeights.gaussian(seed, network);
        Weights permuted = permutations.apply(spec, source)) {
      int[] one = permutations.byGroup().get(0).toArray();
      int[] two = permutations.byGroup().get(1).toArray();
      int[] three = permutations.byGroup().get(2).toArray();
      int k = kernelSize * kernelSize;
      int pixels = side * side;
      assertGathered(source, permuted, "one.weight", first, 3, k, one, identity(3));
      assertGathered(source, permuted, "one.bias", first, 1, 1, one, identity(1));
      assertGathered(source, permuted, "two.weight", second, first, k, two, one);
      assertGathered(source, permuted, "two.bias", second, 1, 1, two, identity(1));
      assertGathered(source, permuted, "three.w", 9, second, pixels, three, two);
      assertGathered(source, permuted, "three.b", 9, 1, 1, three, identity(1));
      assertGathered(source, permuted, "four.w", 4, 9, 1, identity(4), three);
    }
  }

  private static int[] identity(int size) {
    return Permutation.identity(size).toArray();
  }

  /** {@code permuted[i, j, p] = source[rows[i], columns[j], p]}. */
  private static void assertGathered(
      Weights source,
      Weights permuted,
      String name,
      int rowCount,
      int columnCount,
      int positions,
      int[] rows,
      int[] columns) {
    float[] from = source.get(name).toArray();
    float[] expected = new float[from.length];
    for (int i = 0; i < rowCount; i++) {
      for (int j = 0; j < columnCount; j++) {
        for (int p = 0; p < positions; p++) {
          expected[(i * columnCount + j) * positions + p] =
              from[(rows[i] * columnCount + columns[j]) * positions + p];
        }
      }
    }
    assertArrayEquals(expected, permuted.get(name).toArray(), name);
  }

  @Property(tries = 20, seed = "1")
  void permutingInTwoStepsIsPermutingByTheComposition(
      @ForAll @IntRange(min = 1, max = 12) int width, @ForAll long seed) {
    Network network = convolutions(width, width + 1, 2, 3, 7);
    PermutationSpec spec = PermutationSpec.of(network);
    Permutations first = RandomPermutations.of(spec, seed);
    Permutations second = RandomPermutations.of(spec, seed + 1);
    Permutations both =
        new Permutations(
            List.of(0, 1, 2).stream()
                .map(g -> second.byGroup().get(g).after(first.byGroup().get(g)))
                .toList());
    try (Weights source = RandomWeights.gaussian(seed, network);
        Weights once = first.apply(spec, source);
        Weights twice = second.apply(spec, once);
        Weights composed = both.apply(spec, source)) {
      for (String name : source.names()) {
        assertArrayEquals(composed.get(name).toArray(), twice.get(name).toArray(), name);
      }
    }
  }

  private static Network residual(int width) {
    Network.Builder builder = Network.builder("residual", List.of(6));
    int stream =
        builder.add("stem", new Dense("stem.w", Optional.of("stem.b"), 6, width), List.of(0));
    for (int block = 0; block < 2; block++) {
      String name = "block" + block;
      int in =
          builder.add(
              name + ".in",
              new Dense(name + ".in.w", Optional.of(name + ".in.b"), width, 9),
              List.of(stream));
      int active = builder.add(name + ".relu", new LeakyRelu(0.1f), List.of(in));
      int out =
          builder.add(
              name + ".out",
              new Dense(name + ".out.w", Optional.of(name + ".out.b"), 9, width),
              List.of(active));
      stream = builder.add(name + ".sum", new Addition(), List.of(stream, out));
    }
    builder.add("head", new Dense("head.w", Optional.empty(), width, 4), List.of(stream));
    return builder.build();
  }

  @Example
  void additionsTieTheUnitsOfTheWholeStream() {
    PermutationSpec spec = PermutationSpec.of(residual(8));
    assertEquals(
        List.of("stem", "block0.in", "block1.in"),
        spec.groups().stream().map(PermutationGroup::name).toList());
    assertEquals(
        List.of(
            "block0.in.w 1",
            "block0.out.b 0",
            "block0.out.w 0",
            "block1.in.w 1",
            "block1.out.b 0",
            "block1.out.w 0",
            "head.w 1",
            "stem.b 0",
            "stem.w 0"),
        spec.groups().get(0).axes().stream()
            .map(axis -> axis.tensor() + " " + axis.axis())
            .sorted()
            .collect(Collectors.toList()));
  }

  @Property(tries = 20, seed = "1")
  void permutedResidualNetworkComputesTheSameFunction(
      @ForAll @IntRange(min = 1, max = 30) int width, @ForAll long seed) {
    Network network = residual(width);
    PermutationSpec spec = PermutationSpec.of(network);
    try (Weights weights = network.initialize(seed);
        Weights permuted = RandomPermutations.of(spec, seed).apply(spec, weights);
        Tensor input = RandomWeights.gaussian(seed, 5, 6);
        Execution execution = Execution.forInference(network, 5)) {
      float[] expected = execution.forward(weights, input, 5).toArray();
      assertArrayEquals(expected, execution.forward(permuted, input, 5).toArray(), 1e-4f);
    }
  }

  @Example
  void unitsTiedToTheOutputAreNotPermuted() {
    Network.Builder builder = Network.builder("tied to the classes", List.of(6));
    int first = builder.add("first", new Dense("a", Optional.empty(), 6, 4), List.of(0));
    int second = builder.add("second", new Dense("b", Optional.empty(), 6, 4), List.of(0));
    builder.add("sum", new Addition(), List.of(first, second));
    assertEquals(List.of(), PermutationSpec.of(builder.build()).groups());
  }

  @Example
  void channelsOfTheInputAreNotPermutedThroughAFlattening() {
    Network network =
        Network.builder("image", List.of(3, 4, 4))
            .then("flatten", new Flatten(List.of(3, 4, 4)))
            .then("hidden", new Dense("a", Optional.empty(), 48, 5))
            .then("out", new Dense("b", Optional.empty(), 5, 2))
            .build();
    PermutationSpec spec = PermutationSpec.of(network);
    assertEquals(1, spec.groups().size());
    assertEquals(List.of(), spec.members("a", 1));
  }

  @Example
  void targetOfAnotherShapeIsRefused() {
    PermutationSpec spec = PermutationSpec.of(residual(8));
    try (Tensor source = Tensor.allocate(8, 6);
        Tensor target = Tensor.allocate(6, 8)) {
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> spec.identity().apply(spec, "stem.w", source, target))
              .getMessage();
      assertTrue(message.startsWith("stem.w: "), message);
    }
  }
}
