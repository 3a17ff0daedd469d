package org.rebasin.model.alignment;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.rebasin.model.permutation.LinearAssignmentSolver;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * One descent of weight matching: visits the groups in turn and gives each the assignment that is
 * best for the permutations of all others, until a whole sweep changes nothing. The objective never
 * falls from visit to visit, but for a greedy first sweep, which counts only what is anchored.
 *
 * <p>Owns the score matrices; close it. For one thread.
 */
final class CoordinateDescent implements AutoCloseable {
  /** A step must gain more than this part of the scores' size: single precision tells no less. */
  private static final double TOLERANCE = 1e-7;

  private final PermutationSpec spec;
  private final Weights a;
  private final Weights b;
  private final boolean[] kept;
  private final List<GroupScores> scores = new ArrayList<>();
  private final Map<Integer, Tensor> matrices = new HashMap<>();
  private final List<Tensor> owned = new ArrayList<>();
  private final GroupScores.Panels panels;
  private final GroupAssignment assignment;

  private final List<Permutation> permutations;
  private final boolean[] anchored;

  CoordinateDescent(PermutationSpec spec, Weights a, Weights b, ScoreMemory memory) {
    this(spec, a, b, memory, new LinearAssignmentSolver());
  }

  CoordinateDescent(
      PermutationSpec spec,
      Weights a,
      Weights b,
      ScoreMemory memory,
      LinearAssignmentSolver solver) {
    this.assignment = new GroupAssignment(solver);
    this.spec = spec;
    this.a = a;
    this.b = b;
    this.kept = memory.kept();
    this.permutations = new ArrayList<>(spec.identity().byGroup());
    this.anchored = new boolean[permutations.size()];
    int panelSize = 1;
    for (int group = 0; group < permutations.size(); group++) {
      scores.add(new GroupScores(spec, group, a, b));
      panelSize = Math.max(panelSize, scores.get(group).panelSize());
    }
    panels = new GroupScores.Panels(allocate(panelSize).values(), allocate(panelSize).values());
  }

  private Tensor allocate(int... shape) {
    Tensor tensor = Tensor.allocate(shape);
    owned.add(tensor);
    return tensor;
  }

  /** Sees each visit, for tests and progress. */
  interface Observer {
    Observer NONE = (sweep, group, permutations) -> {};

    /** A group was visited; {@code permutations} are those of all groups now. */
    void visited(int sweep, int group, List<Permutation> permutations);
  }

  WeightMatching.Descent run(FirstSweep first, long seed, Observer observer) {
    SplittableRandom random = new SplittableRandom(seed);
    int groups = permutations.size();
    int[] order = IntStream.range(0, groups).toArray();
    if (first instanceof FirstSweep.OutputToInput) {
      order = IntStream.range(0, groups).map(i -> groups - 1 - i).toArray();
    } else if (first instanceof FirstSweep.InRandomOrder restart) {
      for (int skipped = 0; skipped <= restart.restart(); skipped++) {
        random = random.split();
      }
      shuffle(order, random);
    } else if (first instanceof FirstSweep.From from) {
      Arrays.fill(anchored, true);
      for (int group = 0; group < groups; group++) {
        permutations.set(group, from.start().byGroup().get(group));
      }
      shuffle(order, random);
    }
    int sweeps = 0;
    boolean improved = groups > 0;
    while (improved && sweeps < WeightMatching.MAXIMUM_SWEEPS) {
      improved = false;
      sweeps++;
      for (int group : order) {
        improved |= visit(group);
        observer.visited(sweeps, group, permutations);
      }
      shuffle(order, random);
    }
    Permutations found = new Permutations(permutations);
    return new WeightMatching.Descent(found, AlignmentObjective.of(spec, a, b, found), sweeps);
  }

  private static void shuffle(int[] order, SplittableRandom random) {
    for (int i = order.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
  }

  /** Solves one group's assignment; returns whether its permutation changed. */
  private boolean visit(int group) {
    boolean visitedBefore = matrices.containsKey(group);
    Tensor matrix = matrix(group);
    int moved =
        scores
            .get(group)
            .update(matrix, visitedBefore && kept[group], permutations, anchored, panels);
    boolean anchoredBefore = anchored[group];
    anchored[group] = true;
    if (moved == 0) {
      return false;
    }
    Permutation now = permutations.get(group);
    Permutation better = assignment.best(group, matrix);
    if (anchoredBefore && !gains(matrix, now, better)) {
      return false;
    }
    permutations.set(group, better);
    return true;
  }

  /** The group's own matrix, or the one that all groups share whose scores are not kept. */
  private Tensor matrix(int group) {
    int size = scores.get(group).size();
    if (kept[group]) {
      return matrices.computeIfAbsent(group, g -> allocate(size, size));
    }
    return matrices.computeIfAbsent(group, g -> shared(size));
  }

  private Tensor shared(int size) {
    return matrices.entrySet().stream()
        .filter(entry -> !kept[entry.getKey()] && entry.getValue().dimension(0) == size)
        .map(Map.Entry::getValue)
        .findFirst()
        .orElseGet(() -> allocate(size, size));
  }

  private static boolean gains(Tensor matrix, Permutation now, Permutation better) {
    int size = now.size();
    double gain = 0;
    double magnitude = 0;
    for (int slot = 0; slot < size; slot++) {
      double after = matrix.values().get(slot * size + better.get(slot));
      double before = matrix.values().get(slot * size + now.get(slot));
      gain += after - before;
      magnitude += Math.abs(after) + Math.abs(before);
    }
    return gain > TOLERANCE * magnitude;
  }

  @Override
  public void close() {
    owned.forEach(Tensor::close);
  }
}
