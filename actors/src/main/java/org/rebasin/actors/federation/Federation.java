package org.rebasin.actors.federation;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.TimerScheduler;
import akka.persistence.typed.PersistenceId;
import akka.persistence.typed.RecoveryCompleted;
import akka.persistence.typed.javadsl.CommandHandler;
import akka.persistence.typed.javadsl.Effect;
import akka.persistence.typed.javadsl.EffectBuilder;
import akka.persistence.typed.javadsl.EventHandler;
import akka.persistence.typed.javadsl.EventSourcedBehavior;
import akka.persistence.typed.javadsl.RetentionCriteria;
import akka.persistence.typed.javadsl.SignalHandler;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.rebasin.actors.federation.FederationJournalEvent.Created;
import org.rebasin.actors.federation.FederationRefusedException.Reason;
import org.rebasin.actors.federation.FederationState.Absent;
import org.rebasin.actors.federation.FederationState.Known;
import org.rebasin.actors.job.JobEnvironment;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.JobId;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskKey;
import org.rebasin.actors.work.WorkQueue;

/**
 * One federation: takes contributions, has them looked at, aligned and aggregated, judges what
 * comes of it, and publishes versions. {@link FederationPlan} says which tasks that takes, {@link
 * FederationRules} what is decided when; the actor submits the tasks, a bounded number at a time,
 * and keeps what comes back.
 *
 * <p>Every contribution, result and decision is in the journal before anything follows from it. An
 * actor that starts elsewhere reads the journal, submits again what is missing, and decides what
 * had not been decided; nothing is lost but who was waiting for an answer. While the journal is
 * away nothing is taken and nothing begun.
 */
