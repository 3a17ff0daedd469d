package org.rebasin.actors.job;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.JobId;
import org.rebasin.actors.work.TaskFailure;

/** What the events of a job come to. Immutable. */
sealed interface JobState {
  /** The state after one more event. */
  JobState after(JournalEvent event);

  /** Nobody has requested this job, or it was forgotten. */
  record Absent() implements JobState {
    @Override
    public JobState after(JournalEvent event) {
      if (event instanceof JournalEvent.Requested requested) {
        Known job =
            new Known(
                requested.job(),
                requested.request(),
                requested.options(),
                requested.at(),
                requested.at(),
                JobStatus.RUNNING,
                TaskResults.NONE,
                Optional.empty(),
                List.of());
        return job.noting(JobEvent.Kind.SUBMITTED, requested.at(), requested.options().label());
      }
      throw new IllegalStateException(
          "the first event of a job: expected Requested, found " + event);
    }
  }

  /**
   * A job that was requested.
   *
   * @param submitted when
   * @param begun when it was submitted, or last retried
   * @param results what has come back
   * @param failure why it failed
   * @param log what has happened, for clients
   */
  record Known(
      JobId id,
      MergeRequest request,
      JobOptions options,
      Instant submitted,
      Instant begun,
      JobStatus status,
      TaskResults results,
      Optional<TaskFailure> failure,
      List<JobEvent> log)
      implements JobState {

    @Override
    public JobState after(JournalEvent event) {
      Instant at = event.at();
      if (event instanceof JournalEvent.Forgotten) {
        return new Absent();
      }
      if (event instanceof JournalEvent.TaskCompleted completed) {
        TaskResults more = results.with(completed.phase(), completed.index(), completed.result());
        int done = more.count(completed.phase());
        return with(JobStatus.RUNNING, begun, more, Optional.empty())
            .noting(
                new JobEvent(
                    log.size() + 1L,
                    at,
                    JobEvent.Kind.PROGRESS,
                    Optional.of(completed.phase().text()),
                    done,
                    completed.total(),
                    ""));
      } else if (event instanceof JournalEvent.TaskGivenUp givenUp) {
        return failed(givenUp.failure(), at);
      } else if (event instanceof JournalEvent.DeadlinePassed) {
        String cause =
            "the deadline of %s passed"
                .formatted(options.deadline().map(Duration::toString).orElse(""));
        return failed(new TaskFailure(false, cause, List.of(cause)), at);
      } else if (event instanceof JournalEvent.Cancelled) {
        return with(JobStatus.CANCELLED, begun, results, Optional.empty())
            .noting(JobEvent.Kind.CANCELLED, at, "");
      } else if (event instanceof JournalEvent.Retried) {
        return with(JobStatus.RUNNING, at, results, Optional.empty())
            .noting(JobEvent.Kind.RETRIED, at, "");
      } else if (event instanceof JournalEvent.Completed) {
        return with(JobStatus.SUCCEEDED, begun, results, Optional.empty())
            .noting(JobEvent.Kind.SUCCEEDED, at, "");
      }
      throw new IllegalStateException("a job that exists: found " + event);
    }

    private Known failed(TaskFailure cause, Instant at) {
      return with(JobStatus.FAILED, begun, results, Optional.of(cause))
          .noting(JobEvent.Kind.FAILED, at, cause.message());
    }

    private Known with(
        JobStatus now, Instant start, TaskResults more, Optional<TaskFailure> cause) {
      return new Known(id, request, options, submitted, start, now, more, cause, log);
    }

    private Known noting(JobEvent.Kind kind, Instant at, String detail) {
      return noting(new JobEvent(log.size() + 1L, at, kind, Optional.empty(), 0, 0, detail));
    }

    private Known noting(JobEvent event) {
      List<JobEvent> longer = new ArrayList<>(log);
      longer.add(event);
      return new Known(
          id, request, options, submitted, begun, status, results, failure, List.copyOf(longer));
    }

    MergePlan plan() {
      return new MergePlan(request);
    }

    /** When it fails if it has not ended. */
    Optional<Instant> deadline() {
      return options.deadline().map(begun::plus);
    }

    /** When it ended, if it has. */
    Optional<Instant> ended() {
      return status.ended() ? Optional.of(updated()) : Optional.empty();
    }

    Instant updated() {
      return log.get(log.size() - 1).time();
    }

    List<JobEvent> eventsAfter(long sequence) {
      return log.subList((int) Math.max(0, Math.min(log.size(), sequence)), log.size());
    }

    /**
     * The models that must not be thrown away for as long as the job is: all of one that may go on,
     * and of one that succeeded what it came to.
     */
    Set<ModelId> models() {
      Set<ModelId> named = new HashSet<>();
      named.addAll(request.stored());
      if (status == JobStatus.SUCCEEDED) {
        MergeOutcome outcome = plan().outcome(results);
        named.addAll(outcome.models());
        outcome.trained().forEach(trained -> named.addAll(trained.snapshots()));
        outcome.alignments().forEach(aligned -> aligned.model().ifPresent(named::add));
        outcome.merged().ifPresent(named::add);
      } else {
        results.products().forEach(named::add);
      }
      return named;
    }

    /**
     * This job as clients see it.
     *
     * @param tasks what its actor knows besides
     */
    JobView view(OutstandingTasks tasks) {
      Optional<MergePlan.Step> step =
          status == JobStatus.SUCCEEDED ? Optional.empty() : plan().step(results);
      List<JobView.PhaseProgress> phases = new ArrayList<>();
      for (MergePhase phase : MergePhase.values()) {
        boolean present = step.isPresent() && step.get().phase() == phase;
        int total = present ? step.get().tasks().size() : results.count(phase);
        if (total > 0) {
          phases.add(new JobView.PhaseProgress(phase.text(), results.count(phase), total));
        }
      }
      List<JobView.WaitingTask> waiting =
          status == JobStatus.RUNNING && step.isPresent() ? tasks.waiting(step.get()) : List.of();
      return new JobView(
          id,
          log.size(),
          request,
          options,
          status,
          step.map(present -> present.phase().text()),
          List.copyOf(phases),
          waiting,
          step.map(s -> s.tasks().size() - results.count(s.phase()) - waiting.size()).orElse(0),
          status == JobStatus.RUNNING ? tasks.working() : List.of(),
          submitted,
          updated(),
          ended(),
          deadline(),
          failure,
          status == JobStatus.SUCCEEDED ? Optional.of(plan().outcome(results)) : Optional.empty());
    }
  }
}
