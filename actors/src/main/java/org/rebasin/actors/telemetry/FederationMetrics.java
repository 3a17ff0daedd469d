package org.rebasin.actors.telemetry;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import java.util.Set;

/** Federations on this node: what participants gave, and what came of it. Thread-safe. */
public final class FederationMetrics {
  private static final Set<String> OUTCOMES =
      Set.of("accepted", "buffered", "merged", "quarantined", "set_aside", "duplicate", "refused");
  private static final String OTHER = "other";

  private static final Counter CONTRIBUTIONS =
      Metrics.counter(
          "rebasin_federation_contributions_total",
          "Contributions, by what they have come to.",
          "outcome");
  private static final Counter VERSIONS =
      Metrics.counter("rebasin_federation_versions_total", "Versions that were published.");
  private static final Histogram PUBLISH_SECONDS =
      Metrics.histogram(
          "rebasin_federation_publish_seconds",
          "From a contribution's arrival to the version that it is part of.",
          Buckets.WORK_SECONDS);
  private static final Histogram STALENESS =
      Metrics.histogram(
          "rebasin_federation_staleness_versions",
          "Versions by which a contribution's base is behind the current one.",
          Buckets.COUNTS);

  static {
    OUTCOMES.forEach(CONTRIBUTIONS::initLabelValues);
  }

  private FederationMetrics() {}

  static void declare() {}

  /**
   * A contribution has come to something.
   *
   * @param outcome {@code accepted}, {@code buffered}, {@code merged}, {@code quarantined}, {@code
   *     set_aside}, {@code duplicate} or {@code refused}; anything else counts as {@code other}
   */
  public static void contribution(String outcome) {
    CONTRIBUTIONS.labelValues(OUTCOMES.contains(outcome) ? outcome : OTHER).inc();
  }

  /** A version was published. */
  public static void published() {
    VERSIONS.inc();
  }

  /**
   * A contribution has become part of a version.
   *
   * @param seconds since it arrived
   * @param staleness by how many versions its base was behind
   */
  public static void merged(double seconds, int staleness) {
    PUBLISH_SECONDS.observe(Math.max(0, seconds));
    STALENESS.observe(staleness);
  }
}
