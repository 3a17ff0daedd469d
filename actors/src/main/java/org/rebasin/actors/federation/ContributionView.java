package org.rebasin.actors.federation;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How a contribution stands.
 *
 * @param id {@link Contribution#id}
 * @param arrived when it was accepted
 * @param outcome so far
 * @param reason why it was quarantined or set aside, for people; empty otherwise
 * @param version that it is part of; empty if none
 * @param staleness how many versions the global model was ahead of its base when it was aggregated
 */
public record ContributionView(
    String id,
    Contribution contribution,
    Instant arrived,
    Outcome outcome,
    Optional<String> reason,
    OptionalInt version,
    OptionalInt staleness) {
  /** The same with another outcome. */
  ContributionView to(Outcome next, Optional<String> why) {
    return new ContributionView(id, contribution, arrived, next, why, version, staleness);
  }

  /** The same as part of a version. */
  ContributionView mergedInto(int number, int behind) {
    return new ContributionView(
        id,
        contribution,
        arrived,
        Outcome.MERGED,
        Optional.empty(),
        OptionalInt.of(number),
        OptionalInt.of(behind));
  }

  /** What a contribution has come to. */
  public enum Outcome {
    /** Accepted: in the journal, nothing done yet. */
    ACCEPTED,
    /** Screened and aligned; waits for the version that it will be part of. */
    BUFFERED,
    /** Part of a version. */
    MERGED,
    /** Found harmful or unusable; part of nothing. */
    QUARANTINED,
    /** Harmless by itself, but the version that it would have been part of was not good enough. */
    SET_ASIDE;

    /** The name in documents. */
    public String text() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }
}
