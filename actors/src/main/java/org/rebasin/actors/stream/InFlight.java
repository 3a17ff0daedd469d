package org.rebasin.actors.stream;

import org.rebasin.actors.telemetry.StreamMetrics;

/** Counts the elements that a stream holds, and the most it ever held at once. Thread-safe. */
public final class InFlight {
  private final StreamMetrics metrics;
  private int now;
  private int highWater;
  private boolean closed;

  InFlight(StreamMetrics metrics) {
    this.metrics = metrics;
  }

  /** An element entered the stream. */
  public synchronized void entered() {
    if (!closed) {
      now++;
      metrics.inFlight(1);
      if (now > highWater) {
        highWater = now;
        metrics.highWater(now);
      }
    }
  }

  /** An element left it. */
  public synchronized void left() {
    if (!closed) {
      now--;
      metrics.inFlight(-1);
    }
  }

  /** The stream has ended, with whatever was in it. */
  synchronized void close() {
    if (!closed) {
      closed = true;
      metrics.inFlight(-now);
    }
  }

  /** Elements in the stream now. */
  public synchronized int now() {
    return now;
  }

  /** The most that were in it at once. */
  public synchronized int highWater() {
    return highWater;
  }
}
