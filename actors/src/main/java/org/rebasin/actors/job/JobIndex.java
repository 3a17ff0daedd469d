package org.rebasin.actors.job;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.RecipientRef;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.TimerScheduler;
import akka.persistence.typed.PersistenceId;
import akka.persistence.typed.RecoveryCompleted;
import akka.persistence.typed.RecoveryFailed;
import akka.persistence.typed.SnapshotAdapter;
import akka.persistence.typed.javadsl.CommandHandler;
import akka.persistence.typed.javadsl.Effect;
import akka.persistence.typed.javadsl.EventHandler;
import akka.persistence.typed.javadsl.EventSourcedBehavior;
import akka.persistence.typed.javadsl.RetentionCriteria;
import akka.persistence.typed.javadsl.SignalHandler;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.telemetry.JournalMetrics;
import org.rebasin.actors.work.JobId;

/**
 * The list of all jobs of a cluster, of which there is one: for pages of it, for idempotency keys,
 * and for the models that jobs name.
 *
 * <p>A submission is in the journal here before the job is started, and is started again until the
 * job has written it into its own journal; so a job is never listed that does not come to be, nor
 * is one that is not listed. What a job's end comes to reaches the list a moment later.
 */
public final class JobIndex
    extends EventSourcedBehavior<JobIndex.Command, JobIndex.Event, JobIndexState> {
  /** What the index receives. */
  public sealed interface Command extends JobMessage {}

  /** A job is wanted. */
  public record Add(MergeRequest request, JobOptions options, ActorRef<Reply> replyTo)
      implements Command {}

  /** A page is wanted. */
  public record Page(Optional<JobId> after, int limit, ActorRef<Reply> replyTo)
      implements Command {}

  /** The models are wanted that jobs name. */
  public record Models(ActorRef<Reply> replyTo) implements Command {}

  /**
   * A job has ended or goes on; repeated until it hears so.
   *
   * @param models that it names
   */
  record Changed(
      JobId job,
      JobStatus status,
      Optional<Instant> ended,
      Set<ModelId> models,
      ActorRef<MergeJob.Command> replyTo)
      implements Command {}

  /** Leaves this node. */
  public record Stop() implements Command {}

  private record FromJob(JobId job, MergeJob.Reply reply) implements Command {}

  private record Tick() implements Command {}

  /** What those who ask hear. */
  public sealed interface Reply extends JobMessage {}

  /** The job is in its journal. */
  public record Added(JobId job) implements Reply {}

  /** It cannot be. */
  public record Refused(JobRefusedException.Reason reason, String message) implements Reply {}

  /** A page. */
  public record Listed(JobPage page) implements Reply {}

  /**
   * The models that jobs name which have ended, and the jobs that have not, which know their own.
   */
  public record NamedModels(Set<ModelId> models, List<JobId> live) implements Reply {}

  /** What is in the journal; {@link JobJson} says under which names. */
  public sealed interface Event {}

  /** A job was accepted. */
  public record JobAdded(JobId job, MergeRequest request, JobOptions options, Instant at)
      implements Event {}

  /** A job has written its request into its own journal. */
  public record JobStarted(JobId job) implements Event {}

  /** A job has ended, or goes on after it had. */
  public record JobChanged(
      JobId job, JobStatus status, Optional<Instant> ended, Set<ModelId> models) implements Event {}

  /** A job that had ended is no more. */
  public record JobForgotten(JobId job) implements Event {}

  /**
   * The index.
   *
   * @param retention how long after its end a job is kept; empty for ever
   * @param jobs finds a job by its name
   */
  public static Behavior<Command> create(
      JobEnvironment.Limits limits,
      Optional<Duration> retention,
      int snapshotEvery,
      Clock clock,
      Function<JobId, RecipientRef<MergeJob.Command>> jobs) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers ->
                    new JobIndex(context, timers, limits, retention, snapshotEvery, clock, jobs)));
  }

  private static final int TICKS_PER_WAKE = 6;

  /** Jobs that are forgotten at a time: each wakes up for it. */
  private static final int FORGOTTEN_AT_ONCE = 100;

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final JobEnvironment.Limits limits;
  private final Optional<Duration> retention;
  private final int snapshotEvery;
  private final Clock clock;
  private final Function<JobId, RecipientRef<MergeJob.Command>> jobs;
  private final Map<JobId, ActorRef<Reply>> submitters = new HashMap<>();
  private boolean recovered;
  private int ticks;

  private JobIndex(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      JobEnvironment.Limits limits,
      Optional<Duration> retention,
      int snapshotEvery,
      Clock clock,
      Function<JobId, RecipientRef<MergeJob.Command>> jobs) {
    super(
        PersistenceId.ofUniqueId("job-index"),
        SupervisorStrategy.restartWithBackoff(
            limits.journalPause(), limits.journalPatience(), 0.2));
    this.context = context;
    this.timers = timers;
    this.limits = limits;
    this.retention = retention;
    this.snapshotEvery = snapshotEvery;
    this.clock = clock;
    this.jobs = jobs;
  }

  @Override
  public JobIndexState emptyState() {
    return new JobIndexState();
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return JobEnvironment.retention(snapshotEvery);
  }

  @Override
  public SnapshotAdapter<JobIndexState> snapshotAdapter() {
    return new SnapshotAdapter<>() {
      @Override
      public Object toJournal(JobIndexState state) {
        return state.snapshot();
      }

      @Override
      public JobIndexState fromJournal(Object stored) {
        return JobIndexState.of((JobIndexState.Snapshot) stored);
      }
    };
  }

  @Override
  public EventHandler<JobIndexState, Event> eventHandler() {
    return JobIndexState::apply;
  }

  @Override
  public SignalHandler<JobIndexState> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(
            RecoveryCompleted.instance(),
            state -> {
              timers.startTimerWithFixedDelay(new Tick(), limits.resubmission());
              state.notStarted().forEach((job, added) -> start(added));
              if (recovered) {
                // Nothing but the journal makes it start afresh.
                JournalMetrics.writeFailed("index");
              }
              recovered = true;
            })
        .onSignal(RecoveryFailed.class, (state, failed) -> JournalMetrics.recoveryFailed("index"))
        .build();
  }

  @Override
  public CommandHandler<Command, Event, JobIndexState> commandHandler() {
    return newCommandHandlerBuilder()
        .forAnyState()
        .onCommand(Add.class, this::onAdd)
        .onCommand(Page.class, this::onPage)
        .onCommand(Models.class, this::onModels)
        .onCommand(Changed.class, this::onChanged)
        .onCommand(FromJob.class, this::onFromJob)
        .onCommand(Tick.class, this::onTick)
        .onCommand(Stop.class, () -> Effect().stop())
        .build();
  }

  private Effect<Event, JobIndexState> onAdd(JobIndexState state, Add add) {
    Optional<JobId> before = add.options().idempotencyKey().flatMap(state::ofKey);
    if (before.isPresent()) {
      // The job itself knows what its request was.
      ActorRef<Reply> asker = add.replyTo();
      JobId job = before.get();
      jobs.apply(job)
          .tell(
              new MergeJob.Start(
                  add.request(),
                  add.options(),
                  clock.instant(),
                  context.spawnAnonymous(answer(job, asker))));
      return Effect().none();
    }
    JobId job = state.nextId(clock);
    submitters.put(job, add.replyTo());
    JobAdded added = new JobAdded(job, add.request(), add.options(), clock.instant());
    return Effect().persist(added).thenRun(() -> start(added));
  }

  private void start(JobAdded added) {
    JobId job = added.job();
    jobs.apply(job)
        .tell(
            new MergeJob.Start(
                added.request(),
                added.options(),
                added.at(),
                context.spawnAnonymous(
                    once(reply -> context.getSelf().tell(new FromJob(job, reply))))));
  }

  /** Tells a submitter what became of a submission that was made before. */
  private Behavior<MergeJob.Reply> answer(JobId job, ActorRef<Reply> asker) {
    return once(
        reply ->
            asker.tell(
                reply instanceof MergeJob.Refused refused
                    ? new Refused(refused.reason(), refused.message())
                    : new Added(job)));
  }

  /** Waits for one reply, and not for ever. */
  private Behavior<MergeJob.Reply> once(java.util.function.Consumer<MergeJob.Reply> handler) {
    return Behaviors.setup(
        child -> {
          child.setReceiveTimeout(
              limits.resubmission().multipliedBy(2),
              new MergeJob.Refused(JobRefusedException.Reason.UNAVAILABLE, "no answer"));
          return Behaviors.receiveMessage(
              reply -> {
                handler.accept(reply);
                return Behaviors.stopped();
              });
        });
  }

  private Effect<Event, JobIndexState> onFromJob(JobIndexState state, FromJob from) {
    if (from.reply() instanceof MergeJob.Forgotten && state.contains(from.job())) {
      return Effect().persist(new JobForgotten(from.job()));
    }
    if (!(from.reply() instanceof MergeJob.Viewed) || !state.notStarted().containsKey(from.job())) {
      return Effect().none();
    }
    return Effect()
        .persist(new JobStarted(from.job()))
        .thenRun(
            () ->
                Optional.ofNullable(submitters.remove(from.job()))
                    .ifPresent(submitter -> submitter.tell(new Added(from.job()))));
  }

  private Effect<Event, JobIndexState> onTick(JobIndexState state, Tick tick) {
    state.notStarted().forEach((job, added) -> start(added));
    // A job that was requested while it was leaving memory is remembered by nobody else.
    if (++ticks % TICKS_PER_WAKE == 0) {
      state.live().forEach(job -> jobs.apply(job).tell(new MergeJob.Wake()));
      retention.map(clock.instant()::minus).ifPresent(before -> forget(state, before));
    }
    return Effect().none();
  }

  private void forget(JobIndexState state, Instant before) {
    for (JobId job : state.endedBefore(before, FORGOTTEN_AT_ONCE)) {
      jobs.apply(job)
          .tell(
              new MergeJob.Forget(
                  before,
                  context.spawnAnonymous(
                      once(reply -> context.getSelf().tell(new FromJob(job, reply))))));
    }
  }

  private Effect<Event, JobIndexState> onPage(JobIndexState state, Page page) {
    page.replyTo().tell(new Listed(state.page(page.after(), page.limit())));
    return Effect().none();
  }

  private Effect<Event, JobIndexState> onModels(JobIndexState state, Models models) {
    models.replyTo().tell(new NamedModels(state.modelsOfEnded(), state.live()));
    return Effect().none();
  }

  private Effect<Event, JobIndexState> onChanged(JobIndexState state, Changed changed) {
    if (!state.changes(changed)) {
      changed.replyTo().tell(new MergeJob.Indexed());
      return Effect().none();
    }
    return Effect()
        .persist(new JobChanged(changed.job(), changed.status(), changed.ended(), changed.models()))
        .thenRun(() -> changed.replyTo().tell(new MergeJob.Indexed()));
  }
}
