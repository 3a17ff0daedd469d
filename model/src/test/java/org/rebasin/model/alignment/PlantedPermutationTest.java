package org.rebasin.model.alignment;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rebasin.model.architecture.Architecture;
import org.rebasin.model.network.Network;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.permutation.RandomPermutations;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * Weight matching finds a permutation that was hidden under noise, in every family.
 *
 * <p>The large networks are left out of ordinary builds. {@code mvn -pl model
 * -Dtest=PlantedPermutationTest -Dgroups=large -DexcludedGroups=none -DfailIfNoTests=false test}
 * runs them, in a few minutes.
 */
class PlantedPermutationTest {
  private static final double NOISE = 0.3;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "vgg11:width=16",
        "vgg16:width=8,norm=batch,image=64",
        "resnet20:width=4",
        "resnet8:width=4,norm=batch,shortcut=conv1",
        "resnet8:width=4,norm=group1,shortcut=pad",
        "resnet18:width=16",
        "resnet50:width=16"
      })
  void aPlantedPermutationIsRecoveredCompletely(String architecture) {
    Network network = Architecture.parse(architecture).network();
    PermutationSpec spec = PermutationSpec.of(network);
    Permutations planted = RandomPermutations.of(spec, 11);
    try (Weights a = network.initialize(12);
        Weights b = planted.apply(spec, a)) {
      addNoise(b, 13);
      Permutations found =
          WeightMatching.align(spec, a, b, WeightMatching.Settings.withSeed(14)).permutations();
      for (int group = 0; group < spec.groups().size(); group++) {
        assertEquals(
            planted.byGroup().get(group).inverse(),
            found.byGroup().get(group),
            spec.groups().get(group).name());
      }
    }
  }

  @Tag("large")
  @ParameterizedTest
  @ValueSource(
      strings = {
        "mlp:784-512-512-512-10",
        "mlp:3072-512-512-512-10",
        "vgg11",
        "vgg13:norm=batch",
        "vgg16",
        "vgg19:norm=none",
        "vgg11:image=224",
        "resnet20:width=4,norm=batch,shortcut=conv1",
        "resnet20:width=4,norm=group1,shortcut=pad",
        "resnet20:width=16",
        "resnet32:width=4",
        "resnet44:width=4",
        "resnet56:width=4",
        "resnet110:width=4",
        "resnet110:width=4,norm=batch,shortcut=pad",
        "resnet18",
        "resnet34",
        "resnet50",
        "resnet101"
      })
  void aPlantedPermutationIsRecoveredCompletelyInALargeNetwork(String architecture) {
    aPlantedPermutationIsRecoveredCompletely(architecture);
  }

  /** Adds uniform noise to each tensor, of a part of its values' root mean square. */
  private static void addNoise(Weights weights, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (Tensor tensor : weights.tensors().values()) {
      float[] values = tensor.toArray();
      double squares = 0;
      for (float value : values) {
        squares += (double) value * value;
      }
      double bound = NOISE * Math.sqrt(3 * squares / values.length);
      if (bound > 0) {
        for (int i = 0; i < values.length; i++) {
          values[i] += (float) random.nextDouble(-bound, bound);
        }
        tensor.values().put(0, values);
      }
    }
  }
}
