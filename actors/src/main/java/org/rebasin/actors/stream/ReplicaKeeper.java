package org.rebasin.actors.stream;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.javadsl.TimerScheduler;
import akka.actor.typed.receptionist.Receptionist;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;

/**
 * Keeps this node's models on enough nodes: those it is told to replicate, and, from time to time
 * and after a node came or went, all others. Of the nodes that have a model, the first in line sees
 * to it. Blocks its thread while it looks into the store. Holds nothing that matters.
 */
final class ReplicaKeeper extends AbstractBehavior<ReplicaKeeper.Command> {
  /** Models of one question, so that neither it nor its answer is long. */
  private static final int PAGE = 1000;

  /** What a keeper receives. */
  sealed interface Command {}

  /** Wants a model on enough nodes. */
  record Replicate(ModelId id, CompletableFuture<Done> replicated) implements Command {}

  private record Listed(Receptionist.Listing listing) implements Command {}

  private record Check() implements Command {}

  private record Answered(ModelExchange.Holding holding) implements Command {}

  private record PageOverdue() implements Command {}

  private record Ended(ModelId id, Optional<Throwable> problem) implements Command {}

  /** A keeper. */
  static Behavior<Command> create(
      ModelStore store,
      Peers peers,
      ActorRef<ModelExchange.Command> exchange,
      ReplicaSettings settings) {
    return Behaviors.supervise(
            Behaviors.<Command>setup(
                context ->
                    Behaviors.withTimers(
                        timers ->
                            new ReplicaKeeper(context, timers, store, peers, exchange, settings))))
        .onFailure(SupervisorStrategy.restart());
  }

  private final TimerScheduler<Command> timers;
  private final ModelStore store;
  private final Peers peers;
  private final ActorRef<ModelExchange.Command> exchange;
  private final ReplicaSettings settings;
  private final ActorRef<ModelExchange.Holding> holding;
  private final Map<ModelId, List<CompletableFuture<Done>>> underWay = new HashMap<>();

  private final Deque<List<ModelId>> pages = new ArrayDeque<>();
  private final Map<ModelId, Set<ActorRef<ModelExchange.Command>>> holders = new HashMap<>();
  private final Set<ActorRef<ModelExchange.Command>> silent = new HashSet<>();

