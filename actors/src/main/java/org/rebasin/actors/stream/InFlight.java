package org.rebasin.actors.stream;

import java.util.concurrent.atomic.AtomicInteger;

/** Counts the elements that a stream holds, and the most it ever held at once. Thread-safe. */
public final class InFlight {
  private final AtomicInteger now = new AtomicInteger();
  private final AtomicInteger highWater = new AtomicInteger();

  /** An element entered the stream. */
  public void entered() {
    highWater.accumulateAndGet(now.incrementAndGet(), Math::max);
  }

  /** An element left it. */
  public void left() {
    now.decrementAndGet();
  }

  /** Elements in the stream now. */
  public int now() {
    return now.get();
  }

  /** The most that were in it at once. */
  public int highWater() {
    return highWater.get();
  }
}
