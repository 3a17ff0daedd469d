package org.rebasin.model.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ParallelTest {
  @Test
  void everyPieceRunsOnce() {
    for (int pieces : new int[] {0, 1, 2, 3, 100, 10_000}) {
      assertArrayEquals(ones(pieces), runs(pieces));
    }
  }

  @Test
  void stretchesCoverAllElementsOnce() {
    for (int elements : new int[] {0, 1, 6, 7, 8, 70, 71, 1000}) {
      AtomicIntegerArray seen = new AtomicIntegerArray(elements);
      Parallel.forEachStretch(
          elements,
          7,
          (from, length) -> {
            assertTrue(length >= 1 && length <= 7);
            for (int i = from; i < from + length; i++) {
              seen.incrementAndGet(i);
            }
          });
      assertArrayEquals(ones(elements), toArray(seen));
    }
  }

  @Test
  void failureOfAPieceReachesTheCaller() {
    IllegalStateException failure = new IllegalStateException("piece 3");
    IllegalStateException thrown =
        assertThrows(
            IllegalStateException.class,
            () ->
                Parallel.forEach(
                    100,
                    piece -> {
                      if (piece == 3) {
                        throw failure;
                      }
                    }));
    assertSame(failure, thrown);
  }

  @Test
  void errorOfAPieceReachesTheCaller() {
    AssertionError failure = new AssertionError("piece 0");
    assertSame(
        failure,
        assertThrows(
            AssertionError.class,
            () ->
                Parallel.forEach(
                    2,
                    piece -> {
                      if (piece == 0) {
                        throw failure;
                      }
                    })));
  }

  @Test
  void noPieceRunsAfterAFailureWasThrown() throws InterruptedException {
    for (int repetition = 0; repetition < 50; repetition++) {
      AtomicInteger running = new AtomicInteger();
      AtomicInteger started = new AtomicInteger();
      assertThrows(
          IllegalStateException.class,
          () ->
              Parallel.forEach(
                  64,
                  piece -> {
                    started.incrementAndGet();
                    running.incrementAndGet();
                    try {
                      if (piece == 1) {
                        throw new IllegalStateException("piece 1");
                      }
                      Thread.yield();
                    } finally {
                      running.decrementAndGet();
                    }
                  }));
      assertEquals(0, running.get());
      int before = started.get();
      Thread.sleep(1);
      assertEquals(before, started.get());
    }
  }

  @Test
  void computationsWorkAfterAFailure() {
    assertThrows(
        IllegalStateException.class,
        () ->
            Parallel.forEach(
                10,
                piece -> {
                  throw new IllegalStateException("always");
                }));
    assertArrayEquals(ones(50), runs(50));
  }

  @Test
  void nestedComputationsEnd() {
    AtomicIntegerArray seen = new AtomicIntegerArray(20 * 20 * 5);
    Parallel.forEach(
        20,
        outer ->
            Parallel.forEach(
                20,
                middle ->
                    Parallel.forEach(
                        5, inner -> seen.incrementAndGet((outer * 20 + middle) * 5 + inner))));
    assertArrayEquals(ones(20 * 20 * 5), toArray(seen));
  }

  @Test
  void manyCallersAtOnceEachGetTheirPieces() throws Exception {
    ExecutorService callers = Executors.newFixedThreadPool(16);
    try {
      List<Future<int[]>> results = new ArrayList<>();
      for (int caller = 0; caller < 200; caller++) {
        results.add(callers.submit(() -> runs(97)));
      }
      for (Future<int[]> result : results) {
        assertArrayEquals(ones(97), result.get());
      }
    } finally {
      callers.shutdown();
    }
  }

  @Test
  void interruptedCallerStillGetsAllPiecesAndStaysInterrupted() {
    Thread.currentThread().interrupt();
    int[] seen = runs(1000);
    assertTrue(Thread.interrupted());
    assertArrayEquals(ones(1000), seen);
  }

  private static int[] runs(int pieces) {
    AtomicIntegerArray seen = new AtomicIntegerArray(pieces);
    Parallel.forEach(pieces, seen::incrementAndGet);
    return toArray(seen);
  }

  private static int[] toArray(AtomicIntegerArray counts) {
    int[] array = new int[counts.length()];
    Arrays.setAll(array, counts::get);
    return array;
  }

  private static int[] ones(int length) {
    int[] ones = new int[length];
    Arrays.fill(ones, 1);
    return ones;
  }
}
