package org.rebasin.actors.federation;

import java.time.Instant;

/**
 * Something that happened to a federation, for those who watch it.
 *
 * @param sequence counted from 1 without gaps
 */
public record FederationEvent(long sequence, Instant time, What what) {
  /** What happened. */
  public sealed interface What {}

  /** It exists. */
  public record Created() implements What {}

  /** A contribution has come to something. */
  public record ContributionMoved(ContributionView contribution) implements What {}

  /** There is a new version. */
  public record Published(Version version) implements What {}

  /** A candidate was worse than the gate allows. */
  public record CandidateRefused(double accuracy, double required) implements What {}

  /** The current version is an earlier one again. */
  public record RolledBack(int version) implements What {}

  /** It was paused, resumed or closed. */
  public record StatusChanged(FederationStatus status) implements What {}
}
