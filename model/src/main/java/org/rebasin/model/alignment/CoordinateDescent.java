package org.rebasin.model.alignment;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Weights;

/**
 * One descent of weight matching: visits the groups in turn and gives each the assignment that is
 * best for the permutations of all others, until a whole sweep changes nothing. The objective never
 * falls from visit to visit, but for a greedy first sweep, which counts only what is anchored.
 *
 * <p>Visits of groups that share no tensor do not affect each other. So a visit runs as soon as the
 * earlier ones to its neighbours are done, side by side with others, be they of this sweep or of
 * the next; the result is that of one visit after the other.
 *
 * <p>For one thread.
 */
final class CoordinateDescent {
  private final PermutationSpec spec;
  private final Weights a;
  private final Weights b;
  private final AlignedGroups groups;
  private final Workspaces workspaces;

  private final List<Permutation> permutations;
  private final boolean[] anchored;
  private final SplittableRandom random;
  private int[] order;

  /**
   * Whether the first sweep does not count every group, so that one without change proves nothing.
   */
  private boolean greedy;

  /** The visits that are planned and not done, in their order. */
  private final List<Visit> open = new ArrayList<>();

  /** Those of them that have begun. */
  private final Set<Visit> running = new HashSet<>();

  private final boolean[] improved = new boolean[WeightMatching.MAXIMUM_SWEEPS + 1];

  /**
   * What the visit of each group gained, by sweep: told by the scores they had computed anyway.
   * Summed only when all are known, since visits end in any order.
   */
  private final double[][] gains = new double[WeightMatching.MAXIMUM_SWEEPS + 1][];

  /** The objective after each sweep from the first to the last that was measured. */
  private final List<Double> objectives = new ArrayList<>();

  private int planned;
  private int ended;

  /** Of the permutations as they are, once it was asked for. */
  private OptionalDouble objective = OptionalDouble.empty();

  /** One turn of one group. */
  private record Visit(int sweep, int group) {}

  /**
   * A descent at its beginning.
   *
   * @param groups of the spec, fresh or reset; this descent's alone for as long as it runs
   * @param workspaces may be shared with other descents
   * @param first how it begins
   * @param seed of the order in which groups are visited
   */
  CoordinateDescent(
      PermutationSpec spec,
      Weights a,
      Weights b,
      AlignedGroups groups,
      Workspaces workspaces,
      FirstSweep first,
      long seed) {
    this.spec = spec;
    this.a = a;
    this.b = b;
    this.groups = groups;
    this.workspaces = workspaces;
    int count = spec.groups().size();
    this.permutations = new ArrayList<>(spec.identity().byGroup());
    this.anchored = new boolean[count];
    this.greedy = !(first instanceof FirstSweep.From);
    SplittableRandom source = new SplittableRandom(seed);
    order = IntStream.range(0, count).toArray();
    if (first instanceof FirstSweep.OutputToInput) {
      order = IntStream.range(0, count).map(i -> count - 1 - i).toArray();
    } else if (first instanceof FirstSweep.InRandomOrder restart) {
      for (int skipped = 0; skipped <= restart.restart(); skipped++) {
        source = source.split();
      }
      shuffle(order, source);
    } else if (first instanceof FirstSweep.From from) {
      Arrays.fill(anchored, true);
      for (int group = 0; group < count; group++) {
        permutations.set(group, from.start().byGroup().get(group));
      }
      shuffle(order, source);
    }
    this.random = source;
  }

  /** Sees each visit, for tests and progress. */
  interface Observer {
    Observer NONE = (sweep, group, permutations) -> {};

    /** A group was visited; {@code permutations} are those of all groups now. */
    void visited(int sweep, int group, List<Permutation> permutations);
  }

