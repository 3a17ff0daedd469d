package org.rebasin.actors.telemetry;

import io.prometheus.metrics.core.metrics.Counter;

/** Messages of this project between nodes, chunks of models among them. Thread-safe. */
public final class WireMetrics {
  private static final Counter BYTES =
      Metrics.counter("rebasin_wire_bytes_total", "Bytes of messages between nodes.", "direction");
  private static final Counter MESSAGES =
      Metrics.counter("rebasin_wire_messages_total", "Messages between nodes.", "direction");
  private static final Counter REFUSED =
      Metrics.counter(
          "rebasin_wire_refused_total",
          "Messages that this node did not send or read.",
          "direction");

  static {
    for (String direction : new String[] {"received", "sent"}) {
      BYTES.initLabelValues(direction);
      MESSAGES.initLabelValues(direction);
      REFUSED.initLabelValues(direction);
    }
  }

  private WireMetrics() {}

  static void declare() {}

  /** A message was written. */
  public static void sent(long bytes) {
    BYTES.labelValues("sent").inc(bytes);
    MESSAGES.labelValues("sent").inc();
  }

  /** A message was read. */
  public static void received(long bytes) {
    BYTES.labelValues("received").inc(bytes);
    MESSAGES.labelValues("received").inc();
  }

  /**
   * A message was refused.
   *
   * @param direction {@code sent} or {@code received}
   */
  public static void refused(String direction) {
    REFUSED.labelValues(direction).inc();
  }
}
