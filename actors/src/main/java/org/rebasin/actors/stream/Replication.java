package org.rebasin.actors.stream;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.javadsl.TimerScheduler;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.rebasin.actors.store.ModelId;

/**
 * Sees to it that enough nodes have one model: asks who has it, and asks some that do not to fetch
 * it. Every question is repeated until it is answered or its node is gone.
 */
final class Replication extends AbstractBehavior<Replication.Command> {
  /** What a replication receives. */
  sealed interface Command {}

  private record Holder(ActorRef<ModelExchange.Command> node, boolean holds) implements Command {}

  private record Asked(ModelExchange.Kept answer) implements Command {}

  private record Repeat() implements Command {}

  /** A replication, whose end {@code replicated} tells. */
  static Behavior<Command> create(
      ModelId id, Peers peers, ReplicaSettings settings, CompletableFuture<Done> replicated) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> new Replication(context, timers, id, peers, settings, replicated)));
  }

  private final TimerScheduler<Command> timers;
  private final ModelId id;
  private final Peers peers;
  private final ReplicaSettings settings;
  private final CompletableFuture<Done> replicated;
  private final ActorRef<ModelExchange.Holding> holding;
  private final ActorRef<ModelExchange.Kept> kept;
  private final Set<ActorRef<ModelExchange.Command>> answered = new HashSet<>();
  private final Set<ActorRef<ModelExchange.Command>> holders = new HashSet<>();
  private final Set<ActorRef<ModelExchange.Command>> asked = new LinkedHashSet<>();
  private final Set<ActorRef<ModelExchange.Command>> unwilling = new HashSet<>();
  private final Set<String> reasons = new LinkedHashSet<>();
  private int inVain;

  private Replication(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      ModelId id,
      Peers peers,
      ReplicaSettings settings,
      CompletableFuture<Done> replicated) {
    super(context);
    this.timers = timers;
    this.id = id;
    this.peers = peers;
    this.settings = settings;
    this.replicated = replicated;
    holding =
        context.messageAdapter(
            ModelExchange.Holding.class,
            answer -> new Holder(answer.node(), answer.ids().contains(id)));
    kept = context.messageAdapter(ModelExchange.Kept.class, Asked::new);
    timers.startTimerWithFixedDelay("repeat", new Repeat(), settings.patience());
    ask();
    // Alone in the cluster, nobody answers.
    context.getSelf().tell(new Repeat());
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Holder.class, this::onHolder)
        .onMessage(Asked.class, this::onAsked)
        .onMessage(Repeat.class, this::onRepeat)
        .build();
  }

  private void ask() {
    for (ActorRef<ModelExchange.Command> each : peers.others()) {
      if (!answered.contains(each)) {
        each.tell(new ModelExchange.Has(List.of(id), holding));
      }
    }
    asked.forEach(each -> each.tell(new ModelExchange.Keep(id, kept)));
  }

  private Behavior<Command> onHolder(Holder holder) {
    answered.add(holder.node());
    if (holder.holds()) {
      holders.add(holder.node());
    }
    return proceed();
  }

  private Behavior<Command> onAsked(Asked ended) {
    ActorRef<ModelExchange.Command> node = ended.answer().node();
    asked.remove(node);
    if (ended.answer().problem().isEmpty()) {
      holders.add(node);
    } else {
      unwilling.add(node);
      reasons.add(node.path().address() + ": " + ended.answer().problem().get());
    }
    return proceed();
  }

  private Behavior<Command> onRepeat(Repeat repeat) {
    Behavior<Command> next = proceed();
    if (next == this) {
      ask();
    }
    return next;
  }

  private Behavior<Command> proceed() {
    List<ActorRef<ModelExchange.Command>> others = peers.others();
    asked.retainAll(others);
    holders.retainAll(others);
    int missing = Math.min(settings.replicas(), others.size() + 1) - 1 - holders.size();
    if (missing <= 0) {
      replicated.complete(Done.getInstance());
      return Behaviors.stopped();
    }
    if (!answered.containsAll(others) || asked.size() >= missing) {
      return this;
    }
    List<ActorRef<ModelExchange.Command>> able =
        Ranking.of(id, others, getContext().getSystem()).stream()
            .filter(each -> !holders.contains(each) && !asked.contains(each))
            .filter(each -> !unwilling.contains(each))
            .limit(missing - asked.size())
            .toList();
    for (ActorRef<ModelExchange.Command> each : able) {
      asked.add(each);
      each.tell(new ModelExchange.Keep(id, kept));
    }
    if (asked.isEmpty()) {
      return allUnwilling(missing);
    }
    return this;
  }

  private Behavior<Command> allUnwilling(int missing) {
    if (++inVain >= settings.attempts()) {
      replicated.completeExceptionally(
          new TransferException(
              "model %s: expected %d more replicas, found no node that takes one: %s"
                  .formatted(id, missing, String.join("; ", reasons))));
      return Behaviors.stopped();
    }
    // At the next repetition all are asked again.
    unwilling.clear();
    answered.clear();
    return this;
  }
}
