package org.rebasin.actors.federation;

import java.time.Duration;
import java.util.Optional;

/** What was asked of a federation cannot be. */
public final class FederationRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What is at fault. */
  public enum Reason {
    /** There is no such federation, version, contribution or model. */
    UNKNOWN,
    /** What was asked contradicts what is: another federation of that name, or a closed one. */
    CONFLICT,
    /** What was given is wrong. */
    INVALID,
    /** As many contributions wait as may; come again later. */
    FULL,
    /** No answer in time: the journal or a majority of nodes is away. Worth trying again. */
    UNAVAILABLE
  }

  private final Reason reason;
  private final Duration retryAfter;

  /** For people and for programs. */
  public FederationRefusedException(Reason reason, String message) {
    this(reason, message, Duration.ZERO);
  }

  private FederationRefusedException(Reason reason, String message, Duration retryAfter) {
    super(message);
    this.reason = reason;
    this.retryAfter = retryAfter;
  }

  /** As many contributions wait as may. */
  public static FederationRefusedException full(String message, Duration retryAfter) {
    return new FederationRefusedException(Reason.FULL, message, retryAfter);
  }

  /** What is at fault. */
  public Reason reason() {
    return reason;
  }

  /** After what time it may be different; empty if that is not known. */
  public Optional<Duration> retryAfter() {
    return retryAfter.isZero() ? Optional.empty() : Optional.of(retryAfter);
  }
}
