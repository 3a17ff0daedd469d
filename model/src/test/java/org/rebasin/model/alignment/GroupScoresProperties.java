package org.rebasin.model.alignment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.network.Network;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.PermutationGroup;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.permutation.RandomPermutations;
import org.rebasin.model.tensor.NativeMemory;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.testing.LinkedNetworks;
import org.rebasin.model.testing.RandomWeights;

class GroupScoresProperties {
  @Provide
  Arbitrary<Network> networks() {
    return Arbitraries.of(
        Mlp.of(7, 12, 30, 9, 3).network(),
        // Wider than a panel of 768 columns.
        Mlp.of(800, 20, 15, 2).network(),
        LinkedNetworks.convolutions(6, 10, 2, 8),
        // Several panels of 768 / 9 units, and of 768 / 64.
        LinkedNetworks.convolutions(90, 14, 8, 6),
        LinkedNetworks.residual(),
        LinkedNetworks.concatenated(),
        LinkedNetworks.spread());
  }

  /** Fewer and fewer units move, as in a descent. */
  @Property(tries = 25, seed = "1")
  void scoresKeptThroughManyMovesAreThoseComputedAfresh(
      @ForAll("networks") Network network, @ForAll long seed) {
    PermutationSpec spec = PermutationSpec.of(network);
    SplittableRandom random = new SplittableRandom(seed);
    boolean[] anchored = new boolean[spec.groups().size()];
    Arrays.fill(anchored, true);
    try (Weights a = RandomWeights.gaussian(seed, network);
        Weights b = RandomWeights.gaussian(seed + 100, network)) {
      for (int group = 0; group < spec.groups().size(); group++) {
        int size = spec.groups().get(group).size();
        GroupScores scores = new GroupScores(spec, group, a);
        List<Permutation> permutations =
            new ArrayList<>(RandomPermutations.of(spec, seed).byGroup());
        try (Tensor kept = Tensor.allocate(size, size);
            Tensor panels = Tensor.allocate(2, scores.panelSize())) {
          for (int swaps : new int[] {0, 40, 5, 1}) {
            for (int g = 0; g < permutations.size(); g++) {
              permutations.set(g, swapped(permutations.get(g), swaps, random));
            }
            scores.update(
                kept,
                swaps < 40 && swaps > 0,
                situation(a, b, permutations, anchored),
                panels(panels));
            assertScores(spec, group, a, b, permutations, anchored, kept);
          }
        }
      }
    }
  }

  @Property(seed = "1")
  void scoresFollowUnitsThatAllMoveBackToTheirOwnPlaces(@ForAll("networks") Network network) {
    PermutationSpec spec = PermutationSpec.of(network);
    List<Permutation> identity = spec.identity().byGroup();
    List<Permutation> rotated = identity.stream().map(GroupScoresProperties::rotated).toList();
    boolean[] anchored = new boolean[identity.size()];
    Arrays.fill(anchored, true);
    try (Weights a = RandomWeights.gaussian(1, network);
        Weights b = RandomWeights.gaussian(2, network)) {
      for (int group = 0; group < identity.size(); group++) {
        int size = spec.groups().get(group).size();
        GroupScores scores = new GroupScores(spec, group, a);
        try (Tensor kept = Tensor.allocate(size, size);
            Tensor panels = Tensor.allocate(2, scores.panelSize())) {
          scores.update(kept, false, situation(a, b, rotated, anchored), panels(panels));
          scores.update(kept, true, situation(a, b, identity, anchored), panels(panels));
          assertScores(spec, group, a, b, identity, anchored, kept);
        }
      }
    }
  }

  private static Permutation rotated(Permutation permutation) {
    int size = permutation.size();
    int[] sources = new int[size];
    Arrays.setAll(sources, i -> permutation.get((i + 1) % size));
    return Permutation.of(sources);
  }

