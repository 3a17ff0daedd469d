package org.rebasin.actors.http;

import java.net.ConnectException;
import java.time.Duration;
import java.util.Optional;

/** A server that is not there, or that refused. */
public final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int CONFLICT = 409;
  private static final int TOO_MANY = 429;
  private static final int SERVICE_UNAVAILABLE = 503;

  /** Who is at fault. */
  public enum Cause {
    /** There is no server, or the connection broke. */
    UNREACHABLE,
    /** The server cannot answer for now, as when a node of its cluster was lost. */
    UNAVAILABLE,
    /** As much waits at the server as may; there is a time after which it may be different. */
    FULL,
    /** What was asked for. */
    BAD_INPUT,
    /** The server. */
    FAILED
  }

  private final Cause why;
  private final transient Optional<Duration> retryAfter;

  /** A failure for people and programs. */
  public ApiException(Cause why, String message) {
    this(why, message, Optional.empty());
  }

  private ApiException(Cause why, String message, Optional<Duration> retryAfter) {
    super(message);
    this.why = why;
    this.retryAfter = retryAfter;
  }

  ApiException(Cause why, String message, Throwable thrown) {
    super(message, thrown);
    this.why = why;
    this.retryAfter = Optional.empty();
  }

  /** The exception for an answer of a status. */
  static ApiException of(int status, String message) {
    return of(status, message, Optional.empty());
  }

  /**
   * The same with what the answer says about when to come again.
   *
   * @param retryAfter the header of that name, of which only numbers of seconds are understood
   */
  static ApiException of(int status, String message, Optional<String> retryAfter) {
    Cause cause =
        switch (status) {
          case SERVICE_UNAVAILABLE -> Cause.UNAVAILABLE;
          case TOO_MANY -> Cause.FULL;
          case CONFLICT -> Cause.FAILED;
          default -> status / 100 == 4 ? Cause.BAD_INPUT : Cause.FAILED;
        };
    return new ApiException(
        cause,
        message,
        retryAfter
            .filter(text -> text.matches("\\d{1,6}"))
            .map(text -> Duration.ofSeconds(Long.parseLong(text))));
  }

  /** Who is at fault. */
  public Cause why() {
    return why;
  }

  /** Whether the same request may be answered a little later. */
  boolean passes() {
    return why == Cause.UNAVAILABLE
        || (why == Cause.UNREACHABLE && !(getCause() instanceof ConnectException));
  }

  /** After what time the server may answer otherwise, if it said so. */
  Optional<Duration> retryAfter() {
    return retryAfter;
  }
}
