package org.rebasin.actors.job;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.TimerScheduler;
import akka.persistence.typed.PersistenceId;
import akka.persistence.typed.RecoveryCompleted;
import akka.persistence.typed.RecoveryFailed;
import akka.persistence.typed.javadsl.CommandHandler;
import akka.persistence.typed.javadsl.Effect;
import akka.persistence.typed.javadsl.EffectBuilder;
import akka.persistence.typed.javadsl.EventHandler;
import akka.persistence.typed.javadsl.EventSourcedBehavior;
import akka.persistence.typed.javadsl.RetentionCriteria;
import akka.persistence.typed.javadsl.SignalHandler;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.rebasin.actors.job.JobRefusedException.Reason;
import org.rebasin.actors.job.JournalEvent.Cancelled;
import org.rebasin.actors.job.JournalEvent.Completed;
import org.rebasin.actors.job.JournalEvent.DeadlinePassed;
import org.rebasin.actors.job.JournalEvent.Requested;
import org.rebasin.actors.job.JournalEvent.Retried;
import org.rebasin.actors.job.JournalEvent.TaskCompleted;
import org.rebasin.actors.job.JournalEvent.TaskGivenUp;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.telemetry.JournalMetrics;
import org.rebasin.actors.work.JobId;
import org.rebasin.actors.work.Progress;
import org.rebasin.actors.work.TaskFailure;
import org.rebasin.actors.work.TaskKey;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.actors.work.WorkQueue;

/**
 * One merge: trains what is to be trained, measures activations, aligns all models, averages and
 * corrects them, and evaluates what was asked for. {@link MergePlan} says which tasks that takes;
 * the job submits them, a bounded number at a time, and keeps what comes back.
 *
 * <p>Every result is in the journal before anything is done about it. An actor that starts
 * elsewhere reads the journal and submits again what is missing; all that is lost is what tasks at
 * work had said about their progress. While the journal is away nothing is written and nothing
 * begun; the job goes on when it is back.
 */
public final class MergeJob extends EventSourcedBehavior<MergeJob.Command, JournalEvent, JobState> {
  /** What a job receives. */
  public sealed interface Command extends JobMessage {}

  /**
   * Requests the job; a second time, asks whether it is the same.
   *
   * @param at when it was submitted
   */
  public record Start(MergeRequest request, JobOptions options, Instant at, ActorRef<Reply> replyTo)
      implements Command {
    /** Nodes of an earlier version tell no time. */
    public Start {
      at = at == null ? Instant.now() : at;
    }
  }

  /** Asks how it stands. */
  public record View(ActorRef<Reply> replyTo) implements Command {}

  /** Ends it. */
  public record Cancel(ActorRef<Reply> replyTo) implements Command {}

  /** Has it go on after its end. */
  public record Retry(ActorRef<Reply> replyTo) implements Command {}

  /** Asks for events, and waits a while for the next one if there are none. */
  public record EventsAfter(long sequence, ActorRef<Reply> replyTo) implements Command {}

  /** Asks which models it names. */
  public record NamedModels(ActorRef<Reply> replyTo) implements Command {}

  /**
   * Asks to be told what the tasks say until the job ends, and then how it stands; forgotten when
   * the actor stops.
   */
  public record Follow(ActorRef<Progress> progress, ActorRef<Reply> replyTo) implements Command {}

  /** Goes on if it is not at it already; told to jobs that have not ended from time to time. */
  record Wake() implements Command {}

  /** Leaves memory; nothing else changes. */
  public record Stop() implements Command {}

  /** The index knows that this job has ended. */
  record Indexed() implements Command {}

  /**
   * The job is to be forgotten, if it ended long enough ago.
   *
   * @param endedBefore when at the latest it must have ended
   */
  public record Forget(Instant endedBefore, ActorRef<Reply> replyTo) implements Command {}

  private record FromQueue(WorkQueue.Reply reply) implements Command {}

  private record FromTask(Progress progress) implements Command {}

  private record Tick() implements Command {}

  private record DeadlineDue() implements Command {}

  private record Idle() implements Command {}

  /** What those who ask hear. */
  public sealed interface Reply extends JobMessage {}

  /** How the job stands, after what was asked. */
  public record Viewed(JobView view) implements Reply {}

  /**
   * What has happened.
   *
   * @param ended whether nothing more happens for now
   */
  public record Happened(List<JobEvent> events, boolean ended) implements Reply {}

  /** The models that it names. */
  public record Named(Set<ModelId> models) implements Reply {}

  /** There is no such job any more. */
  public record Forgotten() implements Reply {}

  /** It cannot be. */
  public record Refused(Reason reason, String message) implements Reply {}

