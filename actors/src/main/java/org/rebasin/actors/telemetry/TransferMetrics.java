package org.rebasin.actors.telemetry;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;

/** Models that move between nodes. Thread-safe, but for a {@link Window}. */
public final class TransferMetrics {
  private static final Counter ENDED =
      Metrics.counter("rebasin_transfers_total", "Models that this node fetched.", "outcome");
  private static final Counter BYTES =
      Metrics.counter("rebasin_transfer_bytes_total", "Bytes of models in chunks.", "direction");
  private static final Counter CHUNKS =
      Metrics.counter("rebasin_transfer_chunks_total", "Chunks of models.", "direction");
  private static final Gauge IN_FLIGHT =
      Metrics.gauge(
          "rebasin_transfer_chunks_in_flight",
          "Chunks that this node asked for and that have not arrived.");
  private static final Counter BACKPRESSURE =
      Metrics.counter(
          "rebasin_transfer_backpressure_seconds_total",
          "Time for which senders of this node waited until receivers asked for more.");

  static {
    for (String direction : new String[] {"received", "sent"}) {
      BYTES.initLabelValues(direction);
      CHUNKS.initLabelValues(direction);
    }
    ENDED.initLabelValues("fetched");
    ENDED.initLabelValues("failed");
  }

  private TransferMetrics() {}

  static void declare() {}

  /** A chunk left this node. */
  public static void sent(int bytes) {
    BYTES.labelValues("sent").inc(bytes);
    CHUNKS.labelValues("sent").inc();
  }

  /** A sender waited for so long. */
  public static void heldBack(long nanoseconds) {
    BACKPRESSURE.inc(nanoseconds / 1e9);
  }

  /**
   * A fetch ended.
   *
   * @param outcome {@code fetched} or {@code failed}
   */
  public static void ended(String outcome) {
    ENDED.labelValues(outcome).inc();
  }

  /** The chunks that one receiver has asked for. Not thread-safe. */
  public static final class Window {
    private int open;

    /** Makes a window without chunks. */
    public Window() {}

    /** More chunks were asked for. */
    public void grant(int chunks) {
      open += chunks;
      IN_FLIGHT.inc(chunks);
    }

    /** A chunk arrived. */
    public void arrived(int bytes) {
      open--;
      IN_FLIGHT.dec();
      BYTES.labelValues("received").inc(bytes);
      CHUNKS.labelValues("received").inc();
    }

    /** Nothing more is expected. */
    public void close() {
      IN_FLIGHT.dec(open);
      open = 0;
    }
  }
}
