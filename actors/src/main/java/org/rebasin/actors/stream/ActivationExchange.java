package org.rebasin.actors.stream;

import akka.Done;
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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.wire.WireMessage;
import org.rebasin.model.data.LabelledImages;

/**
 * A node's end of all streams of activations: runs its models for the nodes that ask, a bounded
 * number of them at a time, and has a receiver for each stream that this node wants. Holds nothing
 * that matters: when it restarts, the streams that were under way fail.
 */
final class ActivationExchange extends AbstractBehavior<ActivationExchange.Command> {
  /** Under which the nodes' exchanges find each other. */
  static final ServiceKey<Command> KEY = ServiceKey.create(Command.class, "activation-exchange");

  /** The reference and the model. */
  static final int SIDES = 2;

  /** What an exchange receives. */
  sealed interface Command extends WireMessage {}

  /** Is this model there? Only a node that has it answers. */
  record Seek(ModelId id, ActorRef<Held> replyTo) implements Command {}

  /**
   * Asks for a model's activations. Those beyond the bound wait for their turn.
   *
   * @param side which of the receiver's two sides it is, 0 or 1
   * @param architecture what the model must be
   */
  record Open(
      ModelId id,
      int side,
      String architecture,
      String data,
      int shard,
      int shards,
      ActorRef<ActivationReceiver.Command> receiver)
      implements Command {
    /** Checks what another node says. */
    Open {
      requireSide(side);
      if (shard < 0 || shard >= shards) {
        throw new IllegalArgumentException(
            "shard: expected 0 to %d, found %d".formatted(shards - 1, shard));
      }
    }
  }

  /** A node has the model. */
  record Held(ModelId id, ActorRef<Command> node) implements WireMessage {}

  /** Wants activations here. */
  record Wanted(
      ActivationRequest request, ActivationTransfer.Reader reader, CompletableFuture<Done> read)
      implements Command {}

  private record Listed(Receptionist.Listing listing) implements Command {}

  private record SourceEnded(int side) implements Command {}

  /** Refuses what is neither the reference nor the model. */
  static void requireSide(int side) {
    if (side < 0 || side >= SIDES) {
      throw new IllegalArgumentException("side: expected 0 or 1, found " + side);
    }
  }

  /** An exchange that makes itself known. */
  static Behavior<Command> create(
      ModelStore store,
      Function<String, LabelledImages> images,
      TransferSettings settings,
      String dispatcher,
      InFlight sent) {
    return Behaviors.supervise(
            Behaviors.<Command>setup(
                context ->
                    new ActivationExchange(context, store, images, settings, dispatcher, sent)))
        .onFailure(SupervisorStrategy.restart());
  }

  private final ModelStore store;
  private final Function<String, LabelledImages> images;
  private final TransferSettings settings;
  private final DispatcherSelector dispatcher;
  private final InFlight sent;
  private final Peering peering = new Peering();

  // By side: a receiver that holds a place on one side waits for the other side's places only,
  // which
  // nobody holds who waits for the first, so nobody waits for ever.
  private final List<Deque<Open>> waiting = List.of(new ArrayDeque<>(), new ArrayDeque<>());
  private final int[] running = new int[SIDES];

  /** All exchanges as last heard, this one among them. Read by receivers. */
  static final class Peering {
    private volatile List<ActorRef<Command>> all = List.of();

    List<ActorRef<Command>> all() {
      return all;
    }
  }

  private ActivationExchange(
      ActorContext<Command> context,
      ModelStore store,
      Function<String, LabelledImages> images,
      TransferSettings settings,
      String dispatcher,
      InFlight sent) {
    super(context);
    this.store = store;
    this.images = images;
    this.settings = settings;
    this.dispatcher = DispatcherSelector.fromConfig(dispatcher);
    this.sent = sent;
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
        .onMessage(Seek.class, this::onSeek)
        .onMessage(Open.class, this::onOpen)
        .onMessage(Wanted.class, this::onWanted)
        .onMessage(Listed.class, this::onListed)
        .onMessage(SourceEnded.class, this::onSourceEnded)
        .build();
  }

  private Behavior<Command> onListed(Listed listed) {
    peering.all =
        new ArrayList<>(listed.listing().getServiceInstances(KEY)).stream().sorted().toList();
    return this;
  }

  private Behavior<Command> onSeek(Seek seek) {
    if (store.contains(seek.id())) {
      seek.replyTo().tell(new Held(seek.id(), getContext().getSelf()));
    }
    return this;
  }

  private Behavior<Command> onOpen(Open open) {
    waiting.get(open.side()).add(open);
    return startSources(open.side());
  }

  private Behavior<Command> onSourceEnded(SourceEnded ended) {
    running[ended.side()]--;
    return startSources(ended.side());
  }

  private Behavior<Command> startSources(int side) {
    while (running[side] < settings.sends() && !waiting.get(side).isEmpty()) {
      running[side]++;
      ActorRef<ActivationSource.Command> source =
          getContext()
              .spawnAnonymous(
                  Behaviors.supervise(
                          ActivationSource.create(store, images, waiting.get(side).remove(), sent))
                      .onFailure(SupervisorStrategy.stop()),
                  dispatcher);
      getContext().watchWith(source, new SourceEnded(side));
    }
    return this;
  }

  private Behavior<Command> onWanted(Wanted wanted) {
    getContext()
        .spawn(
            Behaviors.supervise(ActivationReceiver.create(wanted, peering, settings))
                .onFailure(SupervisorStrategy.stop()),
            "receiver-" + java.util.UUID.randomUUID(),
            dispatcher);
    return this;
  }
}
