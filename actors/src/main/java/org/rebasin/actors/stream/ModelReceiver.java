package org.rebasin.actors.stream;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.javadsl.TimerScheduler;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32C;
import org.rebasin.actors.store.Labels;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.store.Reception;
import org.rebasin.actors.telemetry.TransferMetrics;
import org.rebasin.actors.wire.WireMessage;

/**
 * Fetches one model: asks all nodes who has it, and receives it from one of them after the other
 * until it is whole. Blocks its thread while it writes. What has arrived is kept when a node falls
 * silent, and when this actor stops.
 */
final class ModelReceiver extends AbstractBehavior<ModelReceiver.Command> {
  /** What a receiver receives. Attempts are counted, so that late answers are known. */
  sealed interface Command extends WireMessage {}

  /** The model may be had. */
  record Opened(
      int attempt, long size, Labels labels, Instant made, ActorRef<ChunkSender.Command> sender)
      implements Command {}

  /**
   * It may not be had there.
   *
   * @param later whether asking again may help
   */
  record Refused(int attempt, String reason, boolean later) implements Command {}

  /**
   * A piece of it, of {@link Reception#CHUNK_BYTES} bytes but for the last.
   *
   * @param number counted from 0
   * @param crc32c of the bytes
   */
  record Chunk(int attempt, long number, int crc32c, ByteBuffer bytes) implements Command {}

  private record Holder(ActorRef<ModelExchange.Command> node, boolean holds) implements Command {}

  private record Overdue(int attempt) implements Command {}

  private record Locate() implements Command {}

  private record SenderLost(int attempt) implements Command {}

