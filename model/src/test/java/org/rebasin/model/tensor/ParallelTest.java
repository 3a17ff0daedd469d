package org.rebasin.model.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
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

  /** A thread that waits must help, or the two inner pieces would never meet. */
  @Test
  void whoeverWaitsHelpsWithPartsOfItsOwnPieces() {
    assumeTrue(Parallel.threads() > 1, "needs two threads");
    Thread caller = Thread.currentThread();
    CountDownLatch outer = new CountDownLatch(2);
    CountDownLatch inner = new CountDownLatch(2);
    AtomicInteger ran = new AtomicInteger();
    Parallel.forEach(
        2,
        piece -> {
          meet(outer);
          if (Thread.currentThread() != caller) {
            Parallel.forEach(
                2,
                part -> {
                  meet(inner);
                  ran.incrementAndGet();
                });
          }
        });
    assertEquals(2, ran.get());
  }

  @Test
  void whoeverWaitsLeavesTheComputationsOfOthersAlone() throws InterruptedException {
    assumeTrue(Parallel.threads() > 1, "needs two threads");
    Thread caller = Thread.currentThread();
    CountDownLatch everyone = new CountDownLatch(3);
    CountDownLatch strangerDone = new CountDownLatch(1);
    Set<Thread> seen = ConcurrentHashMap.newKeySet();
    Thread stranger =
        new Thread(
            () -> {
              meet(everyone);
              Parallel.forEach(1000, piece -> seen.add(Thread.currentThread()));
              strangerDone.countDown();
            });
    stranger.start();
    Parallel.forEach(
        2,
        piece -> {
          meet(everyone);
          if (Thread.currentThread() != caller) {
            await(strangerDone);
          }
        });
    stranger.join();
    assertTrue(seen.contains(stranger));
    assertFalse(seen.contains(caller));
  }

  @Test
  void everyPieceThatIsAddedRunsOnce() {
    for (int repetition = 0; repetition < 20; repetition++) {
      AtomicIntegerArray seen = new AtomicIntegerArray(1 << 10);
      Parallel.growing(pieces -> addTree(pieces, 1, seen));
      assertEquals(0, seen.get(0));
      for (int node = 1; node < seen.length(); node++) {
        assertEquals(1, seen.get(node));
      }
    }
  }

  /** The nodes of a binary tree, numbered by levels: each adds those below it. */
  private static void addTree(Parallel.Pieces pieces, int node, AtomicIntegerArray seen) {
    if (node < seen.length()) {
      pieces.add(
          () -> {
            Parallel.forEach(3, part -> seen.addAndGet(node, part == 0 ? 1 : 0));
            addTree(pieces, 2 * node, seen);
            addTree(pieces, 2 * node + 1, seen);
          });
    }
  }

  @Test
  void computationToWhichNothingIsAddedEnds() {
    Parallel.growing(pieces -> {});
  }

  @Test
  void failureEndsAGrowingComputation() {
    IllegalStateException failure = new IllegalStateException("piece 7");
    AtomicInteger ran = new AtomicInteger();
    IllegalStateException thrown =
        assertThrows(
            IllegalStateException.class,
            () -> Parallel.growing(pieces -> addUntilFailure(pieces, 0, failure, ran)));
    assertSame(failure, thrown);
    assertEquals(8, ran.get());
    assertSame(
        failure,
        assertThrows(
            IllegalStateException.class,
            () ->
                Parallel.growing(
                    pieces -> {
                      throw failure;
                    })));
  }

  private static void addUntilFailure(
      Parallel.Pieces pieces, int number, IllegalStateException failure, AtomicInteger ran) {
    pieces.add(
        () -> {
          ran.incrementAndGet();
          if (number == 7) {
            throw failure;
          }
          addUntilFailure(pieces, number + 1, failure, ran);
        });
  }

  private static void meet(CountDownLatch everyone) {
    everyone.countDown();
    await(everyone);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(30, TimeUnit.SECONDS), "nobody else came");
    } catch (InterruptedException interruption) {
      throw new IllegalStateException(interruption);
    }
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
