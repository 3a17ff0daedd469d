package org.rebasin.actors.http;

import java.util.concurrent.Semaphore;

/** So many at a time; who comes too late is told to come again. */
final class Slots {
  private final String what;
  private final int count;
  private final Semaphore free;

  Slots(String what, int count) {
    this.what = what;
    this.count = count;
    this.free = new Semaphore(count);
  }

  /** Takes one, which must be given back. */
  void take() {
    if (!free.tryAcquire()) {
      throw refusal();
    }
  }

  /** Refuses when there is none now. */
  void requireFree() {
    if (free.availablePermits() == 0) {
      throw refusal();
    }
  }

  private ProblemException refusal() {
    return new ProblemException(
        Problem.Kind.UNAVAILABLE,
        "expected at most %d %s at a time; try again later".formatted(count, what));
  }

  /** Gives one back. */
  void giveBack() {
    free.release();
  }
}