public final class Federation
    extends EventSourcedBehavior<Federation.Command, FederationJournalEvent, FederationState> {
  /** What a federation receives. */
  public sealed interface Command extends FederationMessage {}

  /** What wants an answer. */
  public sealed interface Question extends Command {
    /** Who hears it. */
    ActorRef<Reply> replyTo();
  }

  /** Creates it; a second time, asks whether it is the same. */
  public record Create(FederationSettings settings, ActorRef<Reply> replyTo) implements Question {}

  /** Gives a contribution. */
  public record Contribute(Contribution contribution, ActorRef<Reply> replyTo)
      implements Question {}

  /** Pauses, resumes or closes it. */
  public record Turn(FederationStatus to, ActorRef<Reply> replyTo) implements Question {}

  /** Makes an earlier version the current one. */
  public record Rollback(int version, ActorRef<Reply> replyTo) implements Question {}

  /** Asks how it stands. */
  public record View(ActorRef<Reply> replyTo) implements Question {}

  /** Asks for a contribution. */
  public record FindContribution(String id, ActorRef<Reply> replyTo) implements Question {}

  /** Asks for contributions, the newest first. */
  public record PageContributions(Optional<String> after, int limit, ActorRef<Reply> replyTo)
      implements Question {}

  /** Asks for a version. */
  public record FindVersion(int number, ActorRef<Reply> replyTo) implements Question {}

  /** Asks for versions, the newest first. */
  public record PageVersions(OptionalInt before, int limit, ActorRef<Reply> replyTo)
      implements Question {}

  /** Asks for the current version if it is another, and waits a while if it is not. */
  public record AwaitVersion(OptionalInt other, Duration patience, ActorRef<Reply> replyTo)
      implements Question {}

  /** Asks for events, and waits a while for the next one if there are none. */
  public record EventsAfter(long sequence, ActorRef<Reply> replyTo) implements Question {}

  /** Asks which models it needs. */
  public record NamedModels(ActorRef<Reply> replyTo) implements Question {}

  /**
   * Makes a version again, and asks what comes of it; answered from time to time until it is known.
   */
  public record Reproduce(int version, ActorRef<Reply> replyTo) implements Question {}

  /** Goes on if it is not at it already; told to federations from time to time. */
  record Wake() implements Command {}

  /** Leaves memory; nothing else changes. */
  public record Stop() implements Command {}

  /** The index knows of it as it is. */
  record Indexed(boolean closed) implements Command {}

  private record FromQueue(WorkQueue.Reply reply) implements Command {}

  private record Tick() implements Command {}

  private record Due() implements Command {}

  private record WaitOver(ActorRef<Reply> asker) implements Command {}

  private record Idle() implements Command {}

  /** What those who ask hear. */
  public sealed interface Reply extends FederationMessage {}

  /** How the federation stands, after what was asked. */
  public record Viewed(FederationView view) implements Reply {}

  /** Contributions that were asked for, those that there are. */
  public record Contributions(List<ContributionView> contributions) implements Reply {}

  /** Versions that were asked for, those that there are. */
  public record Versions(List<Version> versions) implements Reply {}

  /**
   * What has happened.
   *
   * @param ended whether nothing more happens
   */
  public record Happened(List<FederationEvent> events, boolean ended) implements Reply {}

  /** What came of making a version again; empty if that is not known yet. */
  public record Reproduced(Optional<Federations.Reproduction> reproduction) implements Reply {}

  /** The models that it needs. */
  public record Named(Set<ModelId> models) implements Reply {}

  /** It cannot be. */
  public record Refused(Reason reason, String message, Duration retryAfter) implements Reply {
    Refused(Reason reason, String message) {
      this(reason, message, Duration.ZERO);
    }
  }

  /** A federation, asleep until it is created or if it is in the journal already. */
  public static Behavior<Command> create(FederationName name, FederationEnvironment environment) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(timers -> new Federation(context, timers, name, environment)));
  }

  private static final int PRIORITY = 0;
  private static final Duration LONGEST_TIMER = Duration.ofDays(1);

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final FederationName name;
  private final FederationEnvironment environment;
  private final Clock clock;
  private final SubmittedTasks submitted = new SubmittedTasks();
  private final FederationAudience audience = new FederationAudience();
  private final Reproductions reproductions = new Reproductions();
  private boolean indexed;
  private boolean indexedClosed;

  private Federation(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      FederationName name,
      FederationEnvironment environment) {
    super(
        PersistenceId.of("federation", name.value()),
        SupervisorStrategy.restartWithBackoff(
            environment.limits().journalPause(), environment.limits().journalPatience(), 0.2));
    this.context = context;
    this.timers = timers;
    this.name = name;
    this.environment = environment;
    this.clock = environment.clock();
  }

  @Override
  public FederationState emptyState() {
    return new Absent();
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return JobEnvironment.retention(environment.snapshotEvery());
  }

  @Override
  public EventHandler<FederationState, FederationJournalEvent> eventHandler() {
    return (state, event) -> state.after(event, environment.bounds());
  }

  @Override
  public SignalHandler<FederationState> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.instance(), this::onRecovered)
        .build();
  }

  @Override
  public CommandHandler<Command, FederationJournalEvent, FederationState> commandHandler() {
    var handlers = newCommandHandlerBuilder();
    handlers
        .forAnyState()
        .onCommand(Stop.class, () -> Effect().stop())
        .onCommand(Idle.class, (state, idle) -> onIdle(state));
    handlers
        .forStateType(Absent.class)
        .onCommand(Create.class, this::onFirstCreate)
        .onCommand(Question.class, (state, question) -> unknown(question))
        .onCommand(Wake.class, wake -> sleep())
        .onAnyCommand(() -> Effect().none());
    handlers
        .forStateType(Known.class)
        .onCommand(AwaitVersion.class, this::onAwaitVersion)
        .onCommand(EventsAfter.class, this::onEventsAfter)
        .onCommand(Question.class, this::onQuestion)
        .onCommand(FromQueue.class, this::onFromQueue)
        .onCommand(WaitOver.class, this::onWaitOver)
        .onCommand(Tick.class, this::onTick)
        .onCommand(Due.class, (state, due) -> record(state, List.of()))
        .onCommand(Indexed.class, this::onIndexed)
        .onAnyCommand(() -> Effect().none());
    return handlers.build();
  }

  /** Also after each time that the journal was away. */
  private void onRecovered(FederationState state) {
    submitted.clear();
    if (state instanceof Known known) {
      begin();
      settle(known);
      // It may have stopped between what happened and what is decided about it.
      context.getSelf().tell(new Due());
    } else {
      sleepLater();
    }
  }

  private void begin() {
    timers.startTimerWithFixedDelay(new Tick(), environment.limits().resubmission());
  }

  private Effect<FederationJournalEvent, FederationState> unknown(Question question) {
    question.replyTo().tell(new Refused(Reason.UNKNOWN, "there is no federation " + name));
    return sleep();
  }

  private Effect<FederationJournalEvent, FederationState> onFirstCreate(
      Absent absent, Create create) {
    begin();
    Instant now = clock.instant();
    return record(
        absent, List.of(new Created(name, JobId.next(clock), create.settings(), now)), create);
  }

  private Effect<FederationJournalEvent, FederationState> onQuestion(
      Known state, Question question) {
    FederationAnswers answers = new FederationAnswers(state, environment.bounds());
    Optional<Reply> refusal = answers.refusal(question);
    if (refusal.isPresent()) {
      FederationMeasurements.refused(question);
      question.replyTo().tell(refusal.get());
      return Effect().none();
    }
    Optional<FederationJournalEvent> event = answers.event(question, clock.instant());
    if (event.isPresent()) {
      return record(state, List.of(event.get()), question);
    }
    if (question instanceof Reproduce reproduce) {
      reproductions.ask(state, reproduce, clock).ifPresent(this::submit);
    } else {
      FederationMeasurements.answered(question);
      question.replyTo().tell(answers.to(question));
    }
    return Effect().none();
  }

  private Effect<FederationJournalEvent, FederationState> onAwaitVersion(
      Known state, AwaitVersion wait) {
    if (audience.add(state, wait)) {
      timers.startSingleTimer(wait.replyTo(), new WaitOver(wait.replyTo()), wait.patience());
    }
    return Effect().none();
  }

  private Effect<FederationJournalEvent, FederationState> onWaitOver(Known state, WaitOver over) {
    audience.dismiss(over.asker());
    return Effect().none();
  }

  private Effect<FederationJournalEvent, FederationState> onEventsAfter(
      Known state, EventsAfter events) {
    audience.add(events);
    audience.answer(state, false);
    return Effect().none();
  }

  private Effect<FederationJournalEvent, FederationState> onFromQueue(Known state, FromQueue from) {
    reproductions.heard(state, from.reply()).ifPresent(this::submit);
    Optional<WantedTask<?>> wanted = submitted.find(from.reply().key());
    return wanted.isEmpty()
        ? Effect().none()
        : record(state, List.of(wanted.get().after(from.reply(), clock.instant())));
  }

  private Effect<FederationJournalEvent, FederationState> onTick(Known state, Tick tick) {
    audience.answer(state, true);
    tellIndex(state);
    Duration timeout = environment.limits().taskTimeout();
    Instant now = clock.instant();
    Optional<WantedTask<?>> overdue = submitted.overdue(timeout, now);
    if (overdue.isPresent()) {
      String cause = "no result within " + timeout;
      return record(state, List.of(overdue.get().failed().apply(cause, now)));
    }
    submitted.out().forEach(task -> submit(task.key(), task.task()));
    reproductions.tick().forEach(this::submit);
    return Effect().none();
  }

  private Effect<FederationJournalEvent, FederationState> onIndexed(Known state, Indexed told) {
    indexed = true;
    indexedClosed = told.closed();
    return Effect().none();
  }

  private Effect<FederationJournalEvent, FederationState> onIdle(FederationState state) {
    boolean over =
        state instanceof Absent
            || state instanceof Known known
                && known.status() == FederationStatus.CLOSED
                && indexedClosed
                && audience.isEmpty();
    if (over) {
      return sleep();
    }
    sleepLater();
    return Effect().none();
  }

  private Effect<FederationJournalEvent, FederationState> sleep() {
    environment.sleep(context.getSelf());
    return Effect().none();
  }

  private void sleepLater() {
    timers.startSingleTimer(new Idle(), environment.limits().idle());
  }

  private Effect<FederationJournalEvent, FederationState> record(
      FederationState before, List<FederationJournalEvent> events, Question question) {
    return record(before, events)
        .thenRun(
            state ->
                question
                    .replyTo()
                    .tell(new FederationAnswers((Known) state, environment.bounds()).to(question)));
  }

  /** Writes events, and with them what is decided about them; then goes on. */
  private EffectBuilder<FederationJournalEvent, FederationState> record(
      FederationState before, List<FederationJournalEvent> events) {
    long told = before instanceof Known known ? known.log().count() : 0;
    return Effect()
        .persist(FederationRules.decided(before, events, environment.bounds(), clock.instant()))
        .thenRun(
            state -> {
              ((Known) state).log().after(told).forEach(FederationMeasurements::observe);
              settle((Known) state);
            });
  }

  /** Does what the state asks for. */
  private void settle(Known state) {
    if (state.status() == FederationStatus.CLOSED) {
      environment.queue().tell(new WorkQueue.Withdraw(state.identity().job()));
      sleepLater();
    }
    submitted
        .update(
            new FederationPlan(state).wanted(),
            environment.limits().concurrentTasks(),
            clock.instant())
        .forEach(task -> submit(task.key(), task.task()));
    new FederationRules(state)
        .patienceEnds()
        .ifPresentOrElse(
            end -> timers.startSingleTimer(new Due(), until(end)), () -> timers.cancel(new Due()));
    tellIndex(state);
    audience.answer(state, false);
  }

  private Duration until(Instant end) {
    Duration left = Duration.between(clock.instant(), end).plusMillis(1);
    Duration bounded = left.compareTo(LONGEST_TIMER) > 0 ? LONGEST_TIMER : left;
    return bounded.isNegative() || bounded.isZero() ? Duration.ofMillis(1) : bounded;
  }

  private void submit(Reproductions.Step step) {
    submit(step.key(), step.task());
  }

  private void submit(TaskKey key, Task task) {
    environment
        .queue()
        .tell(
            new WorkQueue.Submit(
                key,
                task,
                PRIORITY,
                context.getSystem().ignoreRef(),
                context.messageAdapter(WorkQueue.Reply.class, FromQueue::new)));
  }

  private void tellIndex(Known state) {
    boolean closed = state.status() == FederationStatus.CLOSED;
    if (!indexed || closed && !indexedClosed) {
      environment.index().tell(new FederationIndex.Tell(name, closed, context.getSelf()));
    }
  }
}
