package org.rebasin.actors.stream;

import akka.Done;
import akka.actor.Address;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.receptionist.Receptionist;
import akka.actor.typed.receptionist.ServiceKey;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.telemetry.ActorMetrics;
import org.rebasin.actors.wire.WireMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's end of all transfers: sends its models to the nodes that ask, and fetches models from
 * them, a bounded number of each at a time. The same model is fetched once, however many want it.
 * Holds nothing that matters: when it restarts, the fetches that were under way fail, and what had
 * arrived is gone on from.
 */
final class ModelExchange extends AbstractBehavior<ModelExchange.Command> {
  private static final Logger LOG = LoggerFactory.getLogger(ModelExchange.class);

  /** Under which the nodes' exchanges find each other. */
  static final ServiceKey<Command> KEY = ServiceKey.create(Command.class, "model-exchange");

  /** What an exchange receives. */
  sealed interface Command extends WireMessage {}

  /** Which of these are there? */
  record Has(List<ModelId> ids, ActorRef<Holding> replyTo) implements Command {}

  /** Asks for a model's chunks. */
  record Open(ModelId id, int attempt, ActorRef<ModelReceiver.Command> receiver)
      implements Command {}

  /** What was sent of a model was not the model. */
  record Doubt(ModelId id) implements Command {}

  /** Asks the node to have a model, from wherever it is. */
  record Keep(ModelId id, ActorRef<Kept> replyTo) implements Command {}

  /** What is this model like? Only a node that has it answers in time. */
  record Describe(ModelId id, ActorRef<Description> replyTo) implements Command {}

  /** A model that a node has, without its numbers; nothing if it has it not, or not right. */
  record Description(Optional<Holder> holder) implements WireMessage {}

  /** The models that a node has, of those it was asked for. */
  record Holding(List<ModelId> ids, ActorRef<Command> node) implements WireMessage {}

  /** Whether a node has a model now; else why not. */
  record Kept(ModelId id, ActorRef<Command> node, Optional<String> problem)
      implements WireMessage {}

  /** Wants a model here. */
  record Fetch(ModelId id, CompletableFuture<Done> fetched) implements Command {}

  private record Listed(Receptionist.Listing listing) implements Command {}

  private record SenderEnded() implements Command {}

  private record ReceiverStopped(ModelId id, CompletableFuture<Done> fetched) implements Command {}

  private record FetchEnded(ModelId id, Optional<Throwable> problem) implements Command {}

  /** An exchange that makes itself known. */
  static Behavior<Command> create(ModelStore store, Peers peers, TransferSettings settings) {
    return Behaviors.supervise(
            Behaviors.<Command>setup(context -> new ModelExchange(context, store, peers, settings)))
        .onFailure(SupervisorStrategy.restart());
  }

  private final ModelStore store;
  private final Peers peers;
  private final TransferSettings settings;
  private final ChunkBuffers buffers = new ChunkBuffers();
  private final Map<ModelId, List<CompletableFuture<Done>>> wanted = new HashMap<>();
  private final Deque<ModelId> waiting = new ArrayDeque<>();
  private int fetching;
  private int sending;

