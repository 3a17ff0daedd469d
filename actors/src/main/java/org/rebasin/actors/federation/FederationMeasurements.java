package org.rebasin.actors.federation;

import java.time.Duration;
import org.rebasin.actors.telemetry.FederationMetrics;

/** Counts what happens to federations, on the node where it is written. */
final class FederationMeasurements {
  private FederationMeasurements() {}

  static void observe(FederationEvent event) {
    if (event.what() instanceof FederationEvent.Published) {
      FederationMetrics.published();
    } else if (event.what() instanceof FederationEvent.ContributionMoved moved) {
      ContributionView contribution = moved.contribution();
      FederationMetrics.contribution(contribution.outcome().text());
      if (contribution.outcome() == ContributionView.Outcome.MERGED) {
        Duration taken = Duration.between(contribution.arrived(), event.time());
        FederationMetrics.merged(taken.toNanos() / 1e9, contribution.staleness().orElse(0));
      }
    }
  }

  static void refused(Federation.Question question) {
    if (question instanceof Federation.Contribute) {
      FederationMetrics.contribution("refused");
    }
  }

  /** Answered by what is there; no event follows from it. */
  static void answered(Federation.Question question) {
    if (question instanceof Federation.Contribute) {
      FederationMetrics.contribution("duplicate");
    }
  }
}
