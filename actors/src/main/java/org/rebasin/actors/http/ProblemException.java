package org.rebasin.actors.http;

/** A request that is not served, for a reason that its sender is told. */
public final class ProblemException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Problem problem;

  /** A problem of a kind. */
  public ProblemException(Problem.Kind kind, String detail) {
    super(detail);
    this.problem = new Problem(kind, detail);
  }

  /** What is told. */
  public Problem problem() {
    return problem;
  }
}
