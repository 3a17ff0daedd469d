package org.rebasin.model.alignment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.network.Network;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.permutation.RandomPermutations;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

class WeightMatchingProperties {
  private static Network network(List<Integer> hidden) {
    List<Integer> widths = new ArrayList<>(hidden);
    widths.add(0, 9);
    widths.add(4);
    return new Mlp(widths, 0).network();
  }

  @Property(tries = 40, seed = "1")
  void theObjectiveNeverFallsAfterAGreedyFirstSweep(
      @ForAll @Size(min = 1, max = 4) List<@IntRange(min = 1, max = 60) Integer> hidden,
      @ForAll @IntRange(min = 0, max = 2) int kind,
      @ForAll long seed) {
    FirstSweep first =
        switch (kind) {
          case 0 -> new FirstSweep.InputToOutput();
          case 1 -> new FirstSweep.OutputToInput();
          default -> new FirstSweep.InRandomOrder(1);
        };
    descend(network(hidden), first, 2, seed);
  }

  @Property(tries = 30, seed = "1")
  void theObjectiveNeverFallsFromAGivenStart(
      @ForAll @Size(min = 1, max = 4) List<@IntRange(min = 1, max = 60) Integer> hidden,
      @ForAll long seed) {
    Network network = network(hidden);
    PermutationSpec spec = PermutationSpec.of(network);
    descend(network, new FirstSweep.From(RandomPermutations.of(spec, seed)), 1, seed);
  }

  /** Descends and checks each visit from the given sweep on. */
  private static void descend(Network network, FirstSweep first, int fromSweep, long seed) {
    PermutationSpec spec = PermutationSpec.of(network);
    try (Weights a = network.initialize(seed);
        Weights b = network.initialize(seed + 1)) {
      double[] last = {
        first instanceof FirstSweep.From from
            ? AlignmentObjective.of(spec, a, b, from.start())
            : Double.NEGATIVE_INFINITY
      };
      WeightMatching.Descent ended =
          Descents.run(
              spec,
              a,
              b,
              first,
              seed,
              (sweep, group, permutations) -> {
                double objective =
                    AlignmentObjective.of(spec, a, b, new Permutations(permutations));
                if (sweep >= fromSweep) {
                  assertTrue(
                      objective >= last[0] - 1e-6 * Math.abs(last[0]),
                      "sweep " + sweep + ": " + last[0] + " fell to " + objective);
                }
                last[0] = objective;
              });
      assertEquals(last[0], ended.objective(), 1e-9);
    }
  }

  @Property(tries = 10, seed = "1")
  void objectivesThatGainsTellAreThoseMeasuredAfterEachSweep(
      @ForAll @Size(min = 1, max = 4) List<@IntRange(min = 1, max = 60) Integer> hidden,
      @ForAll long seed) {
    Network network = network(hidden);
    PermutationSpec spec = PermutationSpec.of(network);
    FirstSweep first = new FirstSweep.OutputToInput();
    try (Weights a = network.initialize(seed);
        Weights b = network.initialize(seed + 1);
        AlignedGroups groups = new AlignedGroups(spec, a, ScoreMemory.of(spec, a.parameters()));
        Workspaces workspaces = new Workspaces()) {
      WeightMatching.Descent whole =
          Descents.run(spec, a, b, first, seed, CoordinateDescent.Observer.NONE);
      CoordinateDescent stepwise =
          new CoordinateDescent(spec, a, b, groups, workspaces, first, seed);
      assertEquals(whole.objective(), whole.objectives().get(whole.sweeps() - 1));
      for (int sweep = 1; sweep <= whole.sweeps(); sweep++) {
        double measured = stepwise.advance(sweep, CoordinateDescent.Observer.NONE).objective();
        assertEquals(
            measured, whole.objectives().get(sweep - 1), 1e-5 * Math.max(1, Math.abs(measured)));
      }
    }
  }

  @Property(tries = 8, seed = "1")
  void aPlantedPermutationIsRecoveredCompletely(
      @ForAll @IntRange(min = 64, max = 160) int width, @ForAll long seed) {
    Network network = Mlp.of(100, width, width, width, 10).network();
    PermutationSpec spec = PermutationSpec.of(network);
    Permutations planted = RandomPermutations.of(spec, seed);
    try (Weights a = network.initialize(seed);
        Weights b = planted.apply(spec, a)) {
      addNoise(b, 0.3, seed);
      Alignment found = WeightMatching.align(spec, a, b, WeightMatching.Settings.withSeed(seed));
      for (int group = 0; group < 3; group++) {
        assertEquals(
            planted.byGroup().get(group).inverse(), found.permutations().byGroup().get(group));
      }
    }
  }

