package org.rebasin.actors.federation;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * How a federation stands.
 *
 * @param current the newest version, or the one that was rolled back to; empty before the first
 * @param versions how many there were
 * @param contributions how many have each outcome
 * @param activity what it does or waits for, for people
 */
public record FederationView(
    FederationName name,
    FederationSettings settings,
    FederationStatus status,
    Instant created,
    Optional<Version> current,
    int versions,
    Map<ContributionView.Outcome, Long> contributions,
    String activity) {
  /** Copies the map. */
  public FederationView {
    contributions = Map.copyOf(contributions);
  }
}
