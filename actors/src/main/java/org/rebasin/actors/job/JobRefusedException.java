package org.rebasin.actors.job;

/** What was asked of jobs cannot be. */
public final class JobRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What is at fault. */
  public enum Reason {
    /** There is no job of that name. */
    UNKNOWN,
    /** The idempotency key was used for another request. */
    KEY_REUSED,
    /** The job's state does not allow it. */
    CONFLICT,
    /** No answer in time: the journal or a majority of nodes is away. Worth trying again. */
    UNAVAILABLE
  }

  private final Reason reason;

  /** For people and for programs. */
  public JobRefusedException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** What is at fault. */
  public Reason reason() {
    return reason;
  }
}
