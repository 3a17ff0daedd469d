package org.rebasin.actors.job;

import java.time.Instant;
import org.rebasin.actors.work.JobId;
import org.rebasin.actors.work.TaskFailure;
import org.rebasin.actors.work.TaskResult;

/**
 * What the journal keeps of a {@link MergeJob}; {@link JobJson} says under which names. What was
 * written once must be readable for ever.
 */
public sealed interface JournalEvent {
  /** When it happened. */
  Instant at();

  /** Somebody wants the job. */
  record Requested(JobId job, MergeRequest request, JobOptions options, Instant at)
      implements JournalEvent {}

  /**
   * A task came back.
   *
   * @param total tasks of the phase
   */
  record TaskCompleted(MergePhase phase, int index, int total, TaskResult result, Instant at)
      implements JournalEvent {}

  /** A task was given up, and the job with it. */
  record TaskGivenUp(MergePhase phase, int index, TaskFailure failure, Instant at)
      implements JournalEvent {}

  /** The job took too long. */
  record DeadlinePassed(Instant at) implements JournalEvent {}

  /** Somebody does not want the job any more. */
  record Cancelled(Instant at) implements JournalEvent {}

  /** Somebody wants it again. */
  record Retried(Instant at) implements JournalEvent {}

  /** All tasks are done. */
  record Completed(Instant at) implements JournalEvent {}

  /** The job ended long ago, and is no more. */
  record Forgotten(Instant at) implements JournalEvent {}
}
