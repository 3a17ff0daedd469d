package org.rebasin.actors.stream;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.DispatcherSelector;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.rebasin.actors.store.CorruptModelException;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;

/**
 * Has models where they are needed, and on as many nodes as they should be on. A node that is lost
 * is made up for: the models that it had are copied to others. Thread-safe.
 */
public final class Replicas {
  private final ModelStore store;
  private final ModelTransfer transfer;
  private final ActorRef<ReplicaKeeper.Command> keeper;
  private final ReplicaSettings settings;
  private final ActorSystem<?> system;
  private final Executor blocking;

  private Replicas(
      ModelStore store,
      ModelTransfer transfer,
      ActorRef<ReplicaKeeper.Command> keeper,
      ReplicaSettings settings,
      ActorSystem<?> system,
      Executor blocking) {
    this.store = store;
    this.transfer = transfer;
    this.keeper = keeper;
    this.settings = settings;
    this.system = system;
    this.blocking = blocking;
  }

  /** Begins to replicate the models of a store; once for an actor system. */
  public static Replicas start(
      ActorSystem<?> system, ModelStore store, ModelTransfer transfer, ReplicaSettings settings) {
    DispatcherSelector dispatcher = DispatcherSelector.fromConfig(TransferSettings.DISPATCHER);
    ActorRef<ReplicaKeeper.Command> keeper =
        settings.shared()
            ? system.<ReplicaKeeper.Command>deadLetters()
            : system.systemActorOf(
                ReplicaKeeper.create(store, transfer.known(), transfer.exchange(), settings),
                "replica-keeper",
                dispatcher);
    return new Replicas(
        store, transfer, keeper, settings, system, system.dispatchers().lookup(dispatcher));
  }

  /**
   * Brings a model here, unless it is here and right. A corrupt file is replaced.
   *
   * @return completes when it can be opened, or with a {@link TransferException}
   */
  public CompletionStage<Done> ensureLocal(ModelId id) {
    return CompletableFuture.supplyAsync(() -> isHere(id), blocking)
        .thenCompose(
            here ->
                here ? CompletableFuture.completedStage(Done.getInstance()) : transfer.fetch(id));
  }

  private boolean isHere(ModelId id) {
    try {
      if (store.contains(id)) {
        // Reads it, if this process has not before.
        store.path(id);
        return true;
      }
      return false;
    } catch (CorruptModelException reported) {
      return false;
    }
  }

  /**
   * Brings a model here if it is anywhere: unlike {@link #ensureLocal}, asks once, and does not
   * wait for nodes that may come back.
   *
   * @return whether it can be opened
   */
  public CompletionStage<Boolean> find(ModelId id) {
    return CompletableFuture.supplyAsync(() -> isHere(id), blocking)
        .thenCompose(
            here ->
                here
                    ? CompletableFuture.completedStage(true)
                    : transfer
                        .isElsewhere(id, settings.patience(), system)
                        .thenCompose(
                            there ->
                                there
                                    ? transfer.fetch(id).thenApply(done -> true)
                                    : CompletableFuture.completedStage(false)));
  }

  /** The nodes that have a model and answer in time, this one among them; asks once. */
  public CompletionStage<List<Holder>> holders(ModelId id) {
    return transfer.holders(id, settings.patience(), system);
  }

  /**
   * Sees to it that a model of this node counts as stored. A private one does at once.
   *
   * @return completes when the set number of nodes have it, or all nodes if there are fewer; or
   *     with a {@link TransferException} that says why nodes do not take it
   */
  public CompletionStage<Done> replicate(ModelId id) {
    if (settings.shared()) {
      return CompletableFuture.completedStage(Done.getInstance());
    }
    CompletableFuture<Done> replicated = new CompletableFuture<>();
    keeper.tell(new ReplicaKeeper.Replicate(id, replicated));
    return replicated;
  }
}