  /** A fetch, whose end {@code fetched} tells. */
  static Behavior<Command> create(
      ModelStore store,
      ModelId id,
      Peers peers,
      TransferSettings settings,
      CompletableFuture<akka.Done> fetched) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> new ModelReceiver(context, timers, store, id, peers, settings, fetched)));
  }

  private final TimerScheduler<Command> timers;
  private final ModelStore store;
  private final ModelId id;
  private final Peers peers;
  private final TransferSettings settings;
  private final CompletableFuture<akka.Done> fetched;
  private final ActorRef<ModelExchange.Holding> holding;
  private final Set<String> reasons = new LinkedHashSet<>();

  private final Deque<ActorRef<ModelExchange.Command>> candidates = new ArrayDeque<>();
  private final Set<ActorRef<ModelExchange.Command>> doubtful = new HashSet<>();
  private int unanswered;
  private int attempt;
  private int fruitless;
  private Optional<ActorRef<ModelExchange.Command>> node = Optional.empty();
  private Optional<ActorRef<ChunkSender.Command>> sender = Optional.empty();
  private Optional<Reception> reception = Optional.empty();
  private Instant made = Instant.EPOCH;
  private int uncredited;
  private final TransferMetrics.Window underWay = new TransferMetrics.Window();

  private ModelReceiver(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      ModelStore store,
      ModelId id,
      Peers peers,
      TransferSettings settings,
      CompletableFuture<akka.Done> fetched) {
    super(context);
    this.timers = timers;
    this.store = store;
    this.id = id;
    this.peers = peers;
    this.settings = settings;
    this.fetched = fetched;
    holding =
        context.messageAdapter(
            ModelExchange.Holding.class,
            answer -> new Holder(answer.node(), answer.ids().contains(id)));
    locate();
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Chunk.class, this::onChunk)
        .onMessage(Opened.class, this::onOpened)
        .onMessage(Refused.class, this::onRefused)
        .onMessage(Holder.class, this::onHolder)
        .onMessage(Overdue.class, this::onOverdue)
        .onMessage(SenderLost.class, this::onSenderLost)
        .onMessage(Locate.class, due -> locate())
        .onSignal(PostStop.class, stop -> close())
        .build();
  }

  /** Asks all nodes who has the model. */
  private Behavior<Command> locate() {
    candidates.clear();
    List<ActorRef<ModelExchange.Command>> others = peers.others();
    unanswered = others.size();
    others.forEach(each -> each.tell(new ModelExchange.Has(List.of(id), holding)));
    attempt++;
    if (others.isEmpty()) {
      reasons.add("no other node is known");
      return again();
    }
    awaitWithin(settings.patience());
    return this;
  }

  private void awaitWithin(Duration patience) {
    timers.startSingleTimer("overdue", new Overdue(attempt), patience);
  }

  private Behavior<Command> onHolder(Holder holder) {
    unanswered--;
    if (holder.holds()) {
      // A node that failed before comes after all others.
      if (doubtful.contains(holder.node())) {
        candidates.addLast(holder.node());
      } else {
        candidates.addFirst(holder.node());
      }
    }
    if (node.isPresent()) {
      return this;
    }
    if (!candidates.isEmpty() && (unanswered == 0 || !doubtful.contains(candidates.peek()))) {
      return openNext();
    }
    if (unanswered == 0) {
      reasons.add("no node has it");
      return again();
    }
    return this;
  }

  /** Goes on with another node, if there is one. */
  private Behavior<Command> openNext() {
    leave();
    if (candidates.isEmpty()) {
      return again();
    }
    ActorRef<ModelExchange.Command> next = candidates.remove();
    node = Optional.of(next);
    attempt++;
    next.tell(new ModelExchange.Open(id, attempt, getContext().getSelf()));
    // The other node may have to read the whole file before it answers.
    awaitWithin(settings.patience().multipliedBy(3));
    return this;
  }

  private void leave() {
    underWay.close();
    sender.ifPresent(
        old -> {
          getContext().unwatch(old);
          old.tell(new ChunkSender.End());
        });
    sender = Optional.empty();
    node = Optional.empty();
  }

  /** Asks all nodes again after a pause, unless it was in vain too often. */
  private Behavior<Command> again() {
    leave();
    attempt++;
    fruitless++;
    if (fruitless >= settings.attempts()) {
      return fail("model %s cannot be fetched: %s".formatted(id, String.join("; ", reasons)));
    }
    timers.startSingleTimer(
        "overdue", new Locate(), settings.pause().multipliedBy(1L << Math.min(6, fruitless - 1)));
    return this;
  }

  private Behavior<Command> fail(String reason) {
    TransferMetrics.ended("failed");
    // First, so that whoever is told may fetch it again.
    close();
    fetched.completeExceptionally(new TransferException(reason));
    return Behaviors.stopped();
  }

  private Behavior<Command> onOpened(Opened opened) {
    if (opened.attempt() != attempt) {
      opened.sender().tell(new ChunkSender.End());
      return this;
    }
    if (reception.isEmpty()) {
      try {
        reception = Optional.of(store.receive(id, opened.size(), opened.labels()));
      } catch (RuntimeException refused) {
        // Too large, or no space: another node would send the same.
        opened.sender().tell(new ChunkSender.End());
        return fail(refused.getMessage());
      }
    }
    Reception arriving = reception.get();
    if (arriving.size() != opened.size()) {
      opened.sender().tell(new ChunkSender.End());
      reasons.add(
          "%s has %d bytes instead of %d".formatted(name(), opened.size(), arriving.size()));
      return openNext();
    }
    made = opened.made();
    sender = Optional.of(opened.sender());
    getContext().watchWith(opened.sender(), new SenderLost(attempt));
    if (arriving.position() == arriving.size()) {
      return commit(arriving);
    }
    uncredited = 0;
    opened.sender().tell(new ChunkSender.Begin(arriving.position()));
    opened.sender().tell(new ChunkSender.Credit(settings.window()));
    underWay.grant(settings.window());
    awaitWithin(settings.patience());
    return this;
  }

  private String name() {
    return node.map(each -> each.path().address().toString()).orElse("a node");
  }

  private Behavior<Command> onRefused(Refused refused) {
    if (refused.attempt() != attempt) {
      return this;
    }
    reasons.add(name() + ": " + refused.reason());
    if (refused.later()) {
      // A node that is busy lives: waiting for it is no failure.
      fruitless = Math.max(0, fruitless - 1);
    }
    return openNext();
  }

  private Behavior<Command> onChunk(Chunk chunk) {
    if (chunk.attempt() != attempt || sender.isEmpty()) {
      return this;
    }
    underWay.arrived(chunk.bytes().remaining());
    Reception arriving = reception.orElseThrow();
    long expected = arriving.position() / Reception.CHUNK_BYTES;
    CRC32C checksum = new CRC32C();
    checksum.update(chunk.bytes().duplicate());
    if (chunk.number() != expected
        || chunk.bytes().remaining() > arriving.size() - arriving.position()
        || (int) checksum.getValue() != chunk.crc32c()) {
      reasons.add("%s: chunk %d is lost or damaged on its way".formatted(name(), expected));
      candidates.add(node.orElseThrow());
      return retry();
    }
    fruitless = 0;
    try {
      arriving.append(chunk.bytes());
    } catch (RuntimeException full) {
      return fail(full.getMessage());
    }
    if (arriving.position() == arriving.size()) {
      return commit(arriving);
    }
    // In batches, as each costs a message.
    if (++uncredited >= Math.max(1, settings.window() / 4)) {
      sender.get().tell(new ChunkSender.Credit(uncredited));
      underWay.grant(uncredited);
      uncredited = 0;
    }
    awaitWithin(settings.patience());
    return this;
  }

  private Behavior<Command> retry() {
    fruitless++;
    return fruitless >= settings.attempts()
        ? fail("model %s cannot be fetched: %s".formatted(id, String.join("; ", reasons)))
        : openNext();
  }

  private Behavior<Command> commit(Reception arriving) {
    try {
      if (arriving.commit()) {
        store.made(id, made);
        leave();
        TransferMetrics.ended("fetched");
        close();
        fetched.complete(akka.Done.getInstance());
        return Behaviors.stopped();
      }
    } catch (RuntimeException problem) {
      return fail(problem.getMessage());
    }
    // Somebody's file is corrupt; most likely the last one's, which shall look.
    reasons.add(name() + ": what it sent is not what the name says");
    node.orElseThrow().tell(new ModelExchange.Doubt(id));
    doubtful.add(node.get());
    close();
    return retry();
  }

  private Behavior<Command> onOverdue(Overdue overdue) {
    if (overdue.attempt() != attempt) {
      return this;
    }
    if (node.isEmpty()) {
      reasons.add(unanswered + " nodes did not answer");
      return openNext();
    }
    reasons.add(name() + " fell silent");
    doubtful.add(node.get());
    return openNext();
  }

  private Behavior<Command> onSenderLost(SenderLost lost) {
    if (lost.attempt() != attempt) {
      return this;
    }
    sender = Optional.empty();
    reasons.add(name() + " stopped sending");
    node.ifPresent(doubtful::add);
    return openNext();
  }

  private Behavior<Command> close() {
    underWay.close();
    reception.ifPresent(Reception::close);
    reception = Optional.empty();
    return this;
  }
}
