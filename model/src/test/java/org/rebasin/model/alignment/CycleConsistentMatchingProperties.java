package org.rebasin.model.alignment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.network.Network;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.permutation.RandomPermutations;
import org.rebasin.model.tensor.Tensor;

class CycleConsistentMatchingProperties {
  private static Network network(boolean convolutional) {
    return convolutional ? ManyModels.convolutional() : ManyModels.mlp();
  }

  @Property(tries = 12, seed = "1")
  void plantedPermutationsOfSeveralModelsAreRecoveredCompletely(
      @ForAll @IntRange(max = 3) int starts, @ForAll long seed) {
    Network network = Mlp.of(40, 48, 64, 40, 10).network();
    PermutationSpec spec = PermutationSpec.of(network);
    List<Permutations> orders =
        List.of(RandomPermutations.of(spec, seed), RandomPermutations.of(spec, seed + 1));
    try (ManyModels models = ManyModels.planted(network, orders, 0.3, seed)) {
      ManyAlignment found =
          CycleConsistentMatching.align(
              spec,
              models.weights(),
              new CycleConsistentMatching.Settings(seed, starts, 200, 1e-6));
      MergeManyProperties.assertRecovered(spec, orders, found);
    }
  }

  @Property(tries = 12, seed = "2")
  void theObjectiveNeverFalls(
      @ForAll @IntRange(min = 2, max = 4) int count,
      @ForAll @IntRange(max = 3) int starts,
      @ForAll boolean convolutional,
      @ForAll @IntRange(max = 1_000_000) int seed) {
    try (ManyModels models = ManyModels.random(network(convolutional), count, seed)) {
      ManyAlignment found =
          CycleConsistentMatching.align(
              models.spec(),
              models.weights(),
              new CycleConsistentMatching.Settings(seed, starts, 200, 1e-6));
      MergeManyProperties.assertRising(found.progress());
      assertTrue(found.objective() > found.objectiveBefore());
      assertEquals(models.spec().identity(), found.permutations().get(0));
    }
  }

  @Example
  void theSameSeedGivesTheSamePermutations() {
    try (ManyModels models = ManyModels.random(ManyModels.mlp(), 4, 6)) {
      CycleConsistentMatching.Settings settings = CycleConsistentMatching.Settings.withSeed(3);
      assertEquals(
          CycleConsistentMatching.align(models.spec(), models.weights(), settings).permutations(),
          CycleConsistentMatching.align(models.spec(), models.weights(), settings).permutations());
    }
  }

  @Property(tries = 12, seed = "3")
  void theGradientIsWhatTheObjectiveGainsByAPermutation(
      @ForAll boolean convolutional, @ForAll @IntRange(max = 1_000_000) int seed) {
    try (ManyModels models = ManyModels.random(network(convolutional), 3, seed)) {
      PermutationSpec spec = models.spec();
      List<Permutations> start = models.permutations(seed);
      int moved = seed % 3;
      try (PermutedSum sum = new PermutedSum(spec, models.weights().get(0));
          SoftGradient gradient = new SoftGradient(spec, models.weights().get(0));
          SoftModel soft = new SoftModel(spec, models.weights().get(moved), start.get(moved))) {
        sum.set(models.weights(), start);
        Permutations other = RandomPermutations.of(spec, seed + 7);
        for (int group = 0; group < spec.groups().size(); group++) {
          FloatBuffer slopes = gradient.compute(group, soft, sum.weights());
          List<Permutation> changed = new ArrayList<>(start.get(moved).byGroup());
          changed.set(group, other.byGroup().get(group));
          List<Permutations> end = new ArrayList<>(start);
          end.set(moved, new Permutations(changed));
          double gain =
              3
                  * (ManyModelObjective.of(spec, models.weights(), end)
                      - ManyModelObjective.of(spec, models.weights(), start));
          double linear =
              along(slopes, changed.get(group))
                  - along(slopes, start.get(moved).byGroup().get(group));
          assertEquals(gain, linear, 1e-3, spec.groups().get(group).name());
        }
      }
    }
  }

