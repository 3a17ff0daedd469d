package org.rebasin.actors.telemetry;

import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import kamon.Kamon;
import kamon.trace.Span;

/** A task's span of a trace, or a part of one; does nothing where traces are off. */
public final class TraceStep {
  /** What is not traced. */
  public static final TraceStep NONE = new TraceStep(Optional.empty());

  private final Optional<Span> span;

  TraceStep(Optional<Span> span) {
    this.span = span;
  }

  /** Calls what finds this step by {@link Traces#current}. */
  public <T> T within(Supplier<T> work) {
    return span.isEmpty() ? work.get() : Kamon.runWithSpan(span.get(), false, work::get);
  }

  /** Times a part of this step, from here until what {@code work} begins is complete. */
  public <T> CompletionStage<T> part(String operation, Supplier<CompletionStage<T>> work) {
    if (span.isEmpty()) {
      return work.get();
    }
    Span part = Traces.described(Kamon.spanBuilder(operation)).asChildOf(span.get()).start();
    try {
      return work.get()
          .whenComplete(
              (result, thrown) -> {
                if (thrown != null) {
                  part.fail(thrown);
                }
                part.finish();
              });
    } catch (RuntimeException thrown) {
      part.fail(thrown);
      part.finish();
      throw thrown;
    }
  }

  /** Ends it; {@code outcome} is {@code done} or {@code failed}. */
  public void end(String outcome) {
    span.ifPresent(
        open -> {
          open.tag("outcome", outcome);
          if (!outcome.equals("done")) {
            open.fail(outcome);
          }
          open.finish();
        });
  }
}
