package org.rebasin.actors.http;

/** A server that is not there, or that refused. */
public final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Who is at fault. */
  public enum Cause {
    /** There is no server, or the connection broke. */
    UNREACHABLE,
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
    return new ApiException(
        status / 100 == 4 && status != 409 ? Cause.BAD_INPUT : Cause.FAILED, message);
  }

  /** Who is at fault. */
  public Cause why() {
    return why;
  }
}
