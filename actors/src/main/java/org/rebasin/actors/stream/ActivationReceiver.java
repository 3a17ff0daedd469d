package org.rebasin.actors.stream;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorRefResolver;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.javadsl.TimerScheduler;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32C;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.wire.WireMessage;
import org.rebasin.model.alignment.ActivationValues;
import org.rebasin.model.evaluation.Classifier;
import org.rebasin.model.network.Network;
import org.rebasin.model.permutation.PermutationSpec;

/**
 * Zips the activations of two models: finds a node that has each, has both run the same batches,
 * and hands on a value when it has it of both. Grants each side as many chunks as were read of it,
 * so a side that is ahead waits for the other. Blocks its thread while its reader reads. Nothing is
 * gone on from: a stream that breaks is begun anew by whoever wanted it.
 */
final class ActivationReceiver extends AbstractBehavior<ActivationReceiver.Command> {
  /** How many times a node's patience it may take to compute a batch of a large network. */
  private static final int PATIENCE = 12;

  /** What a receiver receives. */
  sealed interface Command extends WireMessage {}

  /** A model's activations may be had: of so many images. */
  record Opened(int side, int images, ActorRef<ActivationSource.Command> source)
      implements Command {
    /** Checks what another node says. */
    Opened {
      ActivationExchange.requireSide(side);
    }
  }

  /**
   * They may not be had, or no more of them.
   *
   * @param badInput whether asking again is in vain
   */
  record Refused(int side, String reason, boolean badInput) implements Command {
    /** Checks what another node says. */
    Refused {
      ActivationExchange.requireSide(side);
    }
  }

  /**
   * The chunks of a batch follow.
   *
   * @param number counted from 0
   * @param count images in it
   * @param imagesCrc32c of the images' floats, by which both sides show that they have the same
   */
  record BatchBegun(int side, int number, int count, int imagesCrc32c) implements Command {
    /** Checks what another node says. */
    BatchBegun {
      ActivationExchange.requireSide(side);
    }
  }

  /**
   * A piece of one value of a batch, of {@link ActivationSource#CHUNK_FLOATS} floats but for the
   * last.
   *
   * @param number counted from 0 over all batches
   * @param crc32c of the bytes
   */
  record Chunk(int side, long number, int crc32c, byte[] bytes) implements Command {
    /** Checks what another node says. */
    Chunk {
      ActivationExchange.requireSide(side);
    }
  }

  private record Holder(ModelId id, ActorRef<ActivationExchange.Command> node) implements Command {}

  private record NodeLost(ActorRef<ActivationExchange.Command> node) implements Command {}

  private record Lost(int side) implements Command {}

  private record Overdue() implements Command {}

  private record SeekAgain() implements Command {}

