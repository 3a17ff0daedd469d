package org.rebasin.actors.telemetry;

import java.math.BigInteger;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import kamon.Kamon;
import kamon.trace.Identifier;
import kamon.trace.Span;
import kamon.trace.SpanBuilder;
import kamon.trace.Trace;
import kamon.trace.Trace$SamplingDecision$Sample$;

/**
 * One trace for each job, over all nodes. A job's name is 128 bits, and they are the trace's id:
 * whichever node works for the job knows its trace, and no message carries one, not even when a job
 * goes on elsewhere. Does nothing unless traces are on. Thread-safe.
 */
public final class Traces {
  private static final String DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  private static final int TRACE_BYTES = 16;
  private static final int SPAN_BYTES = 8;

  private static volatile Optional<String> node = Optional.empty();

  private Traces() {}

  /** Turns traces on, once Kamon runs; {@code name} tells this node from others. */
  static void enable(String name) {
    node = Optional.of(name);
  }

  /**
   * A job ended: the span that all others of its trace lie within.
   *
   * @param job its name, a ULID
   * @param outcome such as {@code succeeded}
   */
  public static void job(
      String job, String operation, Instant begun, Instant ended, String outcome) {
    if (node.isEmpty()) {
      return;
    }
    // A server's span takes the id of a parent elsewhere, which here is the job itself.
    Span span =
        described(Kamon.serverSpanBuilder(operation, "rebasin"))
            .asChildOf(root(job))
            .tag("job", job)
            .tag("outcome", outcome)
            .start(begun);
    if (!outcome.equals("succeeded")) {
      span.fail(outcome);
    }
    span.finish(ended);
  }

  /** A worker begins a task of a job. */
  public static TraceStep task(String job, String operation, String role) {
    if (node.isEmpty()) {
      return TraceStep.NONE;
    }
    return new TraceStep(
        Optional.of(
            described(Kamon.spanBuilder(operation))
                .asChildOf(root(job))
                .tag("job", job)
                .tag("role", role)
                .start()));
  }

  /** The step that this thread is in, if any. */
  public static TraceStep current() {
    if (node.isEmpty()) {
      return TraceStep.NONE;
    }
    Span span = Kamon.currentSpan();
    return span.isEmpty() ? TraceStep.NONE : new TraceStep(Optional.of(span));
  }

  static SpanBuilder described(SpanBuilder span) {
    return span.doNotTrackMetrics().tag("node", node.orElse(""));
  }

  private static Span root(String job) {
    byte[] id = traceId(job);
    byte[] span = Arrays.copyOfRange(id, TRACE_BYTES - SPAN_BYTES, TRACE_BYTES);
    return new Span.Remote(
        identifier(span),
        Identifier.Empty(),
        Trace.create(identifier(id), Trace$SamplingDecision$Sample$.MODULE$));
  }

  private static Identifier identifier(byte[] bytes) {
    return new Identifier(HexFormat.of().formatHex(bytes), bytes);
  }

  /**
   * The id of a job's trace.
   *
   * @param job 26 digits of Crockford's base 32
   * @return 16 bytes, the first one first
   */
  static byte[] traceId(String job) {
    BigInteger number = BigInteger.ZERO;
    for (char digit : job.toCharArray()) {
      int value = DIGITS.indexOf(digit);
      if (value < 0) {
        throw new IllegalArgumentException("expected a ULID, found '" + job + "'");
      }
      number = number.shiftLeft(5).or(BigInteger.valueOf(value));
    }
    byte[] bytes = new byte[TRACE_BYTES];
    for (int i = TRACE_BYTES - 1; i >= 0; i--) {
      bytes[i] = number.byteValue();
      number = number.shiftRight(Byte.SIZE);
    }
    return bytes;
  }
}
