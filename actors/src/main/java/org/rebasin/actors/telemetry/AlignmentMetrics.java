package org.rebasin.actors.telemetry;

import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import org.rebasin.model.alignment.Alignment;
import org.rebasin.model.alignment.ManyAlignment;
import org.rebasin.model.permutation.PermutationSpec;

/** What solving for permutations took and came to, on this node. Thread-safe. */
public final class AlignmentMetrics {
  private static final Histogram SECONDS =
      Metrics.histogram(
          "rebasin_alignment_seconds",
          "Solving alone, without reading and writing; units_le bounds the largest layer.",
          Buckets.WORK_SECONDS,
          "method",
          "units_le");
  private static final Histogram SWEEPS =
      Metrics.histogram(
          "rebasin_alignment_sweeps",
          "Sweeps over all layers, or rounds over all models.",
          Buckets.COUNTS,
          "method");
  private static final Gauge OBJECTIVE =
      Metrics.gauge("rebasin_alignment_objective", "The last alignment's objective.", "method");
  private static final Histogram GAIN =
      Metrics.histogram(
          "rebasin_alignment_objective_gain_ratio",
          "How much the objective rose, in relation to what it was without permuting.",
          Buckets.GAINS,
          "method");

  private AlignmentMetrics() {}

  static void declare() {}

  /** One model was aligned to another. */
  public static void aligned(Alignment alignment, PermutationSpec spec) {
    record(
        alignment.method(),
        spec,
        alignment.seconds(),
        alignment.sweeps(),
        alignment.objectiveBefore(),
        alignment.objective());
  }

  /** Many models were aligned to each other. */
  public static void aligned(ManyAlignment alignment, PermutationSpec spec) {
    record(
        alignment.method(),
        spec,
        alignment.seconds(),
        alignment.rounds(),
        alignment.objectiveBefore(),
        alignment.objective());
  }

  private static void record(
      String method,
      PermutationSpec spec,
      double seconds,
      int sweeps,
      double before,
      double objective) {
    int largest = spec.groups().stream().mapToInt(group -> group.size()).max().orElse(0);
    SECONDS.labelValues(method, Buckets.unitsLe(largest)).observe(seconds);
    SWEEPS.labelValues(method).observe(sweeps);
    OBJECTIVE.labelValues(method).set(objective);
    if (before != 0) {
      GAIN.labelValues(method).observe((objective - before) / Math.abs(before));
    }
  }
}
