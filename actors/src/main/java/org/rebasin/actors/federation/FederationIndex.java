package org.rebasin.actors.federation;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.TimerScheduler;
import akka.persistence.typed.PersistenceId;
import akka.persistence.typed.RecoveryCompleted;
import akka.persistence.typed.javadsl.CommandHandler;
import akka.persistence.typed.javadsl.Effect;
import akka.persistence.typed.javadsl.EventHandler;
import akka.persistence.typed.javadsl.EventSourcedBehavior;
import akka.persistence.typed.javadsl.RetentionCriteria;
import akka.persistence.typed.javadsl.SignalHandler;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.rebasin.actors.job.JobEnvironment;

/**
 * The names of all federations of a cluster, of which there is one. A federation is in its own
 * journal before it is listed, and tells of itself until it hears that it is; so whatever is listed
 * exists.
 */
public final class FederationIndex
    extends EventSourcedBehavior<
        FederationIndex.Command, FederationIndex.Listed, FederationIndex.Names> {
  /** What the index receives. */
  public sealed interface Command extends FederationMessage {}

  /** A federation exists, or has closed; repeated until {@code replyTo} hears so. */
  record Tell(FederationName name, boolean closed, ActorRef<Federation.Command> replyTo)
      implements Command {}

  /** A federation exists; for who created it. */
  record Add(FederationName name, ActorRef<AllNames> replyTo) implements Command {}

  /** All names are wanted. */
  record AskNames(ActorRef<AllNames> replyTo) implements Command {}

  /** Leaves this node. */
  record Stop() implements Command {}

  private record Tick() implements Command {}

  /** All names, sorted. */
  public record AllNames(List<FederationName> names) implements FederationMessage {
    /** Copies the list. */
    public AllNames {
      names = List.copyOf(names);
    }
  }

  /** What is in the journal: a federation exists, or has closed. */
  public record Listed(FederationName name, boolean closed) {}

  /** Which federations there are, sorted, and which of them have closed. */
  public record Names(List<Listed> all) {
    /** Copies the list. */
    public Names {
      all = List.copyOf(all);
    }

    Names with(Listed listed) {
      return new Names(
          Stream.concat(
                  all.stream().filter(one -> !one.name().equals(listed.name())), Stream.of(listed))
              .sorted(Comparator.comparing(Listed::name))
              .toList());
    }

    boolean has(FederationName name) {
      return all.stream().anyMatch(one -> one.name().equals(name));
    }

    AllNames names() {
      return new AllNames(all.stream().map(Listed::name).toList());
    }
  }

  /**
   * The index.
   *
   * @param federations tells something to a federation; used to wake those that have not closed
   */
  static Behavior<Command> create(
      JobEnvironment.Limits limits,
      int snapshotEvery,
      BiConsumer<FederationName, Federation.Command> federations) {
    return Behaviors.withTimers(
        timers -> new FederationIndex(timers, limits, snapshotEvery, federations));
  }

  private static final int TICKS_PER_WAKE = 6;

  private final TimerScheduler<Command> timers;
  private final JobEnvironment.Limits limits;
  private final int snapshotEvery;
  private final BiConsumer<FederationName, Federation.Command> federations;

  private FederationIndex(
      TimerScheduler<Command> timers,
      JobEnvironment.Limits limits,
      int snapshotEvery,
      BiConsumer<FederationName, Federation.Command> federations) {
    super(
        PersistenceId.ofUniqueId("federation-index"),
        SupervisorStrategy.restartWithBackoff(
            limits.journalPause(), limits.journalPatience(), 0.2));
    this.timers = timers;
    this.limits = limits;
    this.snapshotEvery = snapshotEvery;
    this.federations = federations;
  }

  @Override
  public Names emptyState() {
    return new Names(List.of());
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return JobEnvironment.retention(snapshotEvery);
  }

  @Override
  public EventHandler<Names, Listed> eventHandler() {
    return Names::with;
  }

  @Override
  public SignalHandler<Names> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(
            RecoveryCompleted.instance(),
            names ->
                timers.startTimerWithFixedDelay(
                    new Tick(), limits.resubmission().multipliedBy(TICKS_PER_WAKE)))
        .build();
  }

  @Override
  public CommandHandler<Command, Listed, Names> commandHandler() {
    return newCommandHandlerBuilder()
        .forAnyState()
        .onCommand(Tell.class, this::onTell)
        .onCommand(Add.class, this::onAdd)
        .onCommand(AskNames.class, this::onAskNames)
        .onCommand(Tick.class, this::onTick)
        .onCommand(Stop.class, () -> Effect().stop())
        .build();
  }

  private Effect<Listed, Names> onTell(Names names, Tell tell) {
    Federation.Indexed heard = new Federation.Indexed(tell.closed());
    if (names.all().contains(new Listed(tell.name(), tell.closed()))) {
      tell.replyTo().tell(heard);
      return Effect().none();
    }
    return Effect()
        .persist(new Listed(tell.name(), tell.closed()))
        .thenRun(() -> tell.replyTo().tell(heard));
  }

  private Effect<Listed, Names> onAdd(Names names, Add add) {
    if (names.has(add.name())) {
      add.replyTo().tell(names.names());
      return Effect().none();
    }
    return Effect()
        .persist(new Listed(add.name(), false))
        .thenRun(after -> add.replyTo().tell(after.names()));
  }

  private Effect<Listed, Names> onAskNames(Names names, AskNames ask) {
    ask.replyTo().tell(names.names());
    return Effect().none();
  }

  /** One that was created while it was leaving memory is remembered by nobody else. */
  private Effect<Listed, Names> onTick(Names names, Tick tick) {
    names.all().stream()
        .filter(one -> !one.closed())
        .forEach(one -> federations.accept(one.name(), new Federation.Wake()));
    return Effect().none();
  }
}
