package org.rebasin.actors.stream;

import akka.actor.typed.ActorRef;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.rebasin.actors.store.ModelId;
import org.rebasin.model.tensor.Tensor;

/** What a receiver of activations has of one of its two models. Owns the memory of one value. */
final class ActivationSide implements AutoCloseable {
  final int number;
  final ModelId model;
  Optional<ActorRef<ActivationExchange.Command>> node = Optional.empty();
  Optional<ActorRef<ActivationSource.Command>> source = Optional.empty();
  int images;

  /** Batches that were announced and not yet read to their end. */
  final Deque<ActivationReceiver.BatchBegun> begun = new ArrayDeque<>();

  /** Chunks that have arrived and not yet been taken in: a window of them at most. */
  final Deque<byte[]> waiting = new ArrayDeque<>();

  long arrived;
  private Optional<Tensor> memory = Optional.empty();
  private int filled;
  private int uncredited;

  ActivationSide(int number, ModelId model) {
    this.number = number;
    this.model = model;
  }

  void found(ActorRef<ActivationExchange.Command> holder) {
    node = Optional.of(holder);
  }

  void opened(ActorRef<ActivationSource.Command> opened, int count) {
    source = Optional.of(opened);
    images = count;
  }

  /** Allocates memory for so many floats, and has the source begin. */
  void begin(int largest, String normalization, int window) {
    memory = Optional.of(Tensor.allocate(largest));
    source.orElseThrow().tell(new ActivationSource.Begin(normalization));
    source.get().tell(new ActivationSource.Credit(window));
  }

  /** For messages: where the model is. */
  String name() {
    return node.flatMap(
            holder ->
                Optional.of(holder.path().address().toString())
                    .filter(text -> holder.path().address().port().isDefined()))
        .orElse("this node");
  }

  /**
   * Takes in what has arrived of a value, and grants as much more.
   *
   * @param floats that the value has
   * @return whether it is whole
   */
  boolean fill(int floats, int window) {
    while (filled < floats && !waiting.isEmpty()) {
      ByteBuffer bytes = ByteBuffer.wrap(waiting.remove()).order(ByteOrder.LITTLE_ENDIAN);
      int expected = Math.min(ActivationSource.CHUNK_FLOATS, floats - filled);
      if (bytes.remaining() != expected * Float.BYTES) {
        throw new TransferException(
            "activations of model %s: expected a chunk of %d floats from %s, found %d bytes"
                .formatted(model, expected, name(), bytes.remaining()));
      }
      float[] values = new float[expected];
      bytes.asFloatBuffer().get(values);
      values().values().put(filled, values);
      filled += expected;
      // In batches, as each costs a message.
      if (++uncredited >= Math.max(1, window / 4)) {
        source.orElseThrow().tell(new ActivationSource.Credit(uncredited));
        uncredited = 0;
      }
    }
    return filled == floats;
  }

  /** The value that is whole. */
  Tensor values() {
    return memory.orElseThrow();
  }

  /** The value was read; the next one may come. */
  void read() {
    filled = 0;
  }

  @Override
  public void close() {
    source.ifPresent(sender -> sender.tell(new ActivationSource.End()));
    memory.ifPresent(Tensor::close);
  }
}
