package org.rebasin.model.tensor;

import java.util.concurrent.atomic.AtomicLong;

/** Counts the native memory that tensors of this process own, in bytes. Thread-safe. */
public final class NativeMemory {
  private static final AtomicLong ALLOCATED = new AtomicLong();
  private static final AtomicLong PEAK = new AtomicLong();

  private NativeMemory() {}

  static void allocated(long bytes) {
    long now = ALLOCATED.addAndGet(bytes);
    PEAK.accumulateAndGet(now, Math::max);
  }

  static void freed(long bytes) {
    ALLOCATED.addAndGet(-bytes);
  }

  /** What is allocated and not yet closed. */
  public static long bytes() {
    return ALLOCATED.get();
  }

  /** The most that was allocated at once since the last {@link #resetPeak()}. */
  public static long peakBytes() {
    return PEAK.get();
  }

  /** Starts a new measurement of the peak. */
  public static void resetPeak() {
    PEAK.set(ALLOCATED.get());
  }
}
