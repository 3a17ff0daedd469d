package org.rebasin.actors.stream;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.Props;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.telemetry.StreamMetrics;
import org.rebasin.model.data.LabelledImages;
import org.rebasin.model.tensor.Tensor;

/**
 * Brings together the activations of two models that may not: each is run by a node that has it, on
 * the same batches, and both send what {@link org.rebasin.model.alignment.ActivationValues} names,
 * and no weights, to this node, where the streams are zipped. At most a window of chunks of each
 * side is under way or waits here, and each side computes one batch at a time, so the slower side,
 * or the reader, sets the pace and memory is bounded whatever the number of images. Nothing is
 * written to a disk. Thread-safe.
 */
public final class ActivationTransfer {
  /** Of the actor; the setting large-message-destinations has it, too. */
  static final String NAME = "activation-transfer";

  private final ActorRef<ActivationExchange.Command> exchange;
  private final InFlight sent;

  private ActivationTransfer(ActorRef<ActivationExchange.Command> exchange, InFlight sent) {
    this.exchange = exchange;
    this.sent = sent;
  }

  /** Takes both models' activations of a value on one batch, valid until it returns. */
  @FunctionalInterface
  public interface Reader {
    /**
     * Reads both. The values of a batch come in ascending order, and the batches in theirs.
     *
     * @param value its number in the network
     * @param a the reference's, of which the first {@code count} examples count; as {@code b}
     */
    void read(int value, Tensor a, Tensor b, int count);
  }

  /**
   * Begins to serve the models of a store, and to receive; once for an actor system.
   *
   * @param images the images to train on by a data set's text, as this node has them
   * @param dispatcher on which networks run and activations are read
   */
  public static ActivationTransfer start(
      ActorSystem<?> system,
      ModelStore store,
      Function<String, LabelledImages> images,
      TransferSettings settings,
      String dispatcher) {
    InFlight sent = new InFlight(StreamMetrics.ACTIVATION_CHUNKS);
    return new ActivationTransfer(
        system.systemActorOf(
            ActivationExchange.create(store, images, settings, dispatcher, sent),
            NAME,
            Props.empty()),
        sent);
  }

  /**
   * Reads the activations of two models, wherever they are.
   *
   * @return completes when all were read, and the reader is called no more; with an {@link
   *     IllegalArgumentException} if what was asked for cannot be, with a {@link TransferException}
   *     if a stream broke
   */
  public CompletionStage<Done> receive(ActivationRequest request, Reader reader) {
    CompletableFuture<Done> read = new CompletableFuture<>();
    exchange.tell(new ActivationExchange.Wanted(request, reader, read));
    return read;
  }

  /** The chunks that this node has sent and that were not yet read. */
  public InFlight inFlight() {
    return sent;
  }
}
