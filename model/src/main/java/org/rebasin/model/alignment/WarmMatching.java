package org.rebasin.model.alignment;

import java.util.Optional;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.Weights;

/**
 * Weight matching again and again for one network, each time from permutations that are nearly
 * right: one descent from them and no other. What the straight-through estimator and the merging of
 * many models call at every step (Git Re-Basin, algorithms 2 and 3).
 *
 * <p>Keeps its buffers between calls; close it. For one thread.
 */
public final class WarmMatching implements AutoCloseable {
  private final PermutationSpec spec;
  private final boolean drifting;
  private final Workspaces workspaces = new Workspaces();
  private Optional<AlignedGroups> groups = Optional.empty();

  /**
   * Matching for networks of this spec; memory is taken at the first call.
   *
   * @param drifting whether the weights of each call are nearly those of the call before: then its
   *     assignments begin with that one's solutions
   */
  public WarmMatching(PermutationSpec spec, boolean drifting) {
    this.spec = spec;
    this.drifting = drifting;
  }

  /**
   * Permutations of B's units at a local maximum of {@link AlignmentObjective}, no lower than
   * {@code start}.
   *
   * @param a the reference
   * @param b the model to align; read only
   * @param start where the descent begins
   * @param seed of the order in which groups are visited
   * @return the same for the same input, on any number of threads
   */
  public Permutations match(Weights a, Weights b, Permutations start, long seed) {
    if (groups.isEmpty()) {
      groups = Optional.of(new AlignedGroups(spec, a, ScoreMemory.of(spec, a.parameters())));
    }
    groups.get().reset(drifting);
    return new CoordinateDescent(
            spec, a, b, groups.get(), workspaces, new FirstSweep.From(start), seed)
        .descend(WeightMatching.MAXIMUM_SWEEPS, CoordinateDescent.Observer.NONE);
  }

  /** Frees the buffers. */
  @Override
  public void close() {
    groups.ifPresent(AlignedGroups::close);
    workspaces.close();
  }
}
