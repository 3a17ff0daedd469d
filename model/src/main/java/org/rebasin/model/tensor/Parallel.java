package org.rebasin.model.tensor;

import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * Runs independent pieces of one computation on all cores. The caller works too, so that several
 * callers share the cores and none waits for a thread; idle cores join. Pieces may be computations
 * in pieces themselves: whoever waits for the last of its own then helps with theirs.
 *
 * <p>What the pieces are must depend on the problem alone, never on {@link #threads()}: then the
 * result is the same on any machine.
 */
public final class Parallel {
  private static final int THREADS =
      Integer.getInteger("rebasin.threads", Runtime.getRuntime().availableProcessors());
  private static final Crew CREW = new Crew(THREADS - 1);

  /** Elements that a thread takes at a time: enough to be worth waking it. */
  private static final int STRETCH = 1 << 16;

  private Parallel() {}

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
    Region region = new Region.Counted(pieces, body);
    CREW.invite(region, helpers);
    CREW.finish(region);
  }

  /**
   * Runs pieces of which each may add others, and returns when all are done. They begin in the
   * order in which they were added. A failure is thrown as by {@link #forEach}; pieces that have
   * not begun by then never do.
   *
   * @param first adds the first pieces
   */
  public static void growing(Consumer<Pieces> first) {
    Region.Growing region = new Region.Growing();
    Pieces pieces =
        piece -> {
          region.add(piece);
          CREW.invite(region, 1);
        };
    region.add(() -> first.accept(pieces));
    CREW.finish(region);
  }

  /** A computation to which pieces can be added as long as it has not ended. */
  @FunctionalInterface
  public interface Pieces {
    /** Adds one, from the start of the computation or from a piece of it. */
    void add(Runnable piece);
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
}