  @Property(tries = 15, seed = "1")
  void onlyAnchoredNeighboursCountAndLateOnesAreAdded(
      @ForAll("networks") Network network, @ForAll long seed) {
    PermutationSpec spec = PermutationSpec.of(network);
    List<Permutation> permutations = RandomPermutations.of(spec, seed).byGroup();
    try (Weights a = RandomWeights.gaussian(seed, network);
        Weights b = RandomWeights.gaussian(seed + 100, network)) {
      for (int group = 0; group < spec.groups().size(); group++) {
        int size = spec.groups().get(group).size();
        GroupScores scores = new GroupScores(spec, group, a);
        boolean[] anchored = new boolean[spec.groups().size()];
        try (Tensor kept = Tensor.allocate(size, size);
            Tensor panels = Tensor.allocate(2, scores.panelSize())) {
          for (int g = 0; g <= anchored.length; g++) {
            scores.update(kept, g > 0, situation(a, b, permutations, anchored), panels(panels));
            assertScores(spec, group, a, b, permutations, anchored, kept);
            if (g < anchored.length) {
              anchored[g] = true;
            }
          }
        }
      }
    }
  }

  @Property(tries = 10, seed = "1")
  void scoresWhoseNeighboursStayedAreLeftAlone(
      @ForAll("networks") Network network, @ForAll long seed) {
    PermutationSpec spec = PermutationSpec.of(network);
    List<Permutation> permutations = RandomPermutations.of(spec, seed).byGroup();
    boolean[] anchored = new boolean[permutations.size()];
    Arrays.fill(anchored, true);
    try (Weights a = RandomWeights.gaussian(seed, network);
        Weights b = RandomWeights.gaussian(seed + 100, network)) {
      for (int group = 0; group < permutations.size(); group++) {
        int size = spec.groups().get(group).size();
        GroupScores scores = new GroupScores(spec, group, a);
        try (Tensor kept = Tensor.allocate(size, size);
            Tensor panels = Tensor.allocate(2, scores.panelSize())) {
          scores.update(kept, false, situation(a, b, permutations, anchored), panels(panels));
          float[] before = kept.toArray();
          assertEquals(
              0,
              scores.update(kept, true, situation(a, b, permutations, anchored), panels(panels)));
          assertArrayEquals(before, kept.toArray());
        }
      }
    }
  }

  @Property(tries = 6, seed = "1")
  void plantedPermutationOfConvolutionsIsRecoveredWhateverIsKept(
      @ForAll @IntRange(min = 32, max = 64) int width, @ForAll long seed) {
    Network network = LinkedNetworks.convolutions(width, width, 2, 64);
    PermutationSpec spec = PermutationSpec.of(network);
    Permutations planted = RandomPermutations.of(spec, seed);
    List<Permutation> expected = planted.byGroup().stream().map(Permutation::inverse).toList();
    try (Weights a = RandomWeights.gaussian(seed, network);
        Weights b = planted.apply(spec, a)) {
      addNoise(b, seed);
      for (boolean keep : new boolean[] {true, false}) {
        boolean[] kept = new boolean[expected.size()];
        Arrays.fill(kept, keep);
        for (FirstSweep first :
            List.of(new FirstSweep.InputToOutput(), new FirstSweep.OutputToInput())) {
          assertEquals(
              expected,
              Descents.run(spec, a, b, kept, first, seed, CoordinateDescent.Observer.NONE)
                  .permutations()
                  .byGroup());
        }
      }
    }
  }

  private static void addNoise(Weights weights, long seed) {
    for (Tensor tensor : weights.tensors().values()) {
      float[] values = tensor.toArray();
      float[] noise = RandomWeights.gaussians(seed ^ values.length, values.length);
      for (int i = 0; i < values.length; i++) {
        values[i] += 0.3f * noise[i];
      }
      tensor.values().put(0, values);
    }
  }

