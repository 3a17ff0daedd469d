package org.rebasin.model.alignment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.permutation.RandomPermutations;
import org.rebasin.model.tensor.NativeMemory;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.testing.LinkedNetworks;
import org.rebasin.model.testing.RandomWeights;

class DriftCertificateProperties {
  @Provide
  Arbitrary<Network> networks() {
    return Arbitraries.of(
        Mlp.of(7, 12, 30, 9, 3).network(),
        LinkedNetworks.convolutions(6, 10, 2, 8),
        LinkedNetworks.residual(),
        LinkedNetworks.concatenated(),
        LinkedNetworks.spread());
  }

  private static void drift(Weights weights, double deviation, long seed) {
    for (Tensor tensor : weights.tensors().values()) {
      float[] values = tensor.toArray();
      float[] noise = RandomWeights.gaussians(seed ^ values.length, values.length);
      for (int i = 0; i < values.length; i++) {
        values[i] += (float) deviation * noise[i];
      }
      tensor.values().put(0, values);
    }
  }

  /** The scores of all groups, as their matrices hold them after a visit. */
  private static AlignedGroups visited(
      PermutationSpec spec,
      Weights a,
      Weights b,
      Permutations permutations,
      Workspaces workspaces) {
    AlignedGroups groups = new AlignedGroups(spec, a, ScoreMemory.of(spec, a.parameters()));
    boolean[] anchored = new boolean[spec.groups().size()];
    Arrays.fill(anchored, true);
    GroupScores.Situation situation =
        new GroupScores.Situation(a, b, permutations.byGroup(), anchored);
    for (int group = 0; group < anchored.length; group++) {
      Permutation now = permutations.byGroup().get(group);
      AlignedGroup visited = groups.get(group);
      workspaces.with(workspace -> visited.visit(now, true, situation, workspace));
    }
    return groups;
  }

  @Property(tries = 25, seed = "1")
  void dualsAreRaisedToTheScoresOfTheDriftedWeights(
      @ForAll("networks") Network network,
      @ForAll @IntRange(max = 3) int decimals,
      @ForAll long seed) {
    PermutationSpec spec = PermutationSpec.of(network);
    Permutations permutations = RandomPermutations.of(spec, seed);
    SplittableRandom random = new SplittableRandom(seed);
    try (Weights a = RandomWeights.gaussian(seed, network);
        Weights b = RandomWeights.gaussian(seed + 100, network);
        Weights drifted = Weights.copyOf(a);
        Workspaces workspaces = new Workspaces();
        AlignedGroups before = visited(spec, a, b, permutations, workspaces)) {
      drift(drifted, Math.pow(10, -decimals), seed);
      try (AlignedGroups after = visited(spec, drifted, b, permutations, workspaces)) {
        for (int group = 0; group < spec.groups().size(); group++) {
          Permutation permutation = permutations.byGroup().get(group);
          float[] expected = after.get(group).matrix().toArray();
          try (DriftedScores scores =
              before.get(group).drifted(permutation, a, b, permutations.byGroup())) {
            assertRaises(expected, permutation, scores, drifted, random);
          }
        }
      }
    }
  }

  private static void assertRaises(
      float[] expected,
      Permutation permutation,
      DriftedScores scores,
      Weights drifted,
      SplittableRandom random) {
    int size = permutation.size();
    for (int row = 0; row < size; row++) {
      assertTrue(scores.moveTo(drifted));
      int own = permutation.get(row);
      assertEquals(expected[row * size + own], scores.own(row), 1e-3);
      float[] duals = new float[size];
      for (int column = 0; column < size; column++) {
        duals[column] = expected[row * size + column] + (float) random.nextGaussian();
      }
      float[] raised = duals.clone();
      float shift = duals[own] - scores.own(row);
      assertTrue(scores.raise(row, shift, raised));
      for (int column = 0; column < size; column++) {
        float score = expected[row * size + column];
        assertEquals(Math.max(duals[column], score + shift), raised[column], 1e-3);
      }
    }
  }

