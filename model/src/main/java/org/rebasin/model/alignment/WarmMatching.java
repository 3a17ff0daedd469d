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
  /** Parameters up to which six more models' memory is little; all scores are kept then. */
  private static final long CERTIFIED = 16L << 20;

  private final PermutationSpec spec;
  private final boolean drifting;
  private final Workspaces workspaces = new Workspaces();
  private Optional<AlignedGroups> groups = Optional.empty();
  private Optional<DriftCertificate> certificate = Optional.empty();

  /**
   * Matching for networks of this spec; memory is taken at the first call.
   *
   * @param drifting whether A is nearly that of the call before, and B the very same: then a call
   *     begins with the last one's solutions, and where these remain the best finds it out without
   *     a descent
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
    if (certificate.isPresent() && certificate.get().covers(start, a)) {
      return start;
    }
    withdraw();
    if (groups.isEmpty()) {
      groups = Optional.of(new AlignedGroups(spec, a, ScoreMemory.of(spec, a.parameters())));
    }
    groups.get().reset(drifting);
    Permutations found =
        new CoordinateDescent(
                spec, a, b, groups.get(), workspaces, new FirstSweep.From(start), seed)
            .descend(WeightMatching.MAXIMUM_SWEEPS, CoordinateDescent.Observer.NONE);
    // Permutations that have just moved may well move again.
    if (drifting && a.parameters() <= CERTIFIED && found.equals(start)) {
      certificate = Optional.of(new DriftCertificate(a, b, found, groups.get(), workspaces));
    }
    return found;
  }

  private void withdraw() {
    certificate.ifPresent(DriftCertificate::close);
    certificate = Optional.empty();
  }

  /** Frees the buffers. */
  @Override
  public void close() {
    withdraw();
    groups.ifPresent(AlignedGroups::close);
    workspaces.close();
  }
}