  /** Each start tried alone: the best of several would hide a bad one. */
  @Property(tries = 20, seed = "1")
  void objectiveOfConvolutionsNeverFallsAfterTheFirstSweep(
      @ForAll("networks") Network network, @ForAll @IntRange(max = 3) int kind, @ForAll long seed) {
    PermutationSpec spec = PermutationSpec.of(network);
    FirstSweep first =
        switch (kind) {
          case 0 -> new FirstSweep.InputToOutput();
          case 1 -> new FirstSweep.OutputToInput();
          case 2 -> new FirstSweep.InRandomOrder(0);
          default -> new FirstSweep.From(RandomPermutations.of(spec, seed));
        };
    try (Weights a = RandomWeights.gaussian(seed, network);
        Weights b = RandomWeights.gaussian(seed + 100, network)) {
      List<Double> objectives = new ArrayList<>();
      if (first instanceof FirstSweep.From from) {
        objectives.add(AlignmentObjective.of(spec, a, b, from.start()));
      }
      Descents.run(
          spec,
          a,
          b,
          first,
          seed,
          (sweep, group, permutations) -> {
            double now = AlignmentObjective.of(spec, a, b, new Permutations(permutations));
            if (sweep == 1 && !(first instanceof FirstSweep.From)) {
              objectives.clear();
            } else {
              double last = objectives.get(objectives.size() - 1);
              assertEquals(Math.max(last, now), now, 1e-6 * (1 + Math.abs(last)), "sweep " + sweep);
            }
            objectives.add(now);
          });
    }
  }

  /** Visits of groups without a tensor in common run side by side, and ahead of their sweep. */
  @Property(tries = 15, seed = "1")
  void visitsSideBySideEndWhereOneAfterTheOtherEnds(
      @ForAll("networks") Network network, @ForAll long seed) {
    PermutationSpec spec = PermutationSpec.of(network);
    try (Weights a = RandomWeights.gaussian(seed, network);
        Weights b = RandomWeights.gaussian(seed + 100, network)) {
      assertEquals(
          Descents.oneAfterTheOther(spec, a, b, seed),
          Descents.run(
                  spec, a, b, new FirstSweep.InputToOutput(), seed, CoordinateDescent.Observer.NONE)
              .permutations()
              .byGroup());
    }
  }

  @Property(tries = 5, seed = "1")
  void alignmentIsTheSameWhoeverElseUsesTheCores(@ForAll long seed) {
    Network network = LinkedNetworks.residual();
    PermutationSpec spec = PermutationSpec.of(network);
    WeightMatching.Settings settings = new WeightMatching.Settings(seed, 2, List.of(), 3);
    try (Weights a = RandomWeights.gaussian(seed, network);
        Weights b = RandomWeights.gaussian(seed + 100, network)) {
      Permutations alone = WeightMatching.align(spec, a, b, settings).permutations();
      Parallel.forEach(
          4, i -> assertEquals(alone, WeightMatching.align(spec, a, b, settings).permutations()));
    }
  }

  @Property(tries = 10, seed = "1")
  void kicksAndStartsNeverLowerTheObjective(
      @ForAll("networks") Network network, @ForAll long seed) {
    PermutationSpec spec = PermutationSpec.of(network);
    try (Weights a = RandomWeights.gaussian(seed, network);
        Weights b = RandomWeights.gaussian(seed + 100, network)) {
      Alignment plain = WeightMatching.align(spec, a, b, WeightMatching.Settings.withSeed(seed));
      Permutations start = RandomPermutations.of(spec, seed);
      Alignment more =
          WeightMatching.align(
              spec, a, b, new WeightMatching.Settings(seed, 1, List.of(start, start), 4));
      assertTrue(more.objective() >= plain.objective());
      assertEquals(more.objective(), AlignmentObjective.of(spec, a, b, more.permutations()), 1e-9);
    }
  }

  @Example
  void descentGivesItsMemoryBack() {
    Network network = LinkedNetworks.convolutions(6, 10, 2, 8);
    PermutationSpec spec = PermutationSpec.of(network);
    try (Weights a = RandomWeights.gaussian(1, network);
        Weights b = RandomWeights.gaussian(2, network)) {
      long before = NativeMemory.bytes();
      WeightMatching.align(spec, a, b, WeightMatching.Settings.withSeed(3));
      assertEquals(before, NativeMemory.bytes());
    }
  }

