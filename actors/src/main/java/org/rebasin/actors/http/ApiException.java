package org.rebasin.actors.http;

import java.net.ConnectException;

/** A server that is not there, or that refused. */
public final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int CONFLICT = 409;
  private static final int SERVICE_UNAVAILABLE = 503;

  /** Who is at fault. */
  public enum Cause {
    /** There is no server, or the connection broke. */
    UNREACHABLE,
    /** The server cannot answer for now, as when a node of its cluster was lost. */
    UNAVAILABLE,
    /** What was asked for. */
    BAD_INPUT,
    /** The server. */
    FAILED
  }

  private final Cause why;

  /** A failure for people and programs. */
  public ApiException(Cause why, String message) {
    super(message);
    this.why = why;
  }

  ApiException(Cause why, String message, Throwable thrown) {
    super(message, thrown);
    this.why = why;
  }

  /** The exception for an answer of a status. */
  static ApiException of(int status, String message) {
    if (status == SERVICE_UNAVAILABLE) {
      return new ApiException(Cause.UNAVAILABLE, message);
    }
    return new ApiException(
        status / 100 == 4 && status != CONFLICT ? Cause.BAD_INPUT : Cause.FAILED, message);
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
}
