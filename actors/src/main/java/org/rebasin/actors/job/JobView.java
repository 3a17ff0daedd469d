package org.rebasin.actors.job;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.rebasin.actors.work.JobId;
import org.rebasin.actors.work.Progress;
import org.rebasin.actors.work.Role;
import org.rebasin.actors.work.TaskFailure;

/**
 * A job at one moment.
 *
 * @param sequence of the last event in this view
 * @param phase where it stands, or stood when it ended without success
 * @param phases how far each phase is, in order: those that are over, and the present one
 * @param waitsFor the tasks that are out and not yet back
 * @param remaining tasks of the present phase that will be submitted when others are back
 * @param working what was last heard from tasks at work; of this moment, not kept
 * @param submitted when it was
 * @param updated when the last event happened
 * @param ended when it ended, if it has
 * @param deadline when it fails if it has not ended
 * @param failure why it failed, with the cause of each attempt
 * @param outcome what it came to, if it succeeded
 */
public record JobView(
    JobId id,
    long sequence,
    MergeRequest request,
    JobOptions options,
    JobStatus status,
    Optional<String> phase,
    List<PhaseProgress> phases,
    List<WaitingTask> waitsFor,
    int remaining,
    List<Progress> working,
    Instant submitted,
    Instant updated,
    Optional<Instant> ended,
    Optional<Instant> deadline,
    Optional<TaskFailure> failure,
    Optional<MergeOutcome> outcome) {

  /**
   * How far a phase is.
   *
   * @param phase {@code train}, {@code collect}, {@code align}, {@code merge}, {@code correct} or
   *     {@code evaluate}
   * @param done tasks that are done
   * @param total tasks in all
   */
  public record PhaseProgress(String phase, int done, int total) {}

  /**
   * A task that has not come back.
   *
   * @param index within the phase, from 0
   * @param role of the workers that can do it
   * @param since when it was first submitted by this run of the job's actor
   */
  public record WaitingTask(String phase, int index, Role role, Instant since) {}
}
