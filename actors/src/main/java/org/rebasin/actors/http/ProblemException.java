package org.rebasin.actors.http;

import java.util.Map;

/** A request that is not served, for a reason that its sender is told. */
public final class ProblemException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Problem problem;
  private final transient Map<String, String> headers;

  /** A problem of a kind. */
  public ProblemException(Problem.Kind kind, String detail) {
    this(kind, detail, Map.of());
  }

  /** A problem whose answer has headers beside those of every answer. */
  ProblemException(Problem.Kind kind, String detail, Map<String, String> headers) {
    super(detail);
    this.problem = new Problem(kind, detail);
    this.headers = Map.copyOf(headers);
  }

  /** What is told. */
  public Problem problem() {
    return problem;
  }

  Map<String, String> headers() {
    return headers;
  }
}