  /** A job, asleep until it is requested or if it is in the journal already. */
  public static Behavior<Command> create(JobId id, JobEnvironment environment) {
    return Behaviors.setup(
        context -> Behaviors.withTimers(timers -> new MergeJob(context, timers, id, environment)));
  }

  private static final Duration LONGEST_TIMER = Duration.ofDays(1);

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final JobId id;
  private final JobEnvironment environment;
  private final OutstandingTasks outstanding = new OutstandingTasks();
  private final JobAudience audience = new JobAudience();
  private boolean recovered;

  private MergeJob(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      JobId id,
      JobEnvironment environment) {
    super(
        PersistenceId.of("job", id.value()),
        SupervisorStrategy.restartWithBackoff(
            environment.limits().journalPause(), environment.limits().journalPatience(), 0.2));
    this.context = context;
    this.timers = timers;
    this.id = id;
    this.environment = environment;
  }

  @Override
  public JobState emptyState() {
    return new JobState.Absent();
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return environment.retention();
  }

  @Override
  public EventHandler<JobState, JournalEvent> eventHandler() {
    return JobState::after;
  }

  @Override
  public SignalHandler<JobState> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.instance(), this::onRecovered)
        .onSignal(RecoveryFailed.class, (state, failed) -> JournalMetrics.recoveryFailed("job"))
        .build();
  }

  @Override
  public CommandHandler<Command, JournalEvent, JobState> commandHandler() {
    var handlers = newCommandHandlerBuilder();
    handlers
        .forAnyState()
        .onCommand(Stop.class, () -> Effect().stop())
        .onCommand(Idle.class, (state, idle) -> onIdle(state));
    handlers
        .forStateType(JobState.Absent.class)
        .onCommand(Start.class, this::onFirstStart)
        .onCommand(View.class, view -> unknown(view.replyTo()))
        .onCommand(Cancel.class, cancel -> unknown(cancel.replyTo()))
        .onCommand(Retry.class, retry -> unknown(retry.replyTo()))
        .onCommand(EventsAfter.class, events -> unknown(events.replyTo()))
        .onCommand(NamedModels.class, named -> unknown(named.replyTo()))
        .onCommand(Follow.class, follow -> unknown(follow.replyTo()))
        .onCommand(Wake.class, wake -> sleep())
        .onCommand(Forget.class, this::onForgetAbsent)
        .onAnyCommand(() -> Effect().none());
    handlers
        .forStateType(JobState.Known.class)
        .onCommand(Start.class, this::onSecondStart)
        .onCommand(View.class, this::onView)
        .onCommand(Cancel.class, this::onCancel)
        .onCommand(Retry.class, this::onRetry)
        .onCommand(EventsAfter.class, this::onEventsAfter)
        .onCommand(NamedModels.class, this::onNamedModels)
        .onCommand(Follow.class, this::onFollow)
        .onCommand(FromQueue.class, this::onFromQueue)
        .onCommand(FromTask.class, this::onFromTask)
        .onCommand(Tick.class, this::onTick)
        .onCommand(DeadlineDue.class, this::onDeadlineDue)
        .onCommand(Wake.class, this::onWake)
        .onCommand(Forget.class, this::onForget)
        .onCommand(Indexed.class, this::onIndexed);
    return handlers.build();
  }

  /** Also after each time that the journal was away. */
  private void onRecovered(JobState state) {
    outstanding.clear();
    if (recovered) {
      // Nothing but the journal makes it start afresh.
      JournalMetrics.writeFailed("job");
    }
    recovered = true;
    if (state instanceof JobState.Known job) {
      timers.startTimerWithFixedDelay(new Tick(), environment.limits().resubmission());
      settle(job);
    } else {
      sleepLater();
    }
  }

  private Effect<JournalEvent, JobState> unknown(ActorRef<Reply> replyTo) {
    replyTo.tell(new Refused(Reason.UNKNOWN, "there is no job " + id));
    return sleep();
  }

  private Effect<JournalEvent, JobState> onFirstStart(JobState.Absent absent, Start start) {
    timers.startTimerWithFixedDelay(new Tick(), environment.limits().resubmission());
    return record(absent, new Requested(id, start.request(), start.options(), start.at()))
        .thenRun(state -> tell(start.replyTo(), state));
  }

  private Effect<JournalEvent, JobState> onSecondStart(JobState.Known job, Start start) {
    if (!job.request().equals(start.request())) {
      start
          .replyTo()
          .tell(
              new Refused(
                  Reason.KEY_REUSED,
                  "the idempotency key was used for another request, which is job " + id));
    } else {
      tell(start.replyTo(), job);
    }
    return Effect().none();
  }

  private Effect<JournalEvent, JobState> onView(JobState.Known job, View view) {
    tell(view.replyTo(), job);
    return Effect().none();
  }

  private Effect<JournalEvent, JobState> onCancel(JobState.Known job, Cancel cancel) {
    if (job.status() == JobStatus.CANCELLED) {
      tell(cancel.replyTo(), job);
      return Effect().none();
    } else if (job.status().ended()) {
      return refuse(job, "cancelled", cancel.replyTo());
    }
    return record(job, new Cancelled(Instant.now()))
        .thenRun(state -> tell(cancel.replyTo(), state));
  }

  private Effect<JournalEvent, JobState> onRetry(JobState.Known job, Retry retry) {
    if (job.status() == JobStatus.RUNNING) {
      tell(retry.replyTo(), job);
      return Effect().none();
    } else if (job.status() == JobStatus.SUCCEEDED) {
      return refuse(job, "retried", retry.replyTo());
    }
    // The queue remembers how tasks ended, and would answer with that.
    environment.queue().tell(new WorkQueue.Withdraw(id));
    return record(job, new Retried(Instant.now())).thenRun(state -> tell(retry.replyTo(), state));
  }

  private Effect<JournalEvent, JobState> refuse(
      JobState.Known job, String what, ActorRef<Reply> asker) {
    asker.tell(
        new Refused(
            Reason.CONFLICT,
            "job %s has %s and cannot be %s".formatted(id, job.status().text(), what)));
    return Effect().none();
  }

  private Effect<JournalEvent, JobState> onEventsAfter(JobState.Known job, EventsAfter events) {
    audience.add(events);
    audience.answer(job, false);
    return Effect().none();
  }

  private Effect<JournalEvent, JobState> onNamedModels(JobState.Known job, NamedModels named) {
    named.replyTo().tell(new Named(job.models()));
    return Effect().none();
  }

  private Effect<JournalEvent, JobState> onFollow(JobState.Known job, Follow follow) {
    audience.add(follow);
    tellFollowers(job);
    return Effect().none();
  }

  private Effect<JournalEvent, JobState> onFromQueue(JobState.Known job, FromQueue from) {
    TaskKey key = from.reply().key();
    MergePhase phase = MergePhase.of(key.phase());
    Optional<MergePlan.Step> step = outstanding.step();
    boolean expected =
        job.status() == JobStatus.RUNNING
            && step.isPresent()
            && step.get().phase() == phase
            && key.index() < step.get().tasks().size()
            && !job.results().has(phase, key.index());
    if (!expected) {
      return Effect().none();
    }
    if (from.reply() instanceof WorkQueue.GivenUp givenUp) {
      return record(job, new TaskGivenUp(phase, key.index(), givenUp.failure(), Instant.now()));
    }
    TaskResult result = ((WorkQueue.Done) from.reply()).result();
    if (!MergePlan.fits(step.get().tasks().get(key.index()), result)) {
      String cause = "%s: found a result of another kind: %s".formatted(key, result);
      return record(
          job,
          new TaskGivenUp(
              phase, key.index(), new TaskFailure(false, cause, List.of(cause)), Instant.now()));
    }
    int total = step.get().tasks().size();
    return record(job, new TaskCompleted(phase, key.index(), total, result, Instant.now()));
  }

  private Effect<JournalEvent, JobState> onFromTask(JobState.Known job, FromTask from) {
    outstanding.heard(from.progress());
    audience.tell(from.progress());
    return Effect().none();
  }

  private Effect<JournalEvent, JobState> onTick(JobState.Known job, Tick tick) {
    audience.answer(job, true);
    if (job.status() != JobStatus.RUNNING) {
      tellIndex(job);
      return Effect().none();
    }
    Duration timeout = environment.limits().taskTimeout();
    Optional<Integer> overdue = outstanding.overdue(timeout, Instant.now());
    if (overdue.isPresent()) {
      MergePhase phase = outstanding.step().orElseThrow().phase();
      String cause = "%s: no result within %s".formatted(key(phase, overdue.get()), timeout);
      return record(
          job,
          new TaskGivenUp(
              phase, overdue.get(), new TaskFailure(false, cause, List.of(cause)), Instant.now()));
    }
    outstanding.step().ifPresent(step -> outstanding.indices().forEach(i -> submit(job, step, i)));
    return Effect().none();
  }

  private Effect<JournalEvent, JobState> onDeadlineDue(JobState.Known job, DeadlineDue due) {
    Instant now = Instant.now();
    if (job.status() == JobStatus.RUNNING
        && job.deadline().map(deadline -> !deadline.isAfter(now)).orElse(false)) {
      return record(job, new DeadlinePassed(now));
    }
    watchDeadline(job);
    return Effect().none();
  }

  private Effect<JournalEvent, JobState> onIndexed(JobState.Known job, Indexed indexed) {
    if (job.status().ended()) {
      timers.cancel(new Tick());
    }
    return Effect().none();
  }

  private Effect<JournalEvent, JobState> onWake(JobState.Known job, Wake wake) {
    // It may be that the index has not heard of the end.
    if (job.status().ended()) {
      tellIndex(job);
    }
    return Effect().none();
  }

  private Effect<JournalEvent, JobState> onForgetAbsent(JobState.Absent absent, Forget forget) {
    forget.replyTo().tell(new Forgotten());
    return sleep();
  }

  private Effect<JournalEvent, JobState> onForget(JobState.Known job, Forget forget) {
    if (job.ended().filter(end -> !end.isAfter(forget.endedBefore())).isEmpty()) {
      // The index knows an earlier end.
      tellIndex(job);
      return Effect().none();
    }
    timers.cancelAll();
    return Effect()
        .persist(new JournalEvent.Forgotten(Instant.now()))
        .thenRun(
            state -> {
              forget.replyTo().tell(new Forgotten());
              sleepLater();
            });
  }

  private Effect<JournalEvent, JobState> onIdle(JobState state) {
    if (state instanceof JobState.Known job && !job.status().ended()) {
      return Effect().none();
    }
    return sleep();
  }

  private Effect<JournalEvent, JobState> sleep() {
    return environment.sleep(context.getSelf()) ? Effect().stop() : Effect().none();
  }

  /** Writes an event, and with it that all is done if it was the last; then goes on. */
  private EffectBuilder<JournalEvent, JobState> record(JobState before, JournalEvent event) {
    List<JournalEvent> events = new ArrayList<>(List.of(event));
    JobState.Known after = (JobState.Known) before.after(event);
    if (after.status() == JobStatus.RUNNING && after.plan().step(after.results()).isEmpty()) {
      events.add(new Completed(event.at()));
    }
    return Effect()
        .persist(events)
        .thenRun(
            state -> {
              // Before the end is told, for which it may be the last.
              if (event instanceof TaskCompleted completed) {
                tellProgress((JobState.Known) state, completed);
              }
              settle((JobState.Known) state);
              JobEnd.measure((JobState.Known) state);
            });
  }

  private void tellProgress(JobState.Known job, TaskCompleted completed) {
    MergePhase phase = completed.phase();
    audience.tell(new Progress(phase.text(), job.results().count(phase), completed.total(), ""));
  }

  /** Does what the state asks for. */
  private void settle(JobState.Known job) {
    if (job.status() == JobStatus.RUNNING) {
      job.plan()
          .step(job.results())
          .ifPresent(
              step ->
                  outstanding
                      .update(
                          step,
                          job.results(),
                          environment.limits().concurrentTasks(),
                          Instant.now())
                      .forEach(index -> submit(job, step, index)));
      watchDeadline(job);
    } else {
      outstanding.clear();
      environment.queue().tell(new WorkQueue.Withdraw(id));
      tellIndex(job);
    }
    audience.answer(job, false);
    tellFollowers(job);
  }

  private TaskKey key(MergePhase phase, int index) {
    return new TaskKey(id, phase.text(), index);
  }

  private void submit(JobState.Known job, MergePlan.Step step, int index) {
    environment
        .queue()
        .tell(
            new WorkQueue.Submit(
                key(step.phase(), index),
                step.tasks().get(index),
                job.options().priority(),
                context.messageAdapter(Progress.class, FromTask::new),
                context.messageAdapter(WorkQueue.Reply.class, FromQueue::new)));
  }

  private void watchDeadline(JobState.Known job) {
    job.deadline()
        .ifPresent(
            deadline -> {
              Duration left = Duration.between(Instant.now(), deadline);
              Duration next = left.compareTo(LONGEST_TIMER) > 0 ? LONGEST_TIMER : left;
              timers.startSingleTimer(
                  new DeadlineDue(), next.isNegative() ? Duration.ofMillis(1) : next.plusMillis(1));
            });
  }

  private void tellIndex(JobState.Known job) {
    environment
        .index()
        .ifPresent(
            index ->
                index.tell(
                    new JobIndex.Changed(
                        id, job.status(), job.ended(), job.models(), context.getSelf())));
  }

  private void tell(ActorRef<Reply> asker, JobState state) {
    asker.tell(new Viewed(((JobState.Known) state).view(outstanding)));
  }

  private void tellFollowers(JobState.Known job) {
    if (job.status().ended()) {
      audience.end(new Viewed(job.view(outstanding)));
      sleepLater();
    }
  }

  private void sleepLater() {
    timers.startSingleTimer(new Idle(), environment.limits().idle());
  }
}
