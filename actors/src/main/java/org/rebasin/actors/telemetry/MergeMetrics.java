package org.rebasin.actors.telemetry;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import java.time.Duration;
import java.util.List;

/** Merges that ended on this node, and what they came to. Thread-safe. */
public final class MergeMetrics {
  private static final Counter ENDED =
      Metrics.counter("rebasin_merges_total", "Merges that ended.", "outcome");
  private static final Histogram SECONDS =
      Metrics.histogram(
          "rebasin_merge_seconds",
          "A merge from its submission to its end.",
          Buckets.WORK_SECONDS,
          "outcome");
  private static final Histogram ACCURACY =
      Metrics.histogram(
          "rebasin_merged_accuracy_ratio",
          "Share of the test images that a merged model classifies rightly.",
          Buckets.RATIOS);
  private static final Histogram BARRIER =
      Metrics.histogram(
          "rebasin_merge_barrier_nats",
          "Highest rise of the test loss above the chord between two models.",
          Buckets.LOSSES,
          "curve");

  static {
    for (String outcome : List.of("succeeded", "failed", "cancelled")) {
      ENDED.initLabelValues(outcome);
    }
  }

  private MergeMetrics() {}

  static void declare() {}

  /**
   * A merge ended.
   *
   * @param outcome {@code succeeded}, {@code failed} or {@code cancelled}
   * @param time since it was submitted
   */
  public static void ended(String outcome, Duration time) {
    ENDED.labelValues(outcome).inc();
    SECONDS.labelValues(outcome).observe(Math.max(0, time.toMillis() / 1e3));
  }

  /** A merged model was evaluated on the test images. */
  public static void accuracy(double ratio) {
    ACCURACY.observe(ratio);
  }

  /**
   * A curve between two models was evaluated on the test images.
   *
   * @param curve its name in documents, such as {@code aligned}
   */
  public static void barrier(String curve, double nats) {
    BARRIER.labelValues(curve).observe(nats);
  }
}