  private static double along(FloatBuffer slopes, Permutation permutation) {
    double sum = 0;
    for (int slot = 0; slot < permutation.size(); slot++) {
      sum += slopes.get(slot * permutation.size() + permutation.get(slot));
    }
    return sum;
  }

  @Property(tries = 12, seed = "4")
  void aSoftModelIsMultipliedByItsDoublyStochasticMatrices(
      @ForAll boolean convolutional, @ForAll @IntRange(max = 1_000_000) int seed) {
    try (ManyModels models = ManyModels.random(network(convolutional), 3, seed)) {
      PermutationSpec spec = models.spec();
      List<Permutations> vertices = models.permutations(seed);
      double[] weights = {0.42, 0.28, 0.3};
      try (SoftModel soft = new SoftModel(spec, models.weights().get(0), vertices.get(0))) {
        soft.move(vertices.get(1), 0.4);
        soft.move(vertices.get(2), 0.3);
        for (String name : models.weights().get(0).names()) {
          if (spec.permutes(name)) {
            assertIsProduct(models, vertices, weights, name, soft.moved(name));
          }
        }
      }
    }
  }

  /** {@code X₀·W·X₁ᵀ = Σ_jk weight_j·weight_k·P_j·W·P_kᵀ} where both axes carry groups. */
  private static void assertIsProduct(
      ManyModels models, List<Permutations> vertices, double[] weights, String name, Tensor found) {
    Tensor source = models.weights().get(0).get(name);
    int columns = source.size() / source.dimension(0);
    double[] expected = new double[source.size()];
    for (int j = 0; j < weights.length; j++) {
      for (int k = 0; k < weights.length; k++) {
        Permutations.Placement rows = vertices.get(j).placement(models.spec(), name, source);
        Permutations.Placement blocks = vertices.get(k).placement(models.spec(), name, source);
        float[] row = new float[columns];
        float[] moved = new float[columns];
        for (int r = 0; r < source.dimension(0); r++) {
          source.values().get(rows.row(r) * columns, row);
          float[] placed = blocks.columns(row, moved);
          for (int c = 0; c < columns; c++) {
            expected[r * columns + c] += weights[j] * weights[k] * placed[c];
          }
        }
      }
    }
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], found.values().get(i), 1e-5, name);
    }
  }

  @Property(tries = 6, seed = "5")
  void whatAnIterationReportsIsTheObjectiveItReached(
      @ForAll boolean convolutional, @ForAll @IntRange(max = 1_000_000) int seed) {
    try (ManyModels models = ManyModels.random(network(convolutional), 3, seed)) {
      List<Permutations> start = models.permutations(seed);
      try (FrankWolfe search = new FrankWolfe(models.spec(), models.weights(), List.of(start))) {
        List<Double> sums = search.iterate(200, 0);
        double soft = sums.get(sums.size() - 1) / 3;
        List<Permutations> rounded = search.round();
        double after = ManyModelObjective.of(models.spec(), models.weights(), rounded);
        assertTrue(after >= soft - 1e-6 * Math.abs(soft), soft + " was rounded to " + after);
      }
    }
  }

  @Property(tries = 200, seed = "6")
  void theStepIsTheBestOnTheWholeLine(@ForAll @IntRange(max = 1_000_000) int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    boolean cubic = seed % 4 == 0;
    Quartic line =
        new Quartic(
            random.nextDouble(-1, 1),
            random.nextDouble(-1, 1),
            random.nextDouble(-3, 3),
            seed % 8 == 0 ? 0 : random.nextDouble(-5, 5),
            cubic ? 0 : random.nextDouble(-5, 5));
    double best = line.argMax();
    assertTrue(best >= 0 && best <= 1);
    for (int i = 0; i <= 1000; i++) {
      assertTrue(line.at(best) >= line.at(i / 1000.0) - 1e-12, line + " at " + i / 1000.0);
    }
  }
}
