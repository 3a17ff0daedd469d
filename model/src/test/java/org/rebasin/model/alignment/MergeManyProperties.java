package org.rebasin.model.alignment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Network;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.permutation.RandomPermutations;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.testing.RandomWeights;

class MergeManyProperties {
  @Property(tries = 6, seed = "1")
  void plantedPermutationsOfSeveralModelsAreRecoveredCompletely(
      @ForAll @IntRange(min = 1, max = 4) int copies, @ForAll long seed) {
    Network network = Mlp.of(40, 48, 64, 40, 10).network();
    PermutationSpec spec = PermutationSpec.of(network);
    List<Permutations> orders = new ArrayList<>();
    for (int copy = 0; copy < copies; copy++) {
      orders.add(RandomPermutations.of(spec, seed + copy));
    }
    try (ManyModels models = ManyModels.planted(network, orders, 0.3, seed)) {
      ManyAlignment found =
          MergeMany.align(spec, models.weights(), MergeMany.Settings.withSeed(seed));
      assertRecovered(spec, orders, found);
    }
  }

  static void assertRecovered(
      PermutationSpec spec, List<Permutations> orders, ManyAlignment found) {
    assertEquals(spec.identity(), found.permutations().get(0));
    for (int copy = 0; copy < orders.size(); copy++) {
      for (int group = 0; group < spec.groups().size(); group++) {
        assertEquals(
            orders.get(copy).byGroup().get(group).inverse(),
            found.permutations().get(copy + 1).byGroup().get(group));
      }
    }
  }

  @Property(tries = 10, seed = "2")
  void theObjectiveNeverFallsFromRoundToRound(
      @ForAll @IntRange(min = 2, max = 5) int count,
      @ForAll boolean convolutional,
      @ForAll @IntRange(max = 1_000_000) int seed) {
    Network network = convolutional ? ManyModels.convolutional() : ManyModels.mlp();
    try (ManyModels models = ManyModels.random(network, count, seed)) {
      ManyAlignment found =
          MergeMany.align(models.spec(), models.weights(), MergeMany.Settings.withSeed(seed));
      assertRising(found.progress());
      assertEquals(
          ManyModelObjective.of(models.spec(), models.weights(), found.permutations()),
          found.objective(),
          1e-9 * Math.abs(found.objective()));
      assertTrue(found.objective() > found.objectiveBefore());
    }
  }

  static void assertRising(List<Double> progress) {
    for (int round = 1; round < progress.size(); round++) {
      assertTrue(
          progress.get(round) >= progress.get(round - 1) - 1e-6 * Math.abs(progress.get(round)),
          () -> "fell: " + progress);
    }
  }

  @Property(tries = 10, seed = "3")
  void theObjectiveIsTheMeanOverAllPairs(
      @ForAll @IntRange(min = 2, max = 5) int count,
      @ForAll boolean convolutional,
      @ForAll @IntRange(max = 1_000_000) int seed) {
    Network network = convolutional ? ManyModels.convolutional() : ManyModels.mlp();
    try (ManyModels models = ManyModels.random(network, count, seed)) {
      List<Permutations> permutations = models.permutations(seed);
      ManyAlignment alignment = new ManyAlignment("any", permutations, 0, 0, List.of(), 0, 0, seed);
      double sum = 0;
      int pairs = 0;
      for (int one = 0; one < count; one++) {
        for (int other = one + 1; other < count; other++, pairs++) {
          sum +=
              AlignmentObjective.of(
                  models.spec(),
                  models.weights().get(one),
                  models.weights().get(other),
                  alignment.between(one, other));
        }
      }
      double mean = ManyModelObjective.of(models.spec(), models.weights(), permutations);
      assertEquals(sum / pairs, mean, 1e-6 * (1 + Math.abs(mean)));
      assertEquals(
          mean,
          ManyModelObjective.of(
              models.spec(), models.weights(), ManyAlignment.inOrderOfFirst(permutations)),
          1e-6 * (1 + Math.abs(mean)));
    }
  }

  @Property(tries = 10, seed = "4")
  void anyThreeModelsAreCycleConsistent(@ForAll @IntRange(max = 1_000_000) int seed) {
    try (ManyModels models = ManyModels.random(ManyModels.mlp(), 3, seed)) {
      ManyAlignment all =
          new ManyAlignment("any", models.permutations(seed), 0, 0, List.of(), 0, 0, seed);
      for (int group = 0; group < 3; group++) {
        // C into the order of B, then that into the order of A.
        assertEquals(
            all.between(0, 2).byGroup().get(group),
            all.between(0, 1).byGroup().get(group).after(all.between(1, 2).byGroup().get(group)));
        assertEquals(
            all.between(0, 1).byGroup().get(group),
            all.between(1, 0).byGroup().get(group).inverse());
      }
    }
  }

  @Example
  void everyAlignedModelComputesTheSameFunction() {
    Network network = ManyModels.mlp();
    try (ManyModels models = ManyModels.random(network, 3, 5);
        Tensor input = RandomWeights.gaussian(9, 6, 9);
        Execution execution = Execution.forInference(network, 6)) {
      ManyAlignment found =
          MergeMany.align(models.spec(), models.weights(), MergeMany.Settings.withSeed(0));
      for (int model = 0; model < 3; model++) {
        Weights original = models.weights().get(model);
        float[] expected = execution.forward(original, input, 6).toArray();
        try (Weights aligned = found.permutations().get(model).apply(models.spec(), original)) {
          float[] outputs = execution.forward(aligned, input, 6).toArray();
          assertArrayEquals(expected, outputs, 1e-3f);
        }
      }
    }
  }

  @Example
  void theSameSeedGivesTheSamePermutations() {
    try (ManyModels models = ManyModels.random(ManyModels.mlp(), 4, 6)) {
      MergeMany.Settings settings = MergeMany.Settings.withSeed(3);
      assertEquals(
          MergeMany.align(models.spec(), models.weights(), settings).permutations(),
          MergeMany.align(models.spec(), models.weights(), settings).permutations());
    }
  }

  @Example
  void modelsThatDoNotBelongTogetherAreRefused() {
    Network network = ManyModels.mlp();
    PermutationSpec spec = PermutationSpec.of(network);
    try (Weights one = RandomWeights.gaussian(1, network);
        Weights other = RandomWeights.gaussian(1, Mlp.of(9, 12, 17, 9, 4).network())) {
      IllegalArgumentException alone =
          assertThrows(
              IllegalArgumentException.class,
              () -> MergeMany.align(spec, List.of(one), MergeMany.Settings.withSeed(0)));
      assertEquals("expected at least 2 models, found 1", alone.getMessage());
      IllegalArgumentException different =
          assertThrows(
              IllegalArgumentException.class,
              () ->
                  MergeMany.align(spec, List.of(one, one, other), MergeMany.Settings.withSeed(0)));
      assertEquals(
          "model 2, layers.2.weight: expected shape [8, 17] as in model 0, found [9, 17]",
          different.getMessage());
    }
  }
}