  private ReplicaKeeper(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      ModelStore store,
      Peers peers,
      ActorRef<ModelExchange.Command> exchange,
      ReplicaSettings settings) {
    super(context);
    this.timers = timers;
    this.store = store;
    this.peers = peers;
    this.exchange = exchange;
    this.settings = settings;
    holding = context.messageAdapter(ModelExchange.Holding.class, Answered::new);
    context
        .getSystem()
        .receptionist()
        .tell(
            Receptionist.subscribe(
                ModelExchange.KEY,
                context.messageAdapter(Receptionist.Listing.class, Listed::new)));
    timers.startTimerWithFixedDelay("check", new Check(), settings.checkInterval());
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Replicate.class, this::onReplicate)
        .onMessage(Ended.class, this::onEnded)
        .onMessage(Listed.class, this::onListed)
        .onMessage(Check.class, this::onCheck)
        .onMessage(Answered.class, this::onAnswered)
        .onMessage(PageOverdue.class, this::onPageOverdue)
        .onSignal(akka.actor.typed.PreRestart.class, restart -> giveUp())
        .onSignal(akka.actor.typed.PostStop.class, stop -> giveUp())
        .build();
  }

  private Behavior<Command> onReplicate(Replicate replicate) {
    try {
      if (store.isPrivate(replicate.id())) {
        // It stays here, and here it is.
        replicate.replicated().complete(Done.getInstance());
      } else {
        replicate(replicate.id(), replicate.replicated());
      }
    } catch (RuntimeException absentOrCorrupt) {
      replicate.replicated().completeExceptionally(absentOrCorrupt);
    }
    return this;
  }

  private void replicate(ModelId id, CompletableFuture<Done> replicated) {
    List<CompletableFuture<Done>> others = underWay.get(id);
    if (others != null) {
      others.add(replicated);
      return;
    }
    underWay.put(id, new ArrayList<>(List.of(replicated)));
    CompletableFuture<Done> ended = new CompletableFuture<>();
    getContext().pipeToSelf(ended, (done, problem) -> new Ended(id, Optional.ofNullable(problem)));
    ActorRef<Replication.Command> replication =
        getContext()
            .spawnAnonymous(
                Behaviors.supervise(Replication.create(id, peers, settings, ended))
                    .onFailure(SupervisorStrategy.stop()));
    getContext()
        .watchWith(
            replication,
            new Ended(
                id, Optional.of(new TransferException("replicating model " + id + " failed"))));
  }

  private Behavior<Command> onEnded(Ended ended) {
    List<CompletableFuture<Done>> waiting = underWay.get(ended.id());
    if (waiting == null) {
      return this;
    }
    underWay.remove(ended.id());
    for (CompletableFuture<Done> each : waiting) {
      if (ended.problem().isPresent()) {
        each.completeExceptionally(ended.problem().get());
      } else {
        each.complete(Done.getInstance());
      }
    }
    return this;
  }

  private Behavior<Command> onListed(Listed listed) {
    timers.startSingleTimer("settled", new Check(), settings.settling());
    return this;
  }

  private Behavior<Command> onCheck(Check check) {
    if (!pages.isEmpty() || peers.others().isEmpty()) {
      return this;
    }
    List<ModelId> ids = List.copyOf(store.ids());
    for (int from = 0; from < ids.size(); from += PAGE) {
      pages.add(ids.subList(from, Math.min(ids.size(), from + PAGE)));
    }
    askPage();
    return this;
  }

  private void askPage() {
    holders.clear();
    silent.clear();
    if (pages.isEmpty()) {
      return;
    }
    silent.addAll(peers.others());
    if (silent.isEmpty()) {
      pages.clear();
      return;
    }
    silent.forEach(each -> each.tell(new ModelExchange.Has(pages.peek(), holding)));
    timers.startSingleTimer("page", new PageOverdue(), settings.patience());
  }

  private Behavior<Command> onAnswered(Answered answered) {
    ActorRef<ModelExchange.Command> node = answered.holding().node();
    answered
        .holding()
        .ids()
        .forEach(id -> holders.computeIfAbsent(id, none -> new HashSet<>()).add(node));
    if (silent.remove(node) && silent.isEmpty()) {
      timers.cancel("page");
      endPage();
    }
    return this;
  }

  private Behavior<Command> onPageOverdue(PageOverdue overdue) {
    // What a silent node has is made once more than needed, at worst.
    endPage();
    return this;
  }

  private void endPage() {
    if (pages.isEmpty()) {
      return;
    }
    int wanted = Math.min(settings.replicas(), peers.others().size() + 1);
    for (ModelId id : pages.remove()) {
      Set<ActorRef<ModelExchange.Command>> nodes =
          new HashSet<>(holders.getOrDefault(id, Set.of()));
      nodes.add(exchange);
      if (nodes.size() < wanted
          && Ranking.of(id, nodes, getContext().getSystem()).get(0).equals(exchange)) {
        CompletableFuture<Done> replicated = new CompletableFuture<>();
        replicated.whenComplete((done, problem) -> report(id, problem));
        onReplicate(new Replicate(id, replicated));
      }
    }
    askPage();
  }

  private static void report(ModelId id, Throwable problem) {
    if (problem != null) {
      // Tried again at the next check.
      org.slf4j.LoggerFactory.getLogger(ReplicaKeeper.class)
          .warn("Model {} has too few replicas: {}", id, problem.getMessage());
    }
  }

  private Behavior<Command> giveUp() {
    List<List<CompletableFuture<Done>>> waiting = List.copyOf(underWay.values());
    underWay.clear();
    for (List<CompletableFuture<Done>> futures : waiting) {
      for (CompletableFuture<Done> each : futures) {
        each.completeExceptionally(new TransferException("the node stops replicating models"));
      }
    }
    return this;
  }
}