  /** Random weights have no clear matches, so that both answers come. */
  @Property(tries = 60, seed = "1")
  void whatIsCertifiedIsWhereADescentStays(
      @ForAll("networks") Network network,
      @ForAll @IntRange(max = 5) int decimals,
      @ForAll long seed) {
    PermutationSpec spec = PermutationSpec.of(network);
    try (Weights a = RandomWeights.gaussian(seed, network);
        Weights b = RandomWeights.gaussian(seed + 100, network);
        Workspaces workspaces = new Workspaces()) {
      Permutations found =
          WeightMatching.align(spec, a, b, WeightMatching.Settings.withSeed(seed)).permutations();
      try (AlignedGroups groups = visited(spec, a, b, found, workspaces);
          DriftCertificate certificate = new DriftCertificate(a, b, found, groups, workspaces);
          WarmMatching afresh = new WarmMatching(spec, false)) {
        for (int step = 0; step < 3; step++) {
          drift(a, Math.pow(10, -decimals), seed + step);
          if (certificate.covers(found, a)) {
            double best = AlignmentObjective.of(spec, a, b, afresh.match(a, b, found, seed));
            double certified = AlignmentObjective.of(spec, a, b, found);
            assertEquals(best, certified, 1e-6 * Math.abs(best));
          }
        }
      }
    }
  }

  @Property(tries = 20, seed = "1")
  void clearMatchesAreCertifiedAndExchangedUnitsAreNot(@ForAll long seed) {
    Network network = Mlp.of(20, 40, 30, 40, 10).network();
    PermutationSpec spec = PermutationSpec.of(network);
    Permutations planted = RandomPermutations.of(spec, seed);
    try (Weights a = RandomWeights.gaussian(seed, network);
        Weights b = planted.apply(spec, a);
        Workspaces workspaces = new Workspaces()) {
      drift(b, 0.3, seed);
      Permutations found =
          WeightMatching.align(spec, a, b, WeightMatching.Settings.withSeed(seed)).permutations();
      try (AlignedGroups groups = visited(spec, a, b, found, workspaces);
          DriftCertificate certificate = new DriftCertificate(a, b, found, groups, workspaces)) {
        assertTrue(certificate.covers(found, a));
        drift(a, 0.01, seed + 1);
        assertTrue(certificate.covers(found, a));
        assertFalse(certificate.covers(spec.identity(), a), "of other permutations");
        int[] exchanged = Permutation.identity(30).toArray();
        exchanged[3] = 17;
        exchanged[17] = 3;
        List<Permutation> exchange =
            List.of(Permutation.identity(40), Permutation.of(exchanged), Permutation.identity(40));
        try (Weights moved = new Permutations(exchange).apply(spec, a)) {
          assertFalse(certificate.covers(found, moved));
        }
      }
    }
  }

  @Example
  void aMatchingThatDriftsGivesItsMemoryBack() {
    Network network = Mlp.of(20, 40, 30, 10).network();
    PermutationSpec spec = PermutationSpec.of(network);
    try (Weights a = RandomWeights.gaussian(1, network);
        Weights b = RandomWeights.gaussian(2, network)) {
      long before = NativeMemory.bytes();
      try (WarmMatching matching = new WarmMatching(spec, true)) {
        Permutations found = matching.match(a, b, spec.identity(), 3);
        for (int step = 0; step < 4; step++) {
          assertEquals(found, matching.match(a, b, found, step));
        }
      }
      assertEquals(before, NativeMemory.bytes());
    }
  }

  @Example
  void aMatchingThatDriftsDescendsOnlyWhereItMust() {
    Network network = Mlp.of(20, 40, 30, 10).network();
    PermutationSpec spec = PermutationSpec.of(network);
    try (Weights a = RandomWeights.gaussian(1, network);
        Weights b = Weights.copyOf(a);
        Weights another = RandomPermutations.of(spec, 2).apply(spec, a);
        WarmMatching matching = new WarmMatching(spec, true)) {
      Permutations start = spec.identity();
      // A descent makes permutations of its own, even if they are the same.
      assertNotSame(start, matching.match(a, b, start, 3));
      drift(a, 0.01, 4);
      assertSame(start, matching.match(a, b, start, 5));
      assertNotSame(start, matching.match(another, b, start, 6));
    }
  }

  @Example
  void weightsThatAreNoNumbersAreNotCertified() {
    Network network = Mlp.of(20, 40, 30, 10).network();
    PermutationSpec spec = PermutationSpec.of(network);
    try (Weights a = RandomWeights.gaussian(1, network);
        Weights b = Weights.copyOf(a);
        Workspaces workspaces = new Workspaces();
        AlignedGroups groups = visited(spec, a, b, spec.identity(), workspaces);
        DriftCertificate certificate =
            new DriftCertificate(a, b, spec.identity(), groups, workspaces)) {
      assertTrue(certificate.covers(spec.identity(), a));
      a.tensors().values().iterator().next().values().put(0, Float.NaN);
      assertFalse(certificate.covers(spec.identity(), a));
    }
  }
}
