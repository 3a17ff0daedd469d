package org.rebasin.model.tensor;

import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/** One computation in pieces, run by any number of threads. */
abstract class Region {
  private static final ThreadLocal<Optional<Region>> CURRENT =
      ThreadLocal.withInitial(Optional::empty);

  /** The computation of which this one is a part: that of the piece that began it. */
  private final Optional<Region> outer = CURRENT.get();

  /** Pieces that have not ended, begun or not. */
  private final AtomicInteger open;

  private final AtomicReference<Throwable> failure = new AtomicReference<>();

  private Region(int pieces) {
    open = new AtomicInteger(pieces);
  }

  /** The next piece that nobody has begun, if there is one. */
  abstract Optional<Runnable> next();

  /** Whether nobody finds a piece to begin now. */
  abstract boolean isExhausted();

  /** Whether every piece has ended; then what they wrote is visible. */
  final boolean isDone() {
    return open.get() == 0;
  }

  /** Whether this is that computation, or part of it. */
  final boolean isWithin(Region other) {
    return this == other || outer.isPresent() && outer.get().isWithin(other);
  }

  /** Runs pieces until there is none to begin, or it is enough. */
  final void work(BooleanSupplier enough) {
    Optional<Region> before = CURRENT.get();
    CURRENT.set(Optional.of(this));
    try {
      Optional<Runnable> piece = next();
      while (piece.isPresent()) {
        run(piece.get());
        piece = enough.getAsBoolean() ? Optional.empty() : next();
      }
    } finally {
      CURRENT.set(before);
    }
  }

  private void run(Runnable piece) {
    try {
      if (failure.get() == null) {
        piece.run();
      }
    } catch (RuntimeException | Error thrown) {
      failure.compareAndSet(null, thrown);
    } finally {
      open.decrementAndGet();
    }
  }

  /** Throws the first failure of a piece, if one failed. */
  final void throwFailure() {
    Throwable thrown = failure.get();
    if (thrown instanceof RuntimeException exception) {
      throw exception;
    }
    if (thrown instanceof Error error) {
      throw error;
    }
  }

  /** As many pieces as were said at the beginning. */
  static final class Counted extends Region {
    private final int pieces;
    private final IntConsumer body;
    private final AtomicInteger begun = new AtomicInteger();

    Counted(int pieces, IntConsumer body) {
      super(pieces);
      this.pieces = pieces;
      this.body = body;
    }

    @Override
    Optional<Runnable> next() {
      int piece = begun.getAndIncrement();
      return piece < pieces ? Optional.of(() -> body.accept(piece)) : Optional.empty();
    }

    @Override
    boolean isExhausted() {
      return begun.get() >= pieces;
    }
  }

  /** Pieces that are added while others run. */
  static final class Growing extends Region {
    private final ConcurrentLinkedQueue<Runnable> ready = new ConcurrentLinkedQueue<>();

    Growing() {
      super(0);
    }

    void add(Runnable piece) {
      super.open.incrementAndGet();
      ready.add(piece);
    }

    @Override
    Optional<Runnable> next() {
      return Optional.ofNullable(ready.poll());
    }

    @Override
    boolean isExhausted() {
      return ready.isEmpty();
    }
  }
}
