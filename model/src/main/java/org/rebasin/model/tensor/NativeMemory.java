package org.rebasin.model.tensor;

import java.lang.reflect.Method;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.bytedeco.javacpp.Pointer;

/**
 * Counts the native memory that tensors of this process own, in bytes, and has the C library give
 * back to the system what they leave. Left to itself, glibc keeps freed blocks of up to 32 MiB for
 * the thread that allocated them, so that a few evaluations of a wide network, each on another
 * thread, would come to hold all memory. Thread-safe.
 */
public final class NativeMemory {
  private static final AtomicLong ALLOCATED = new AtomicLong();
  private static final AtomicLong PEAK = new AtomicLong();

  private static final Map<String, AtomicLong> BY_OWNER = new ConcurrentHashMap<>();
  private static volatile Function<Thread, String> owners = thread -> "process";

  /** Freed bytes between two trims: one takes up to a tenth of a second. */
  private static final long TRIM_AFTER = 512L << 20;

  private static final AtomicLong FREED = new AtomicLong();
  private static final Method TRIM = trimMemory();

  private NativeMemory() {}

  /** Counts an allocation; returns the account of its owner, to be given back with it. */
  static AtomicLong allocated(long bytes) {
    long now = ALLOCATED.addAndGet(bytes);
    PEAK.accumulateAndGet(now, Math::max);
    AtomicLong owner =
        BY_OWNER.computeIfAbsent(owners.apply(Thread.currentThread()), name -> new AtomicLong());
    owner.addAndGet(bytes);
    return owner;
  }

  static void freed(long bytes, AtomicLong owner) {
    ALLOCATED.addAndGet(-bytes);
    owner.addAndGet(-bytes);
    long freed = FREED.addAndGet(bytes);
    if (freed >= TRIM_AFTER && FREED.compareAndSet(freed, 0)) {
      trim();
    }
  }

  private static void trim() {
    try {
      TRIM.invoke(null);
    } catch (ReflectiveOperationException problem) {
      throw new IllegalStateException("JavaCPP cannot trim memory", problem);
    }
  }

  /** JavaCPP calls the C library's {@code malloc_trim}, but only for itself. */
  private static Method trimMemory() {
    try {
      Method method = Pointer.class.getDeclaredMethod("trimMemory");
      method.setAccessible(true);
      return method;
    } catch (NoSuchMethodException problem) {
      throw new IllegalStateException("this JavaCPP cannot trim memory", problem);
    }
  }

  /** What is allocated and not yet closed. */
  public static long bytes() {
    return ALLOCATED.get();
  }

  /**
   * Names the owners of what is allocated from now on, by the thread that allocates; for the whole
   * process. Until then there is one owner, "process".
   *
   * @param owner answers at once, with one of a few names
   */
  public static void attribute(Function<Thread, String> owner) {
    owners = owner;
  }

  /** What is allocated and not yet closed, by who allocated it. */
  public static Map<String, Long> bytesByOwner() {
    Map<String, Long> bytes = new TreeMap<>();
    BY_OWNER.forEach((owner, account) -> bytes.put(owner, account.get()));
    return bytes;
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
