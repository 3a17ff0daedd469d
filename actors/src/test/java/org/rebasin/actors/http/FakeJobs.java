package org.rebasin.actors.http;

import akka.NotUsed;
import akka.stream.OverflowStrategy;
import akka.stream.javadsl.Source;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.rebasin.actors.job.JobEvent;
import org.rebasin.actors.job.JobOptions;
import org.rebasin.actors.job.JobPage;
import org.rebasin.actors.job.JobRefusedException;
import org.rebasin.actors.job.JobRefusedException.Reason;
import org.rebasin.actors.job.JobStatus;
import org.rebasin.actors.job.JobView;
import org.rebasin.actors.job.Jobs;
import org.rebasin.actors.job.MergeOutcome;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.JobId;
import org.rebasin.actors.work.TaskFailure;

/** Jobs in which nothing happens but what a test says. */
public final class FakeJobs implements Jobs {
  private static final Instant START = Instant.parse("2026-01-02T03:04:05Z");

  private final Map<JobId, Job> jobs = new ConcurrentHashMap<>();
  private final Map<String, JobId> byKey = new ConcurrentHashMap<>();
  private final AtomicLong clock = new AtomicLong();
  private volatile boolean away;

  private static final class Job {
    private final JobId id;
    private final MergeRequest request;
    private final JobOptions options;
    private final List<JobEvent> events = new ArrayList<>();
    private final List<java.util.function.Consumer<JobEvent>> followers = new ArrayList<>();
    private JobStatus status = JobStatus.RUNNING;
    private Optional<MergeOutcome> outcome = Optional.empty();
    private Optional<TaskFailure> failure = Optional.empty();

    private Job(JobId id, MergeRequest request, JobOptions options) {
      this.id = id;
      this.request = request;
      this.options = options;
    }

    private synchronized void tell(JobEvent.Kind kind, int done, int total, String detail) {
      JobEvent event =
          new JobEvent(
              events.size() + 1,
              START.plusSeconds(events.size()),
              kind,
              Optional.of("align"),
              done,
              total,
              detail);
      events.add(event);
      followers.forEach(follower -> follower.accept(event));
    }

    private synchronized JobView view() {
      return new JobView(
          id,
          events.size(),
          request,
          options,
          status,
          status.ended() ? Optional.empty() : Optional.of("align"),
          List.of(new JobView.PhaseProgress("align", 0, 1)),
          List.of(),
          0,
          List.of(),
          START,
          START.plusSeconds(events.size()),
          status.ended() ? Optional.of(START.plusSeconds(events.size())) : Optional.empty(),
          Optional.empty(),
          failure,
          outcome);
    }

    private synchronized List<JobEvent> follow(
        long after, java.util.function.Consumer<JobEvent> follower) {
      followers.add(follower);
      return events.stream().filter(event -> event.sequence() > after).toList();
    }
  }

  /** The jobs that were submitted. */
  public Collection<JobId> submitted() {
    return jobs.keySet();
  }

  /** What was asked for. */
  public MergeRequest request(JobId id) {
    return jobs.get(id).request;
  }

  /** How it was to be done. */
  public JobOptions options(JobId id) {
    return jobs.get(id).options;
  }

  /** From now on there is no answer, or there is again. */
  public void away(boolean isAway) {
    away = isAway;
  }

  /** A task came back. */
  public void progress(JobId id, int done, int total) {
    jobs.get(id).tell(JobEvent.Kind.PROGRESS, done, total, "");
  }

  /** A job ends with a merged model. */
  public void succeed(JobId id, ModelId merged) {
    succeed(id, merged, Optional.empty());
  }

  /** A job ends with a merged model, which was evaluated. */
  public void succeed(JobId id, ModelId merged, Optional<MergeOutcome.Controls> controls) {
    Job job = jobs.get(id);
    job.status = JobStatus.SUCCEEDED;
    job.outcome =
        Optional.of(
            new MergeOutcome(
                job.view().request().models().stream()
                    .map(source -> source.stored().orElseThrow())
                    .toList(),
                List.of(),
                List.of(),
                Map.of(),
                Optional.empty(),
                Optional.of(merged),
                controls,
                Map.of()));
    job.tell(JobEvent.Kind.SUCCEEDED, 1, 1, "");
  }