  @Example
  void networkWithoutHiddenUnitsHasNothingToAlign() {
    Network network = Mlp.of(6, 3).network();
    PermutationSpec spec = PermutationSpec.of(network);
    try (Weights a = network.initialize(1);
        Weights b = network.initialize(2)) {
      Alignment alignment = WeightMatching.align(spec, a, b, WeightMatching.Settings.withSeed(3));
      assertEquals(List.of(), alignment.permutations().byGroup());
      assertEquals(0, alignment.objective());
    }
  }

  private static Permutation swapped(Permutation permutation, int swaps, SplittableRandom random) {
    int[] sources = permutation.toArray();
    for (int i = 0; i < swaps; i++) {
      int one = random.nextInt(sources.length);
      int other = random.nextInt(sources.length);
      int kept = sources[one];
      sources[one] = sources[other];
      sources[other] = kept;
    }
    return Permutation.of(sources);
  }

  private static GroupScores.Situation situation(
      Weights a, Weights b, List<Permutation> permutations, boolean[] anchored) {
    return new GroupScores.Situation(a, b, permutations, anchored);
  }

  private static GroupScores.Panels panels(Tensor both) {
    int length = both.dimension(1);
    return new GroupScores.Panels(
        both.values().slice(0, length), both.values().slice(length, length));
  }

  /** {@code S[i, j]}: the products of slot i of A and unit j of B, everything else permuted. */
  private static void assertScores(
      PermutationSpec spec,
      int group,
      Weights a,
      Weights b,
      List<Permutation> permutations,
      boolean[] anchored,
      Tensor found) {
    PermutationGroup members = spec.groups().get(group);
    int size = members.size();
    double[] expected = new double[size * size];
    double squares = 1;
    for (PermutationGroup.Axis axis : members.axes()) {
      Tensor tensor = a.get(axis.tensor());
      int columns = tensor.rank() > 1 ? tensor.dimension(1) : 1;
      int[] lengths = {tensor.dimension(0), columns};
      int inner = tensor.size() / lengths[0] / columns;
      int[] sources =
          sources(spec, axis.tensor(), 1 - axis.axis(), lengths, permutations, anchored);
      float[] x = tensor.toArray();
      float[] y = b.get(axis.tensor()).toArray();
      for (int i = 0; i < size; i++) {
        for (int j = 0; j < size; j++) {
          for (int s = 0; s < axis.block(); s++) {
            int slot = axis.offset() + i * axis.block() + s;
            int unit = axis.offset() + j * axis.block() + s;
            for (int other = 0; other < sources.length; other++) {
              int source = sources[other];
              for (int p = 0; p < inner && source >= 0; p++) {
                int left = axis.axis() == 0 ? slot * columns + other : other * columns + slot;
                int right = axis.axis() == 0 ? unit * columns + source : source * columns + unit;
                expected[i * size + j] += (double) x[left * inner + p] * y[right * inner + p];
              }
            }
          }
        }
      }
      squares += (double) sources.length * axis.block() * inner;
    }
    for (int i = 0; i < expected.length; i++) {
      assertEquals(
          expected[i],
          found.values().get(i),
          1e-5 * Math.sqrt(squares),
          members.name() + " at " + i / size + ", " + i % size);
    }
  }

  /** What each place of an axis takes; −1 where the group there is not anchored. */
  private static int[] sources(
      PermutationSpec spec,
      String tensor,
      int axis,
      int[] lengths,
      List<Permutation> permutations,
      boolean[] anchored) {
    int[] sources = new int[lengths[axis]];
    Arrays.setAll(sources, i -> i);
    for (PermutationSpec.Member member : spec.members(tensor, axis)) {
      Permutation permutation = permutations.get(member.group());
      for (int i = 0; i < permutation.size() * member.block(); i++) {
        int source = permutation.get(i / member.block()) * member.block() + i % member.block();
        sources[member.offset() + i] = anchored[member.group()] ? member.offset() + source : -1;
      }
    }
    return sources;
  }
}
