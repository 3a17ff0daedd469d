package org.rebasin.model.permutation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.RandomNetworks;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

class PermutationProperties {
  @Property(seed = "1")
  void aPermutationAndItsInverseUndoEachOther(
      @ForAll @IntRange(min = 0, max = 200) int size, @ForAll long seed) {
    Permutation permutation = RandomPermutations.of(size, new SplittableRandom(seed));
    assertEquals(Permutation.identity(size), permutation.after(permutation.inverse()));
    assertEquals(Permutation.identity(size), permutation.inverse().after(permutation));
    assertEquals(permutation, permutation.inverse().inverse());
  }

  @Property(seed = "1")
  void compositionIsAssociative(@ForAll @IntRange(min = 1, max = 50) int size, @ForAll long seed) {
    SplittableRandom source = new SplittableRandom(seed);
    Permutation p = RandomPermutations.of(size, source);
    Permutation q = RandomPermutations.of(size, source);
    Permutation r = RandomPermutations.of(size, source);
    assertEquals(p.after(q).after(r), p.after(q.after(r)));
  }

  @Property(tries = 30, seed = "1")
  void aPermutedNetworkComputesTheSameFunction(
      @ForAll @Size(min = 1, max = 4) List<@IntRange(min = 1, max = 40) Integer> hidden,
      @ForAll long seed) {
    List<Integer> widths = new ArrayList<>(hidden);
    widths.add(0, 11);
    widths.add(5);
    Network network = new Mlp(widths, 0.1f).network();
    PermutationSpec spec = PermutationSpec.of(network);
    Permutations permutations = RandomPermutations.of(spec, seed);
    try (Weights weights = network.initialize(seed);
        Weights permuted = permutations.apply(spec, weights);
        Tensor input = RandomNetworks.tensor(seed, 8, 11);
        Execution execution = Execution.forInference(network, 8)) {
      float[] expected = execution.forward(weights, input, 8).toArray();
      float[] found = execution.forward(permuted, input, 8).toArray();
      assertArrayEquals(expected, found, 1e-4f);
      weights
          .tensors()
          .forEach(
              (name, tensor) ->
                  assertArrayEquals(sorted(tensor), sorted(permuted.get(name)), name));
      Permutations back =
          new Permutations(permutations.byGroup().stream().map(Permutation::inverse).toList());
      try (Weights restored = back.apply(spec, permuted)) {
        weights
            .tensors()
            .forEach(
                (name, tensor) ->
                    assertArrayEquals(tensor.toArray(), restored.get(name).toArray(), name));
      }
    }
  }

  private static float[] sorted(Tensor tensor) {
    float[] values = tensor.toArray();
    Arrays.sort(values);
    return values;
  }
}
