package org.rebasin.model.alignment;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Weights;

/**
 * Several descents for one pair of models. Those whose objective is clearly behind the best after
 * the first sweep, or the second, stop, and those that met another; the others go on to their ends.
 * Which stop depends on what they found, never on time.
 *
 * <p>Owns what the descents need; close it.
 */
final class DescentRace implements AutoCloseable {
  /**
   * Which part of the best objective a descent may be behind after its first sweep, and after its
   * second. First sweeps of trained networks were seen 7 % behind and won all the same; those of
   * untrained networks that lost were 4 to 30 % behind, and still 3 % and more after the second.
   */
  private static final double[] MOST_BEHIND = {0.1, 0.02};

  /**
   * Greedy descents of a large network that go on after their first sweep: the second one takes as
   * many products again, which there is seconds, and each holds its scores.
   */
  private static final int MOST_HELD = 1;

  /** The part of a group's units that a kick disturbs. */
  private static final int KICKED = 10;

  private final PermutationSpec spec;
  private final Weights a;
  private final Weights b;
  private final long seed;
  private final ScoreMemory memory;
  private final Workspaces workspaces = new Workspaces();
  private final List<Contender> running = new ArrayList<>();

  DescentRace(PermutationSpec spec, Weights a, Weights b, long seed) {
    this.spec = spec;
    this.a = a;
    this.b = b;
    this.seed = seed;
    this.memory = ScoreMemory.of(spec, a.parameters());
  }

  /** Runs a descent from each start, and kicks the best; returns the best end. */
  WeightMatching.Descent run(List<FirstSweep> starts, int kicks) {
    if (memory.sideBySide()) {
      starts.forEach(this::enter);
      advance(1);
      keepPromising(MOST_BEHIND[0]);
    } else {
      for (FirstSweep start : starts) {
        enter(start).advance(1);
        keepPromising(MOST_BEHIND[0]);
        dropTheLastBeyond(MOST_HELD);
      }
    }
    if (running.size() > 1) {
      advance(2);
      keepPromising(MOST_BEHIND[1]);
    }
    advance(WeightMatching.MAXIMUM_SWEEPS);
    Contender best = best(running);
    for (Contender contender : List.copyOf(running)) {
      if (contender != best) {
        drop(contender);
      }
    }
    kick(best, kicks);
    return best.reached;
  }

  private Contender enter(FirstSweep start) {
    Contender contender = new Contender(start);
    running.add(contender);
    return contender;
  }

  private void advance(int sweeps) {
    if (memory.sideBySide()) {
      Parallel.forEach(running.size(), i -> running.get(i).advance(sweeps));
    } else {
      running.forEach(contender -> contender.advance(sweeps));
    }
  }

  /**
   * Drops greedy descents that are behind, and of those that met, as they do where little is to be
   * found, all but the first. Given starts stay: who gives one expects an end that is no lower.
   */
  private void keepPromising(double behind) {
    double best = best(greedy()).reached.objective();
    Set<Permutations> met = new HashSet<>();
    for (Contender contender : greedy()) {
      if (contender.reached.objective() < best - behind * Math.abs(best)
          || !met.add(contender.reached.permutations())) {
        drop(contender);
      }
    }
  }

  private void dropTheLastBeyond(int held) {
    if (greedy().size() > held) {
      drop(
          Collections.min(
              greedy(), Comparator.comparingDouble(contender -> contender.reached.objective())));
    }
  }

  private List<Contender> greedy() {
    return running.stream().filter(contender -> contender.greedy).toList();
  }

  private void drop(Contender contender) {
    running.remove(contender);
    contender.groups.close();
  }

  /** The first of the best. */
  private static Contender best(List<Contender> contenders) {
    return contenders.stream()
        .max(
            Comparator.<Contender>comparingDouble(contender -> contender.reached.objective())
                .thenComparing(contender -> -contenders.indexOf(contender)))
        .orElseThrow();
  }

  private void kick(Contender best, int kicks) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < kicks && !spec.groups().isEmpty(); i++) {
      List<Permutation> kicked = new ArrayList<>(best.reached.permutations().byGroup());
      int group = random.nextInt(kicked.size());
      kicked.set(group, disturbed(kicked.get(group), random));
      best.descent.moveTo(new Permutations(kicked));
      WeightMatching.Descent found =
          best.descent.advance(WeightMatching.MAXIMUM_SWEEPS, CoordinateDescent.Observer.NONE);
      if (found.objective() > best.reached.objective()) {
        List<Double> objectives = new ArrayList<>(best.reached.objectives());
        objectives.addAll(found.objectives());
        best.reached =
            new WeightMatching.Descent(found.permutations(), found.objective(), objectives);
      }
    }
  }

  /** Some of the units take each other's slots in turn. */
  private static Permutation disturbed(Permutation permutation, SplittableRandom random) {
    int[] sources = permutation.toArray();
    int last = random.nextInt(sources.length);
    for (int i = 0; i < sources.length / KICKED + 1; i++) {
      int next = random.nextInt(sources.length);
      int source = sources[last];
      sources[last] = sources[next];
      sources[next] = source;
      last = next;
    }
    return Permutation.of(sources);
  }

  @Override
  public void close() {
    running.forEach(contender -> contender.groups.close());
    workspaces.close();
  }

  /** One descent and where it is. */
  private final class Contender {
    final boolean greedy;
    final AlignedGroups groups = new AlignedGroups(spec, a, memory);
    final CoordinateDescent descent;
    WeightMatching.Descent reached = new WeightMatching.Descent(spec.identity(), 0, List.of());

    Contender(FirstSweep start) {
      greedy = !(start instanceof FirstSweep.From);
      descent = new CoordinateDescent(spec, a, b, groups, workspaces, start, seed);
    }

    void advance(int sweeps) {
      reached = descent.advance(sweeps, CoordinateDescent.Observer.NONE);
    }
  }
}