  /** A job fails. */
  public void fail(JobId id, String message) {
    Job job = jobs.get(id);
    job.status = JobStatus.FAILED;
    job.failure = Optional.of(new TaskFailure(true, message, List.of(message)));
    job.tell(JobEvent.Kind.FAILED, 0, 1, message);
  }

  private static <T> CompletionStage<T> refused(Reason reason, String message) {
    return CompletableFuture.failedFuture(new JobRefusedException(reason, message));
  }

  @Override
  public CompletionStage<JobId> submit(MergeRequest request, JobOptions options) {
    if (away) {
      return refused(Reason.UNAVAILABLE, "the journal does not answer");
    }
    JobId id = JobId.next(Clock.fixed(START.plusMillis(clock.incrementAndGet()), ZoneOffset.UTC));
    JobId before =
        options.idempotencyKey().map(key -> byKey.computeIfAbsent(key, none -> id)).orElse(id);
    if (!before.equals(id)) {
      return jobs.get(before).request.equals(request)
          ? CompletableFuture.completedFuture(before)
          : refused(Reason.KEY_REUSED, "the idempotency key was used for another request");
    }
    Job job = new Job(id, request, options);
    jobs.put(id, job);
    job.tell(JobEvent.Kind.SUBMITTED, 0, 1, "");
    return CompletableFuture.completedFuture(id);
  }

  @Override
  public CompletionStage<Optional<JobView>> view(JobId job) {
    return CompletableFuture.completedFuture(Optional.ofNullable(jobs.get(job)).map(Job::view));
  }

  @Override
  public CompletionStage<JobPage> list(Optional<JobId> after, int limit) {
    List<JobView> all =
        jobs.values().stream()
            .map(Job::view)
            .sorted(Comparator.comparing(JobView::id).reversed())
            .filter(view -> after.isEmpty() || view.id().compareTo(after.get()) < 0)
            .toList();
    List<JobPage.Entry> page =
        all.stream()
            .limit(limit)
            .map(
                view ->
                    new JobPage.Entry(
                        view.id(),
                        view.options().label(),
                        view.options().priority(),
                        view.status(),
                        view.submitted(),
                        view.ended()))
            .toList();
    return CompletableFuture.completedFuture(
        new JobPage(
            page, all.size() > limit ? Optional.of(page.get(limit - 1).id()) : Optional.empty()));
  }

  @Override
  public CompletionStage<JobView> cancel(JobId id) {
    Job job = jobs.get(id);
    if (job == null) {
      return refused(Reason.UNKNOWN, "no job " + id);
    }
    if (job.status.ended() && job.status != JobStatus.CANCELLED) {
      return refused(Reason.CONFLICT, "job " + id + " has ended: " + job.status.text());
    }
    if (!job.status.ended()) {
      job.status = JobStatus.CANCELLED;
      job.tell(JobEvent.Kind.CANCELLED, 0, 1, "");
    }
    return CompletableFuture.completedFuture(job.view());
  }

  @Override
  public CompletionStage<JobView> retry(JobId id) {
    Job job = jobs.get(id);
    if (job == null) {
      return refused(Reason.UNKNOWN, "no job " + id);
    }
    if (job.status == JobStatus.SUCCEEDED) {
      return refused(Reason.CONFLICT, "job " + id + " has succeeded");
    }
    job.status = JobStatus.RUNNING;
    job.tell(JobEvent.Kind.RETRIED, 0, 1, "");
    return CompletableFuture.completedFuture(job.view());
  }

  @Override
  public Source<JobEvent, NotUsed> events(JobId id, long after) {
    Job job = jobs.get(id);
    return Source.<JobEvent>queue(1_000, OverflowStrategy.fail())
        .takeWhile(event -> !event.kind().last(), true)
        .mapMaterializedValue(
            queue -> {
              job.follow(after, queue::offer).forEach(queue::offer);
              return NotUsed.getInstance();
            });
  }

  @Override
  public CompletionStage<Set<ModelId>> namedModels() {
    return CompletableFuture.completedFuture(Set.of());
  }
}
