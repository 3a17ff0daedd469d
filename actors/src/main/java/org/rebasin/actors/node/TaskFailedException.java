package org.rebasin.actors.node;

import org.rebasin.actors.work.TaskFailure;

/** A job or task was given up; says why. */
public final class TaskFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final transient TaskFailure failure;

  /** With the last attempt's cause as its message. */
  public TaskFailedException(TaskFailure failure) {
    super(failure.message());
    this.failure = failure;
  }

  /** The cause of each attempt. */
  public TaskFailure failure() {
    return failure;
  }
}