  /** Adds uniform noise of a part of each tensor's standard deviation. */
  private static void addNoise(Weights weights, double part, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    weights
        .tensors()
        .values()
        .forEach(
            tensor -> {
              float[] values = tensor.toArray();
              double squares = 0;
              for (float value : values) {
                squares += (double) value * value;
              }
              double bound = part * Math.sqrt(3 * squares / values.length);
              for (int i = 0; i < values.length; i++) {
                tensor.values().put(i, (float) (values[i] + random.nextDouble(-bound, bound)));
              }
            });
  }

  @Property(tries = 10, seed = "1")
  void theSameSeedGivesTheSamePermutations(@ForAll long seed) {
    Network network = network(List.of(30, 40, 20));
    PermutationSpec spec = PermutationSpec.of(network);
    try (Weights a = network.initialize(1);
        Weights b = network.initialize(2)) {
      WeightMatching.Settings settings = new WeightMatching.Settings(seed, 2, Optional.empty());
      assertEquals(
          WeightMatching.align(spec, a, b, settings).permutations(),
          WeightMatching.align(spec, a, b, settings).permutations());
    }
  }

  @Property(tries = 10, seed = "1")
  void scoresKeptAndScoresComputedAfreshLeadToTheSamePermutations(@ForAll long seed) {
    Network network = Mlp.of(60, 70, 70, 50, 10).network();
    PermutationSpec spec = PermutationSpec.of(network);
    Permutations planted = RandomPermutations.of(spec, seed);
    try (Weights a = network.initialize(seed);
        Weights b = planted.apply(spec, a)) {
      addNoise(b, 0.2, seed);
      FirstSweep first = new FirstSweep.OutputToInput();
      assertEquals(
          Descents.run(spec, a, b, first, seed, CoordinateDescent.Observer.NONE).permutations(),
          Descents.run(spec, a, b, new boolean[3], first, seed, CoordinateDescent.Observer.NONE)
              .permutations());
    }
  }

  @Property(tries = 10, seed = "1")
  void aWarmMatchingUsedAgainAndAgainNeverFallsBelowItsStart(
      @ForAll long seed, @ForAll boolean drifting) {
    Network network = network(List.of(30, 40, 20));
    PermutationSpec spec = PermutationSpec.of(network);
    try (Weights a = network.initialize(seed);
        Weights b = network.initialize(seed + 1);
        WarmMatching matching = new WarmMatching(spec, drifting)) {
      Permutations first = matching.match(a, b, spec.identity(), seed);
      assertEquals(first, matching.match(a, b, spec.identity(), seed));
      assertEquals(first, matching.match(a, b, first, seed + 1));
      // What drifts is A; B may be another only where nothing is said to drift.
      addNoise(drifting ? a : b, 0.1, seed);
      double before = AlignmentObjective.of(spec, a, b, first);
      double after = AlignmentObjective.of(spec, a, b, matching.match(a, b, first, seed));
      assertTrue(after >= before - 1e-6 * Math.abs(before), before + " fell to " + after);
    }
  }

  @Property(tries = 20, seed = "1")
  void theObjectiveIsThatOfThePermutedWeights(
      @ForAll @Size(min = 1, max = 3) List<@IntRange(min = 1, max = 30) Integer> hidden,
      @ForAll long seed) {
    Network network = network(hidden);
    PermutationSpec spec = PermutationSpec.of(network);
    Permutations permutations = RandomPermutations.of(spec, seed);
    try (Weights a = network.initialize(seed);
        Weights b = network.initialize(~seed);
        Weights permuted = permutations.apply(spec, b)) {
      double expected = 0;
      for (String name : a.names()) {
        if (spec.permutes(name)) {
          Tensor tensor = a.get(name);
          for (int i = 0; i < tensor.size(); i++) {
            expected += (double) tensor.values().get(i) * permuted.get(name).values().get(i);
          }
        }
      }
      assertEquals(expected, AlignmentObjective.of(spec, a, b, permutations), 1e-9);
    }
  }
}