  /** A receiver, whose end {@code wanted} tells. */
  static Behavior<Command> create(
      ActivationExchange.Wanted wanted,
      ActivationExchange.Peering peering,
      TransferSettings settings) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> new ActivationReceiver(context, timers, wanted, peering, settings)));
  }

  private final TimerScheduler<Command> timers;
  private final ActivationRequest request;
  private final ActivationTransfer.Reader reader;
  private final CompletableFuture<Done> read;
  private final ActivationExchange.Peering peering;
  private final TransferSettings settings;
  private final Network network;
  private final List<Integer> values;
  private final List<ActivationSide> sides;
  private final ActorRef<ActivationExchange.Held> held;

  private int searches;
  private int images;
  private int batchSize;
  private int batch;
  private int value;

  private ActivationReceiver(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      ActivationExchange.Wanted wanted,
      ActivationExchange.Peering peering,
      TransferSettings settings) {
    super(context);
    this.timers = timers;
    this.request = wanted.request();
    this.reader = wanted.reader();
    this.read = wanted.read();
    this.peering = peering;
    this.settings = settings;
    try {
      network = request.outline().network();
    } catch (RuntimeException problem) {
      read.completeExceptionally(problem);
      throw problem;
    }
    values = ActivationValues.of(PermutationSpec.of(network), network).all();
    sides =
        List.of(new ActivationSide(0, request.reference()), new ActivationSide(1, request.model()));
    held =
        context.messageAdapter(
            ActivationExchange.Held.class, answer -> new Holder(answer.id(), answer.node()));
    seek();
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Chunk.class, this::onChunk)
        .onMessage(BatchBegun.class, this::onBatchBegun)
        .onMessage(Holder.class, this::onHolder)
        .onMessage(Opened.class, this::onOpened)
        .onMessage(Refused.class, this::onRefused)
        .onMessage(Lost.class, this::onLost)
        .onMessage(NodeLost.class, this::onNodeLost)
        .onMessage(Overdue.class, this::onOverdue)
        .onMessage(SeekAgain.class, again -> seek())
        .onSignal(PostStop.class, stop -> close())
        .build();
  }

  /** Asks all nodes for the models that were not yet found. */
  private Behavior<Command> seek() {
    List<ActivationSide> missing = sides.stream().filter(side -> side.node.isEmpty()).toList();
    if (searches++ == settings.attempts()) {
      return fail(
          new TransferException(
              "activations of model %s: no node has it that can be reached"
                  .formatted(missing.get(0).model)));
    }
    for (ActivationSide side : missing) {
      for (ActorRef<ActivationExchange.Command> node : peering.all()) {
        node.tell(new ActivationExchange.Seek(side.model, held));
      }
    }
    timers.startSingleTimer("seek", new SeekAgain(), settings.patience());
    return this;
  }

  private Behavior<Command> onHolder(Holder holder) {
    for (ActivationSide side : sides) {
      if (side.model.equals(holder.id()) && side.node.isEmpty()) {
        side.found(holder.node());
      }
    }
    // Both sides may be there: however it is lost, it is told once.
    getContext().unwatch(holder.node());
    getContext().watchWith(holder.node(), new NodeLost(holder.node()));
    // Other nodes that have a model answer later.
    if (timers.isTimerActive("seek") && sides.stream().allMatch(each -> each.node.isPresent())) {
      timers.cancel("seek");
      openNext();
    }
    return this;
  }

  /**
   * Opens the sides one after the other, everywhere in the same order: of two receivers that want
   * the last places of two nodes, none holds the one that the other waits for.
   */
  private void openNext() {
    ActorRefResolver resolver = ActorRefResolver.get(getContext().getSystem());
    sides.stream()
        .filter(side -> side.source.isEmpty())
        .min(
            Comparator.<ActivationSide, String>comparing(
                    side -> resolver.toSerializationFormat(side.node.orElseThrow()))
                .thenComparing(side -> side.number))
        .ifPresent(
            side ->
                side.node
                    .orElseThrow()
                    .tell(
                        new ActivationExchange.Open(
                            side.model,
                            side.number,
                            request.outline().architecture(),
                            request.data(),
                            request.shard(),
                            request.shards(),
                            getContext().getSelf())));
  }

  private Behavior<Command> onOpened(Opened opened) {
    ActivationSide side = sides.get(opened.side());
    side.opened(opened.source(), opened.images());
    getContext().watchWith(opened.source(), new Lost(opened.side()));
    if (sides.stream().anyMatch(each -> each.source.isEmpty())) {
      openNext();
      return this;
    }
    images = sides.get(0).images;
    if (sides.get(1).images != images) {
      return fail(
          new IllegalArgumentException(
              "data '%s': expected the same images on both nodes, found %d in part %d on %s and %d on %s"
                  .formatted(
                      request.data(),
                      images,
                      request.shard(),
                      sides.get(0).name(),
                      sides.get(1).images,
                      sides.get(1).name())));
    }
    batchSize = Math.min(Classifier.batchSize(network), images);
    int largest =
        values.stream()
            .mapToInt(each -> ActivationSource.floats(network, each, batchSize))
            .max()
            .orElseThrow();
    for (ActivationSide each : sides) {
      each.begin(largest, request.outline().normalization().text(), settings.window());
    }
    heard();
    return this;
  }

  private void heard() {
    timers.startSingleTimer("overdue", new Overdue(), settings.patience().multipliedBy(PATIENCE));
  }

  private Behavior<Command> onBatchBegun(BatchBegun begun) {
    sides.get(begun.side()).begun.add(begun);
    heard();
    return advance();
  }

  private Behavior<Command> onChunk(Chunk chunk) {
    ActivationSide side = sides.get(chunk.side());
    CRC32C checksum = new CRC32C();
    checksum.update(chunk.bytes());
    if (chunk.number() != side.arrived || (int) checksum.getValue() != chunk.crc32c()) {
      return fail(
          new TransferException(
              "activations of model %s: chunk %d from %s is lost or damaged on its way"
                  .formatted(side.model, side.arrived, side.name())));
    }
    side.arrived++;
    side.waiting.add(chunk.bytes());
    heard();
    return advance();
  }

  /** Reads all that is there of both sides. */
  private Behavior<Command> advance() {
    try {
      while (haveBatch() && haveValue()) {
        int count = sides.get(0).begun.element().count();
        reader.read(values.get(value), sides.get(0).values(), sides.get(1).values(), count);
        sides.forEach(ActivationSide::read);
        if (++value == values.size()) {
          value = 0;
          batch++;
          sides.forEach(side -> side.begun.remove());
        }
        if ((long) batch * batchSize >= images) {
          read.complete(Done.getInstance());
          return Behaviors.stopped();
        }
      }
      return this;
    } catch (RuntimeException problem) {
      return fail(problem);
    }
  }

  /** Whether both sides have begun the batch, and it is the same one. */
  private boolean haveBatch() {
    if (sides.stream().anyMatch(side -> side.begun.isEmpty())) {
      return false;
    }
    int expected = Math.min(batchSize, images - batch * batchSize);
    for (ActivationSide side : sides) {
      BatchBegun begun = side.begun.element();
      if (begun.number() != batch || begun.count() != expected) {
        throw new TransferException(
            "activations of model %s: expected batch %d of %d images from %s, found batch %d of %d"
                .formatted(
                    side.model, batch, expected, side.name(), begun.number(), begun.count()));
      }
    }
    if (sides.get(0).begun.element().imagesCrc32c()
        != sides.get(1).begun.element().imagesCrc32c()) {
      throw new IllegalArgumentException(
          "data '%s': expected the same images on both nodes, found others on %s than on %s in batch"
                  .formatted(request.data(), sides.get(0).name(), sides.get(1).name())
              + " %d of part %d".formatted(batch, request.shard()));
    }
    return true;
  }

  /** Takes in what has arrived of the value; whether it is whole on both sides. */
  private boolean haveValue() {
    int floats =
        ActivationSource.floats(network, values.get(value), sides.get(0).begun.element().count());
    boolean whole = true;
    for (ActivationSide side : sides) {
      whole &= side.fill(floats, settings.window());
    }
    return whole;
  }

  private Behavior<Command> onRefused(Refused refused) {
    ActivationSide side = sides.get(refused.side());
    String message =
        "activations of model %s on %s: %s".formatted(side.model, side.name(), refused.reason());
    return fail(
        refused.badInput()
            ? new IllegalArgumentException(message)
            : new TransferException(message));
  }

  private Behavior<Command> onLost(Lost lost) {
    ActivationSide side = sides.get(lost.side());
    return fail(
        new TransferException(
            "activations of model %s: %s stopped sending".formatted(side.model, side.name())));
  }

  private Behavior<Command> onNodeLost(NodeLost lost) {
    return sides.stream()
        .filter(side -> side.node.equals(Optional.of(lost.node())))
        .findFirst()
        .map(side -> onLost(new Lost(side.number)))
        .orElse(this);
  }

  private Behavior<Command> onOverdue(Overdue overdue) {
    ActivationSide silent =
        sides.stream().min(Comparator.comparingLong(side -> side.arrived)).orElseThrow();
    return fail(
        new TransferException(
            "activations of model %s: %s fell silent".formatted(silent.model, silent.name())));
  }

  private Behavior<Command> fail(RuntimeException problem) {
    read.completeExceptionally(problem);
    return Behaviors.stopped();
  }

  private Behavior<Command> close() {
    sides.forEach(ActivationSide::close);
    // Somebody waits for it, however it stops.
    read.completeExceptionally(new TransferException("the node stops receiving activations"));
    return this;
  }
}
