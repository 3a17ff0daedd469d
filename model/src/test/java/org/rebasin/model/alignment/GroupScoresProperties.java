package org.rebasin.model.alignment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.rebasin.model.network.Addition;
import org.rebasin.model.network.Dense;
import org.rebasin.model.network.Flatten;
import org.rebasin.model.network.Mlp;
import org.rebasin.model.network.Network;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.PermutationGroup;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.permutation.RandomPermutations;
import org.rebasin.model.tensor.NativeMemory;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.testing.ConvolutionShape;
import org.rebasin.model.testing.RandomWeights;

class GroupScoresProperties {
  @Provide
  Arbitrary<Network> networks() {
    return Arbitraries.of(
        Mlp.of(7, 12, 30, 9, 3).network(),
        // Wider than a panel of 768 columns.
        Mlp.of(800, 20, 15, 2).network(),
        convolutions(6, 10, 2, 8),
        // Several panels of 768 / 9 units, and of 768 / 64.
        convolutions(90, 14, 8, 6),
        residual());
  }

  private static Network convolutions(int first, int second, int side, int dense) {
    return Network.builder("convolutions", List.of(3, side, side))
        .then("one", new ConvolutionShape("one", 3, first, 3))
        .then("two", new ConvolutionShape("two", first, second, 3))
        .then("flatten", new Flatten(List.of(second, side, side)))
        .then("three", new Dense("three.w", Optional.of("three.b"), second * side * side, dense))
        .then("four", new Dense("four.w", Optional.empty(), dense, 4))
        .build();
  }

  private static Network residual() {
    Network.Builder builder = Network.builder("residual", List.of(3, 4, 4));
    int stem = builder.add("stem", new ConvolutionShape("stem", 3, 11, 3), List.of(0));
    int in = builder.add("in", new ConvolutionShape("in", 11, 8, 3), List.of(stem));
    int out = builder.add("out", new ConvolutionShape("out", 8, 11, 1), List.of(in));
    int sum = builder.add("sum", new Addition(), List.of(stem, out));
    int flat = builder.add("flatten", new Flatten(List.of(11, 4, 4)), List.of(sum));
    builder.add("head", new Dense("head.w", Optional.empty(), 176, 5), List.of(flat));
    return builder.build();
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
        GroupScores scores = new GroupScores(spec, group, a, b);
        List<Permutation> permutations =
            new ArrayList<>(RandomPermutations.of(spec, seed).byGroup());
        try (Tensor kept = Tensor.allocate(size, size);
            Tensor panels = Tensor.allocate(2, scores.panelSize())) {
          for (int swaps : new int[] {0, 40, 5, 1}) {
            for (int g = 0; g < permutations.size(); g++) {
              permutations.set(g, swapped(permutations.get(g), swaps, random));
            }
            scores.update(kept, swaps < 40 && swaps > 0, permutations, anchored, panels(panels));
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
        GroupScores scores = new GroupScores(spec, group, a, b);
        try (Tensor kept = Tensor.allocate(size, size);
            Tensor panels = Tensor.allocate(2, scores.panelSize())) {
          scores.update(kept, false, rotated, anchored, panels(panels));
          scores.update(kept, true, identity, anchored, panels(panels));
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
        GroupScores scores = new GroupScores(spec, group, a, b);
        boolean[] anchored = new boolean[spec.groups().size()];
        try (Tensor kept = Tensor.allocate(size, size);
            Tensor panels = Tensor.allocate(2, scores.panelSize())) {
          for (int g = 0; g <= anchored.length; g++) {
            scores.update(kept, g > 0, permutations, anchored, panels(panels));
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
        GroupScores scores = new GroupScores(spec, group, a, b);
        try (Tensor kept = Tensor.allocate(size, size);
            Tensor panels = Tensor.allocate(2, scores.panelSize())) {
          scores.update(kept, false, permutations, anchored, panels(panels));
          float[] before = kept.toArray();
          assertEquals(0, scores.update(kept, true, permutations, anchored, panels(panels)));
          assertArrayEquals(before, kept.toArray());
        }
      }
    }
  }

  @Property(tries = 6, seed = "1")
  void plantedPermutationOfConvolutionsIsRecoveredWhateverIsKept(
      @ForAll @IntRange(min = 32, max = 64) int width, @ForAll long seed) {
    Network network = convolutions(width, width, 2, 64);
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
          try (CoordinateDescent descent =
              new CoordinateDescent(spec, a, b, new ScoreMemory(kept, true))) {
            assertEquals(
                expected,
                descent.run(first, seed, CoordinateDescent.Observer.NONE).permutations().byGroup());
          }
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
        Weights b = RandomWeights.gaussian(seed + 100, network);
        CoordinateDescent descent =
            new CoordinateDescent(spec, a, b, ScoreMemory.of(spec, a.parameters()))) {
      List<Double> objectives = new ArrayList<>();
      if (first instanceof FirstSweep.From from) {
        objectives.add(AlignmentObjective.of(spec, a, b, from.start()));
      }
      descent.run(
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

  @Example
  void descentGivesItsMemoryBack() {
    Network network = convolutions(6, 10, 2, 8);
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
    List<Permutation> others = new ArrayList<>(permutations);
    others.set(group, Permutation.identity(size));
    double[] expected = new double[size * size];
    double squares = 1;
    for (PermutationGroup.Axis axis : members.axes()) {
      List<PermutationSpec.Member> other = spec.members(axis.tensor(), 1 - axis.axis());
      if (!other.isEmpty() && !anchored[other.get(0).group()]) {
        continue;
      }
      Tensor left = a.get(axis.tensor());
      try (Tensor right = Tensor.allocate(left.shape())) {
        new Permutations(others).apply(spec, axis.tensor(), b.get(axis.tensor()), right);
        // The tensor is [outer, size, inner] with the group's units in the middle.
        int outer = axis.axis() == 0 ? 1 : left.dimension(0);
        int inner = left.size() / outer / size;
        squares += outer * inner;
        float[] x = left.toArray();
        float[] y = right.toArray();
        for (int i = 0; i < size; i++) {
          for (int j = 0; j < size; j++) {
            for (int o = 0; o < outer; o++) {
              for (int p = 0; p < inner; p++) {
                expected[i * size + j] +=
                    (double) x[(o * size + i) * inner + p] * y[(o * size + j) * inner + p];
              }
            }
          }
        }
      }
    }
    for (int i = 0; i < expected.length; i++) {
      assertEquals(
          expected[i],
          found.values().get(i),
          1e-5 * Math.sqrt(squares),
          members.name() + " at " + i / size + ", " + i % size);
    }
  }
}
