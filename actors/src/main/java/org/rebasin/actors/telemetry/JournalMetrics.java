package org.rebasin.actors.telemetry;

import io.prometheus.metrics.core.metrics.Counter;

/** What one kind of entity, by its name, meets in the journal. Thread-safe. */
public final class JournalMetrics {
  private static final Counter FAILURES =
      Metrics.counter(
          "rebasin_journal_failures_total",
          "Writes and recoveries that the journal failed, each of which is tried again.",
          "entity",
          "operation");

  static {
    for (String entity : new String[] {"job", "index"}) {
      FAILURES.initLabelValues(entity, "write");
      FAILURES.initLabelValues(entity, "recovery");
    }
  }

  private JournalMetrics() {}

  static void declare() {}

  /**
   * An event could not be written.
   *
   * @param entity {@code job}, {@code index} or another kind, never one entity's own name
   */
  public static void writeFailed(String entity) {
    FAILURES.labelValues(entity, "write").inc();
  }

  /** Events could not be read. */
  public static void recoveryFailed(String entity) {
    FAILURES.labelValues(entity, "recovery").inc();
  }
}