  private ModelExchange(
      ActorContext<Command> context, ModelStore store, Peers peers, TransferSettings settings) {
    super(context);
    this.store = store;
    this.peers = peers;
    this.settings = settings;
    context
        .getSystem()
        .receptionist()
        .tell(
            Receptionist.subscribe(
                KEY, context.messageAdapter(Receptionist.Listing.class, Listed::new)));
    context.getSystem().receptionist().tell(Receptionist.register(KEY, context.getSelf()));
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Has.class, this::onHas)
        .onMessage(Describe.class, this::onDescribe)
        .onMessage(Open.class, this::onOpen)
        .onMessage(Doubt.class, this::onDoubt)
        .onMessage(Keep.class, this::onKeep)
        .onMessage(Fetch.class, this::onFetch)
        .onMessage(Listed.class, this::onListed)
        .onMessage(SenderEnded.class, this::onSenderEnded)
        .onMessage(FetchEnded.class, this::onFetchEnded)
        .onMessage(ReceiverStopped.class, this::onReceiverStopped)
        .onSignal(akka.actor.typed.PreRestart.class, restart -> onPreRestart())
        .onSignal(akka.actor.typed.PostStop.class, stop -> giveUp())
        .build();
  }

  private Behavior<Command> onListed(Listed listed) {
    peers.update(listed.listing().getServiceInstances(KEY), getContext().getSelf());
    return this;
  }

  private Behavior<Command> onHas(Has has) {
    has.replyTo()
        .tell(
            new Holding(
                has.ids().stream().filter(store::contains).toList(), getContext().getSelf()));
    return this;
  }

  private Behavior<Command> onDescribe(Describe describe) {
    Address address = getContext().getSystem().address();
    String node =
        address.getHost().orElse("") + address.getPort().map(port -> ":" + port).orElse("");
    // Reads the whole file, if this process has not before.
    CompletableFuture.supplyAsync(
            () ->
                new Description(
                    store.contains(describe.id())
                        ? Optional.of(
                            new Holder(
                                store.home(),
                                node,
                                store.isPrivate(describe.id()),
                                store.outline(describe.id())))
                        : Optional.empty()),
            getContext()
                .getSystem()
                .dispatchers()
                .lookup(DispatcherSelector.fromConfig(TransferSettings.DISPATCHER)))
        .exceptionally(
            problem -> {
              LOG.warn("model {} cannot be described", describe.id(), problem);
              return new Description(Optional.empty());
            })
        .thenAccept(describe.replyTo()::tell);
    return this;
  }

  private Behavior<Command> onOpen(Open open) {
    if (sending >= settings.sends()) {
      open.receiver()
          .tell(
              new ModelReceiver.Refused(
                  open.attempt(), "it sends %d models already".formatted(sending), true));
      return this;
    }
    sending++;
    ActorRef<ChunkSender.Command> sender =
        getContext()
            .spawnAnonymous(
                Behaviors.supervise(
                        ChunkSender.create(
                            store,
                            buffers,
                            open.id(),
                            open.attempt(),
                            open.receiver(),
                            settings.patience()))
                    .onFailure(SupervisorStrategy.stop()),
                DispatcherSelector.fromConfig(TransferSettings.DISPATCHER));
    getContext().watchWith(sender, new SenderEnded());
    return this;
  }

  private Behavior<Command> onSenderEnded(SenderEnded ended) {
    sending--;
    return this;
  }

  private Behavior<Command> onDoubt(Doubt doubt) {
    CompletableFuture.runAsync(
        () -> store.verify(doubt.id()),
        getContext()
            .getSystem()
            .dispatchers()
            .lookup(DispatcherSelector.fromConfig(TransferSettings.DISPATCHER)));
    return this;
  }

  private Behavior<Command> onKeep(Keep keep) {
    CompletableFuture<Done> fetched = new CompletableFuture<>();
    ActorRef<Command> self = getContext().getSelf();
    fetched.whenComplete(
        (done, problem) ->
            keep.replyTo()
                .tell(
                    new Kept(
                        keep.id(),
                        self,
                        Optional.ofNullable(problem).map(each -> each.getMessage()))));
    return onFetch(new Fetch(keep.id(), fetched));
  }

  private Behavior<Command> onFetch(Fetch fetch) {
    if (store.contains(fetch.id())) {
      fetch.fetched().complete(Done.getInstance());
      return this;
    }
    List<CompletableFuture<Done>> others = wanted.get(fetch.id());
    if (others != null) {
      others.add(fetch.fetched());
      return this;
    }
    wanted.put(fetch.id(), new ArrayList<>(List.of(fetch.fetched())));
    waiting.add(fetch.id());
    return startFetches();
  }

  private Behavior<Command> startFetches() {
    while (fetching < settings.fetches() && !waiting.isEmpty()) {
      ModelId id = waiting.remove();
      fetching++;
      CompletableFuture<Done> fetched = new CompletableFuture<>();
      getContext()
          .pipeToSelf(fetched, (done, problem) -> new FetchEnded(id, Optional.ofNullable(problem)));
      ActorRef<ModelReceiver.Command> receiver =
          getContext()
              .spawn(
                  Behaviors.supervise(ModelReceiver.create(store, id, peers, settings, fetched))
                      .onFailure(SupervisorStrategy.stop()),
                  "receiver-" + java.util.UUID.randomUUID(),
                  DispatcherSelector.fromConfig(TransferSettings.DISPATCHER));
      getContext().watchWith(receiver, new ReceiverStopped(id, fetched));
    }
    return this;
  }

  /** However it stops, somebody waits for it. News of the stop may overtake those of the end. */
  private Behavior<Command> onReceiverStopped(ReceiverStopped stopped) {
    stopped
        .fetched()
        .completeExceptionally(new TransferException("fetching model " + stopped.id() + " failed"));
    return this;
  }

  private Behavior<Command> onFetchEnded(FetchEnded ended) {
    List<CompletableFuture<Done>> waitingFor = wanted.remove(ended.id());
    if (waitingFor == null) {
      return this;
    }
    fetching--;
    for (CompletableFuture<Done> each : waitingFor) {
      if (ended.problem().isPresent()) {
        each.completeExceptionally(ended.problem().get());
      } else {
        each.complete(Done.getInstance());
      }
    }
    return startFetches();
  }

  private Behavior<Command> onPreRestart() {
    ActorMetrics.restarted("model-exchange");
    return giveUp();
  }

  private Behavior<Command> giveUp() {
    wanted
        .values()
        .forEach(
            futures ->
                futures.forEach(
                    each ->
                        each.completeExceptionally(
                            new TransferException("the node stops fetching models"))));
    wanted.clear();
    return this;
  }
}
