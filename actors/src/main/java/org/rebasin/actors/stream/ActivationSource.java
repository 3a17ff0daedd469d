package org.rebasin.actors.stream;

import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.Terminated;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.zip.CRC32C;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.store.Reception;
import org.rebasin.actors.wire.WireMessage;
import org.rebasin.model.alignment.ActivationValues;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.data.Batch;
import org.rebasin.model.data.DatasetException;
import org.rebasin.model.data.LabelledImages;
import org.rebasin.model.data.Normalization;
import org.rebasin.model.evaluation.Classifier;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Network;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * Runs one model on its part of the images and sends one receiver the activations, as many chunks
 * as it asked for and no more: the next batch is computed when all of the last one was sent. Blocks
 * its thread while it computes. Stops when the receiver says so or is lost; owns the memory of one
 * batch.
 */
final class ActivationSource extends AbstractBehavior<ActivationSource.Command> {
  /** Floats of a chunk. */
  static final int CHUNK_FLOATS = Reception.CHUNK_BYTES / Float.BYTES;

  /** What a source receives. */
  sealed interface Command extends WireMessage {}

  /** What to do to the images: what the reference was trained with. */
  record Begin(String normalization) implements Command {}

  /** How many more chunks may come. */
  record Credit(int chunks) implements Command {}

  /** No more are wanted. */
  record End() implements Command {}

  /** A source, which first tells the receiver what there is or why there is nothing. */
  static Behavior<Command> create(
      ModelStore store,
      Function<String, LabelledImages> images,
      ActivationExchange.Open open,
      InFlight sent) {
    return Behaviors.setup(
        context -> {
          try {
            return new ActivationSource(context, store, images.apply(open.data()), open, sent);
          } catch (RuntimeException problem) {
            return refuse(open, problem);
          }
        });
  }

  private static Behavior<Command> refuse(ActivationExchange.Open open, RuntimeException problem) {
    boolean badInput =
        problem instanceof IllegalArgumentException || problem instanceof DatasetException;
    open.receiver()
        .tell(
            new ActivationReceiver.Refused(
                open.side(), String.valueOf(problem.getMessage()), badInput));
    return Behaviors.stopped();
  }

  private final ActivationExchange.Open open;
  private final LabelledImages images;
  private final InFlight sent;
  private final List<AutoCloseable> owned = new ArrayList<>();
  private final ModelFile file;
  private final Weights weights;
  private final Network network;
  private final List<Integer> values;
  private final int from;
  private final int to;
  private final int batchSize;

  private Optional<Pass> pass = Optional.empty();
  private int credit;
  private int uncredited;
  private int batches;
  private long chunks;

  /** A batch that is being sent. */
  private static final class Pass {
    final Batch batch;
    final Execution execution;

    // The place in the values, and in the floats of that value, of what is sent next.
    int value;
    int position;

    Pass(Batch batch, Execution execution, int values) {
      this.batch = batch;
      this.execution = execution;
      this.value = values;
    }
  }

  private ActivationSource(
      ActorContext<Command> context,
      ModelStore store,
      LabelledImages images,
      ActivationExchange.Open open,
      InFlight sent) {
    super(context);
    this.open = open;
    this.images = images;
    this.sent = sent;
    file = store.open(open.id());
    owned.add(file);
    try {
      network = file.network();
      if (!network.architecture().equals(open.architecture())) {
        throw new IllegalArgumentException(
            "model %s: expected architecture %s, found %s"
                .formatted(open.id(), open.architecture(), network.architecture()));
      }
      Classifier.requireFit(network, images);
    } catch (RuntimeException problem) {
      file.close();
      throw problem;
    }
    weights = file.weights();
    values = ActivationValues.of(PermutationSpec.of(network), network).all();
    from = ActivationRequest.bound(images.size(), open.shard(), open.shards());
    to = ActivationRequest.bound(images.size(), open.shard() + 1, open.shards());
    batchSize = Math.min(Classifier.batchSize(network), to - from);
    context.watch(open.receiver());
    open.receiver().tell(new ActivationReceiver.Opened(open.side(), to - from, context.getSelf()));
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Begin.class, this::onBegin)
        .onMessage(Credit.class, this::onCredit)
        .onMessage(End.class, end -> Behaviors.stopped())
        .onSignal(Terminated.class, lost -> Behaviors.stopped())
        .onSignal(PostStop.class, stop -> close())
        .build();
  }

  private Behavior<Command> onBegin(Begin begin) {
    return trying(
        () -> {
          Batch batch =
              new Batch(images.shape(), batchSize, Normalization.parse(begin.normalization()));
          owned.add(batch);
          Execution execution = Execution.forInference(network, batchSize);
          owned.add(execution);
          pass = Optional.of(new Pass(batch, execution, values.size()));
        });
  }

  private Behavior<Command> onCredit(Credit more) {
    // The first credit is a window of its own; all others are for chunks that were read.
    for (int i = 0; i < more.chunks() && uncredited > 0; i++) {
      uncredited--;
      sent.left();
    }
    credit += more.chunks();
    return trying(this::send);
  }

  private Behavior<Command> trying(Runnable work) {
    try {
      work.run();
      return this;
    } catch (RuntimeException problem) {
      return refuse(open, problem);
    }
  }

  private void send() {
    Pass present = pass.orElseThrow(() -> new IllegalStateException("expected to begin first"));
    while (credit > 0) {
      if (present.value == values.size()) {
        if (batches * (long) batchSize >= to - from) {
          return;
        }
        next(present);
      }
      sendChunk(present);
    }
  }

  private void next(Pass present) {
    int start = from + batches * batchSize;
    present.batch.fill(images, start, Math.min(batchSize, to - start));
    present.execution.forward(weights, present.batch.inputs(), present.batch.count());
    int elements = images.shape().elements() * present.batch.count();
    CRC32C checksum = new CRC32C();
    for (int done = 0; done < elements; done += CHUNK_FLOATS) {
      checksum.update(bytes(present.batch.inputs(), done, Math.min(CHUNK_FLOATS, elements - done)));
    }
    open.receiver()
        .tell(
            new ActivationReceiver.BatchBegun(
                open.side(), batches, present.batch.count(), (int) checksum.getValue()));
    batches++;
    present.value = 0;
    present.position = 0;
  }

  private void sendChunk(Pass present) {
    int value = values.get(present.value);
    int floats = floats(network, value, present.batch.count());
    int count = Math.min(CHUNK_FLOATS, floats - present.position);
    byte[] bytes = bytes(present.execution.value(value), present.position, count);
    CRC32C checksum = new CRC32C();
    checksum.update(bytes);
    sent.entered();
    uncredited++;
    credit--;
    open.receiver()
        .tell(
            new ActivationReceiver.Chunk(open.side(), chunks++, (int) checksum.getValue(), bytes));
    present.position += count;
    if (present.position == floats) {
      present.value++;
      present.position = 0;
    }
  }

  /** How many floats a value has for a batch. */
  static int floats(Network network, int value, int count) {
    return Math.multiplyExact(network.shape(value).stream().reduce(1, Math::multiplyExact), count);
  }

  /** Floats as they are sent, in little-endian order. */
  private static byte[] bytes(Tensor tensor, int start, int count) {
    FloatBuffer floats = tensor.values().duplicate().position(start).limit(start + count);
    ByteBuffer bytes = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(floats);
    return bytes.array();
  }

  private Behavior<Command> close() throws Exception {
    while (uncredited > 0) {
      uncredited--;
      sent.left();
    }
    for (int i = owned.size() - 1; i >= 0; i--) {
      owned.get(i).close();
    }
    return this;
  }
}
