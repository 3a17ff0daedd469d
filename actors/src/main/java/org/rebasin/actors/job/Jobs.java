package org.rebasin.actors.job;

import akka.NotUsed;
import akka.stream.javadsl.Source;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.JobId;

/**
 * The jobs of a cluster, for those who are not actors. Every stage may fail with a {@link
 * JobRefusedException}, whose reason says what is at fault. Thread-safe.
 */
public interface Jobs {
  /**
   * Begins a job. It is written to the journal when the stage completes: from then on it goes on,
   * whatever dies.
   *
   * @return the job; with an idempotency key that was used before for the same request, the job of
   *     that time. Fails with {@link JobRefusedException.Reason#KEY_REUSED} if the request was
   *     another
   */
  CompletionStage<JobId> submit(MergeRequest request, JobOptions options);

  /** How a job stands; empty if there is none of that name. */
  CompletionStage<Optional<JobView>> view(JobId job);

  /**
   * Jobs, the newest first.
   *
   * @param after the last job of the page before; empty for the first page. Need not exist any more
   * @param limit jobs of the page at most, from 1 to 1000
   */
  CompletionStage<JobPage> list(Optional<JobId> after, int limit);

  /**
   * Ends a job and takes its tasks back; tasks at work go on and are ignored. Does nothing to a job
   * that was cancelled before. Fails with {@link JobRefusedException.Reason#UNKNOWN}, or with
   * {@link JobRefusedException.Reason#CONFLICT} if the job has ended otherwise.
   */
  CompletionStage<JobView> cancel(JobId job);

  /**
   * Goes on with a job that failed or was cancelled; what it had done stays done, and its deadline
   * counts anew. Does nothing to a job that is running. Fails with {@link
   * JobRefusedException.Reason#UNKNOWN}, or with {@link JobRefusedException.Reason#CONFLICT} if the
   * job has succeeded.
   */
  CompletionStage<JobView> retry(JobId job);

  /**
   * What happens to a job: first what has happened, then what does, each exactly once and in order.
   * Completes behind the event that ends the job; goes on by itself when nodes die. Fails with
   * {@link JobRefusedException.Reason#UNKNOWN}.
   *
   * @param afterSequence only events with a larger sequence number; 0 for all
   */
  Source<JobEvent, NotUsed> events(JobId job, long afterSequence);

  /**
   * All models that a job names: as what it starts from, has made so far, or came to. No other
   * model is kept for a job's sake. Fails if any job cannot be asked.
   */
  CompletionStage<Set<ModelId>> namedModels();
}
