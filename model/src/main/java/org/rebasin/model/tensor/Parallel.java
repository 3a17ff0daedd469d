package org.rebasin.model.tensor;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;

/**
 * Runs independent pieces of one computation on all cores. The caller works too, so that several
 * callers share the cores and none waits for a thread; idle cores join.
 *
 * <p>What the pieces are must depend on the problem alone, never on {@link #threads()}: then the
 * result is the same on any machine.
 */
public final class Parallel {
  private static final int THREADS =
      Integer.getInteger("rebasin.threads", Runtime.getRuntime().availableProcessors());
  private static final Executor POOL = pool();

  /** Elements that a thread takes at a time: enough to be worth waking it. */
  private static final int STRETCH = 1 << 16;

  private Parallel() {}

  private static Executor pool() {
    AtomicInteger number = new AtomicInteger();
    int size = Math.max(1, THREADS - 1);
    return new ThreadPoolExecutor(
        size,
        size,
        1,
        TimeUnit.MINUTES,
        new LinkedBlockingQueue<>(),
        task -> {
          Thread thread = new Thread(task, "rebasin-parallel-" + number.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        });
  }

  /** The number of threads in use; the system property {@code rebasin.threads} sets it. */
  public static int threads() {
    return THREADS;
  }

  /**
   * Runs {@code body} for each of {@code 0 … pieces − 1}, in any order, and returns when all are
   * done. The first failure is thrown to the caller, after every piece that had started has ended.
   */
  public static void forEach(int pieces, IntConsumer body) {
    int helpers = Math.min(pieces, THREADS) - 1;
    if (helpers <= 0) {
      for (int piece = 0; piece < pieces; piece++) {
        body.accept(piece);
      }
      return;
    }
    Region region = new Region(pieces, body);
    for (int helper = 0; helper < helpers; helper++) {
      POOL.execute(region);
    }
    region.run();
    region.await();
  }

  /** Runs {@code body} on stretches that together cover the elements {@code 0 … elements − 1}. */
  public static void forEachStretch(int elements, StretchBody body) {
    forEachStretch(elements, STRETCH, body);
  }

  /** The same with stretches of {@code length} elements, the last one maybe shorter. */
  public static void forEachStretch(int elements, int length, StretchBody body) {
    forEach(
        (int) (((long) elements + length - 1) / length),
        piece -> body.accept(piece * length, Math.min(length, elements - piece * length)));
  }

  /** Works on {@code length} elements from the index {@code from}. */
  @FunctionalInterface
  public interface StretchBody {
    /** Does the work. */
    void accept(int from, int length);
  }

  /** One computation in pieces. A helper that comes late finds none left, and leaves. */
  private static final class Region implements Runnable {
    private final int pieces;
    private final IntConsumer body;
    private final AtomicInteger next = new AtomicInteger();
    private final CountDownLatch done;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    Region(int pieces, IntConsumer body) {
      this.pieces = pieces;
      this.body = body;
      this.done = new CountDownLatch(pieces);
    }

    @Override
    public void run() {
      for (int piece = next.getAndIncrement(); piece < pieces; piece = next.getAndIncrement()) {
        try {
          if (failure.get() == null) {
            body.accept(piece);
          }
        } catch (RuntimeException | Error thrown) {
          failure.compareAndSet(null, thrown);
        } finally {
          done.countDown();
        }
      }
    }

    void await() {
      boolean interrupted = false;
      while (true) {
        try {
          done.await();
          break;
        } catch (InterruptedException interruption) {
          // Memory in use by a running piece must not be freed by an early return.
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      Throwable thrown = failure.get();
      if (thrown instanceof RuntimeException exception) {
        throw exception;
      }
      if (thrown instanceof Error error) {
        throw error;
      }
    }
  }
}