  /** As {@link #descend}, with the objective reached, and that of each sweep by what it gained. */
  WeightMatching.Descent advance(int sweeps, Observer observer) {
    Permutations found = descend(sweeps, observer);
    double reached = objective.orElseGet(() -> AlignmentObjective.of(spec, a, b, found));
    objective = OptionalDouble.of(reached);
    // Backwards from the one that is known: a greedy first sweep's gains are of another measure.
    double[] rising = new double[ended - objectives.size()];
    double after = reached;
    for (int i = rising.length - 1; i >= 0; i--) {
      rising[i] = after;
      after -= Arrays.stream(gains[objectives.size() + i + 1]).sum();
    }
    Arrays.stream(rising).forEach(objectives::add);
    return new WeightMatching.Descent(found, reached, objectives);
  }

  /**
   * Descends until so many sweeps are done since the beginning, or one changed nothing.
   *
   * @return the permutations then
   */
  Permutations descend(int sweeps, Observer observer) {
    Parallel.growing(visits -> begin(sweeps, observer, visits));
    return new Permutations(permutations);
  }

  /** Begins every visit that no earlier one can affect any more. */
  private synchronized void begin(int sweeps, Observer observer, Parallel.Pieces pieces) {
    endSweeps();
    if (converged() || ended == sweeps) {
      return;
    }
    plan(sweeps);
    boolean[] blocked = new boolean[permutations.size()];
    for (Visit visit : open) {
      if (!blocked[visit.group()] && running.add(visit)) {
        pieces.add(() -> run(visit, sweeps, observer, pieces));
      }
      for (int group = 0; group < blocked.length; group++) {
        blocked[group] |= groups.adjacent(visit.group(), group);
      }
    }
  }

  private void run(Visit visit, int sweeps, Observer observer, Parallel.Pieces pieces) {
    AlignedGroup.Outcome found = visit(visit.group());
    synchronized (this) {
      apply(visit, found);
      observer.visited(visit.sweep(), visit.group(), permutations);
      begin(sweeps, observer, pieces);
    }
  }

  /** Begins anew from other permutations, and keeps the scores: few units should differ. */
  void moveTo(Permutations start) {
    for (int group = 0; group < permutations.size(); group++) {
      permutations.set(group, start.byGroup().get(group));
    }
    objective = OptionalDouble.empty();
    Arrays.fill(anchored, true);
    objectives.clear();
    greedy = false;
    open.clear();
    planned = 0;
    ended = 0;
  }

  /** Whether the last sweep changed nothing. */
  boolean converged() {
    return permutations.isEmpty() || ended > 0 && !improved[ended];
  }

  /** Looks one sweep ahead of the oldest that is not done, but never beyond {@code sweeps}. */
  private void plan(int sweeps) {
    while (planned < Math.min(sweeps, ended + 2)) {
      planned++;
      improved[planned] = greedy && planned == 1;
      gains[planned] = new double[permutations.size()];
      for (int group : order) {
        open.add(new Visit(planned, group));
      }
      shuffle(order, random);
    }
  }

  private static void shuffle(int[] order, SplittableRandom random) {
    for (int i = order.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
  }

  private AlignedGroup.Outcome visit(int group) {
    return workspaces.with(
        workspace ->
            groups
                .get(group)
                .visit(
                    permutations.get(group),
                    anchored[group],
                    new GroupScores.Situation(a, b, permutations, anchored),
                    workspace));
  }

  private void apply(Visit visit, AlignedGroup.Outcome found) {
    open.remove(visit);
    running.remove(visit);
    gains[visit.sweep()][visit.group()] = found.gain();
    if (found.permutation() != permutations.get(visit.group())) {
      permutations.set(visit.group(), found.permutation());
      improved[visit.sweep()] = true;
      objective = OptionalDouble.empty();
    }
    anchored[visit.group()] = true;
  }

  /**
   * Counts the sweeps that are done. Visits beyond a sweep that changed nothing change nothing
   * either, since no score of theirs has moved.
   */
  private void endSweeps() {
    int oldest = open.isEmpty() ? planned + 1 : open.get(0).sweep();
    while (ended + 1 < oldest && !converged()) {
      ended++;
    }
  }
}
