package org.rebasin.actors.stream;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.Terminated;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.store.Reception;
import org.rebasin.actors.telemetry.TransferMetrics;
import org.rebasin.actors.wire.WireMessage;

/**
 * Sends one model to one receiver, as many chunks as it asked for and no more. Blocks its thread
 * while it reads. Stops when the receiver says so, is lost, or is silent.
 */
final class ChunkSender extends AbstractBehavior<ChunkSender.Command> {
  /** What a sender receives. */
  sealed interface Command extends WireMessage {}

  /** Where to begin: a multiple of a chunk's length. */
  record Begin(long position) implements Command {}

  /**
   * How many more chunks may come: first all that may be under way at a time, then as many as have
   * arrived.
   */
  record Credit(int chunks) implements Command {}

  /** No more are wanted. */
  record End() implements Command {}

  private record Silent() implements Command {}

  /** A sender, which first tells the receiver what there is or why there is nothing. */
  static Behavior<Command> create(
      ModelStore store,
      ChunkBuffers buffers,
      ModelId id,
      int attempt,
      ActorRef<ModelReceiver.Command> receiver,
      Duration patience) {
    return Behaviors.setup(
        context -> {
          // Reads the whole file, if this process has not before.
          Optional<String> refusal = refusal(store, id);
          if (refusal.isPresent()) {
            receiver.tell(new ModelReceiver.Refused(attempt, refusal.get(), false));
            return Behaviors.stopped();
          }
          return new ChunkSender(context, store, buffers, id, attempt, receiver, patience);
        });
  }

  private static Optional<String> refusal(ModelStore store, ModelId id) {
    try {
      return store.isPrivate(id) ? Optional.of("it is private") : Optional.empty();
    } catch (RuntimeException absentOrCorrupt) {
      return Optional.of(absentOrCorrupt.getMessage());
    }
  }

  private final int attempt;
  private final ActorRef<ModelReceiver.Command> receiver;
  private final FileChannel channel;
  private final long size;

  private final ChunkBuffers buffers;

  /** Those of the chunks that may be under way, which the first credit counts. */
  private ByteBuffer[] underWay = {};

  private long position;
  private int credit;
  private long exhausted;

  private ChunkSender(
      ActorContext<Command> context,
      ModelStore store,
      ChunkBuffers buffers,
      ModelId id,
      int attempt,
      ActorRef<ModelReceiver.Command> receiver,
      Duration patience) {
    super(context);
    this.buffers = buffers;
    this.attempt = attempt;
    this.receiver = receiver;
    Path path = store.path(id);
    try {
      channel = FileChannel.open(path, StandardOpenOption.READ);
      size = channel.size();
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot read " + path, problem);
    }
    context.watch(receiver);
    context.setReceiveTimeout(patience.multipliedBy(4), new Silent());
    receiver.tell(
        new ModelReceiver.Opened(
            attempt, size, store.labels(id), store.made(id), context.getSelf()));
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Begin.class, this::onBegin)
        .onMessage(Credit.class, this::onCredit)
        .onMessage(End.class, end -> Behaviors.stopped())
        .onMessage(Silent.class, silent -> Behaviors.stopped())
        .onSignal(Terminated.class, lost -> Behaviors.stopped())
        .onSignal(PostStop.class, stop -> close())
        .build();
  }

  private Behavior<Command> onBegin(Begin begin) {
    position = begin.position();
    return this;
  }

  private Behavior<Command> onCredit(Credit more) throws IOException {
    credit += more.chunks();
    if (exhausted != 0) {
      TransferMetrics.heldBack(System.nanoTime() - exhausted);
    }
    if (underWay.length == 0) {
      long chunks = size / Reception.CHUNK_BYTES + 1;
      underWay = new ByteBuffer[(int) Math.min(more.chunks(), chunks)];
    }
    while (credit > 0 && position < size) {
      long number = position / Reception.CHUNK_BYTES;
      Optional<ByteBuffer> chunk = read(number);
      if (chunk.isEmpty()) {
        // Cut off since it was opened: whoever opens it next will find it corrupt.
        return Behaviors.stopped();
      }
      ByteBuffer bytes = chunk.get();
      CRC32C checksum = new CRC32C();
      checksum.update(bytes.duplicate());
      receiver.tell(
          new ModelReceiver.Chunk(
              attempt, number, (int) checksum.getValue(), bytes.asReadOnlyBuffer()));
      position += bytes.remaining();
      credit--;
      TransferMetrics.sent(bytes.remaining());
    }
    exhausted = position < size ? System.nanoTime() : 0;
    return this;
  }

  /**
   * Reads the chunk at the present position, into memory outside the heap, which the network copies
   * from: that of the chunk a window before, for whose arrival there has been credit.
   */
  private Optional<ByteBuffer> read(long number) throws IOException {
    int index = (int) (number % underWay.length);
    if (underWay[index] == null) {
      underWay[index] = buffers.take();
    }
    ByteBuffer target = underWay[index].clear();
    target.limit((int) Math.min(Reception.CHUNK_BYTES, size - position));
    while (target.hasRemaining()) {
      if (channel.read(target, position + target.position()) < 0) {
        return Optional.empty();
      }
    }
    return Optional.of(target.flip());
  }

  private Behavior<Command> close() {
    Arrays.stream(underWay).filter(Objects::nonNull).forEach(buffers::giveBack);
    try {
      channel.close();
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
    return this;
  }
}
