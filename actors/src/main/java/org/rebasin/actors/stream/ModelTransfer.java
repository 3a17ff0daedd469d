package org.rebasin.actors.stream;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.Props;
import akka.actor.typed.javadsl.AskPattern;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;

/**
 * Moves models between the stores of the cluster's nodes: in numbered chunks with checksums, at
 * most a window of them under way, written as they come. Memory is bounded whatever the models'
 * size: {@code (fetches + sends) · window} chunks. A transfer that breaks goes on with the chunk
 * after the last good one, from another node if the first is gone. Private models are not sent.
 *
 * <p>Chunks are messages of their own, granted by the receiver, and not a stream reference: on one
 * machine this is about twice as fast, and their actors' names give them a connection apart from
 * everything else. Thread-safe.
 */
public final class ModelTransfer {
  /** Of the actor; the setting large-message-destinations has it, too. */
  static final String NAME = "model-transfer";

  private final ActorRef<ModelExchange.Command> exchange;
  private final Peers peers;

  private ModelTransfer(ActorRef<ModelExchange.Command> exchange, Peers peers) {
    this.exchange = exchange;
    this.peers = peers;
  }

  /** Begins to serve the models of a store, and to fetch into it; once for an actor system. */
  public static ModelTransfer start(
      ActorSystem<?> system, ModelStore store, TransferSettings settings) {
    Peers peers = new Peers();
    return new ModelTransfer(
        system.systemActorOf(ModelExchange.create(store, peers, settings), NAME, Props.empty()),
        peers);
  }

  /**
   * Brings a model here, unless it is here.
   *
   * @return completes when it is stored, or with a {@link TransferException} that says what each
   *     node answered
   */
  public CompletionStage<Done> fetch(ModelId id) {
    CompletableFuture<Done> fetched = new CompletableFuture<>();
    exchange.tell(new ModelExchange.Fetch(id, fetched));
    return fetched;
  }

  /** Whether a node that answers in time has a model; asks once. */
  CompletionStage<Boolean> isElsewhere(ModelId id, Duration patience, ActorSystem<?> system) {
    List<CompletableFuture<Boolean>> answers =
        peers.others().stream()
            .map(
                node ->
                    AskPattern.<ModelExchange.Command, ModelExchange.Holding>ask(
                            node,
                            self -> new ModelExchange.Has(List.of(id), self),
                            patience,
                            system.scheduler())
                        .handle((holding, silent) -> silent == null && holding.ids().contains(id))
                        .toCompletableFuture())
            .toList();
    return CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new))
        .thenApply(all -> answers.stream().anyMatch(CompletableFuture::join));
  }

  /** The nodes that have a model and answer in time, this one among them. */
  CompletionStage<List<Holder>> holders(ModelId id, Duration patience, ActorSystem<?> system) {
    List<CompletableFuture<Optional<Holder>>> answers =
        Stream.concat(Stream.of(exchange), peers.others().stream())
            .map(
                node ->
                    AskPattern.<ModelExchange.Command, ModelExchange.Description>ask(
                            node,
                            self -> new ModelExchange.Describe(id, self),
                            patience,
                            system.scheduler())
                        .handle(
                            (description, silent) ->
                                silent == null ? description.holder() : Optional.<Holder>empty())
                        .toCompletableFuture())
            .toList();
    return CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new))
        .thenApply(all -> answers.stream().flatMap(answer -> answer.join().stream()).toList());
  }

  /** How many other nodes have a store, as last heard. */
  public int peers() {
    return peers.others().size();
  }

  ActorRef<ModelExchange.Command> exchange() {
    return exchange;
  }

  Peers known() {
    return peers;
  }
}
