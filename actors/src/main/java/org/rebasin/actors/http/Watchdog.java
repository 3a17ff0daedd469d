package org.rebasin.actors.http;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Closes a stream that has been silent for too long: of a peer that is gone without a word, nothing
 * else would end the wait for it.
 */
final class Watchdog implements AutoCloseable {
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "rebasin-watchdog");
            thread.setDaemon(true);
            return thread;
          });
  private volatile long heard = System.nanoTime();

  Watchdog(InputStream watched, Duration patience) {
    long check = Math.max(1, patience.toMillis() / 4);
    clock.scheduleWithFixedDelay(
        () -> {
          if (System.nanoTime() - heard > patience.toNanos()) {
            close(watched);
          }
        },
        check,
        check,
        TimeUnit.MILLISECONDS);
  }

  private static void close(InputStream watched) {
    try {
      watched.close();
    } catch (IOException closedAlready) {
      // Then whoever reads it knows as well.
      return;
    }
  }

  /** The stream lives. */
  void heard() {
    heard = System.nanoTime();
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
