package org.rebasin.actors.federation;

import com.typesafe.config.Config;

/**
 * How much of its past a federation keeps at hand, whatever it has seen.
 *
 * @param contributions the newest contributions whose records are kept; of older ones 8 bytes are,
 *     so that none of them counts a second time
 * @param events the newest events that watchers can begin with
 * @param versions the newest versions whose models are kept, to begin from and to go back to
 * @param reproducible the newest versions whose contributions and permutations are kept, so that
 *     the version can be made again, and the next one remember them
 */
public record FederationBounds(int contributions, int events, int versions, int reproducible) {
  /** Checks the numbers. */
  public FederationBounds {
    require(contributions >= 1, "contributions-kept", 1, contributions);
    require(events >= 1, "events-kept", 1, events);
    require(versions >= 1, "versions-kept", 1, versions);
    require(reproducible >= 1, "reproducible-versions", 1, reproducible);
  }

  private static void require(boolean holds, String name, int least, int found) {
    if (!holds) {
      throw new IllegalArgumentException(
          "rebasin.federation.%s: expected at least %d, found %d".formatted(name, least, found));
    }
  }

  /** As {@code rebasin.federation} says. */
  static FederationBounds of(Config federation) {
    return new FederationBounds(
        federation.getInt("contributions-kept"),
        federation.getInt("events-kept"),
        federation.getInt("versions-kept"),
        federation.getInt("reproducible-versions"));
  }
}
