package org.rebasin.actors.http;

import akka.Done;
import akka.stream.javadsl.Source;
import akka.util.ByteString;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.stream.Holder;
import org.rebasin.actors.stream.Replicas;

/**
 * The models of all nodes: one that is not on this node is fetched unless it is private, and one
 * that is uploaded counts as stored when enough nodes have it.
 */
public final class ReplicatedModels implements Models {
  private final Models local;
  private final Function<ModelId, CompletionStage<Boolean>> fetch;
  private final Function<ModelId, CompletionStage<List<Holder>>> holders;
  private final Function<ModelId, CompletionStage<Done>> replicate;

  /** The models of a node and of those that it exchanges models with. */
  public ReplicatedModels(Models local, Replicas replicas) {
    this(local, replicas::find, replicas::holders, replicas::replicate);
  }

  ReplicatedModels(
      Models local,
      Function<ModelId, CompletionStage<Boolean>> fetch,
      Function<ModelId, CompletionStage<List<Holder>>> holders,
      Function<ModelId, CompletionStage<Done>> replicate) {
    this.local = local;
    this.fetch = fetch;
    this.holders = holders;
    this.replicate = replicate;
  }

  @Override
  public CompletionStage<Optional<ModelInfo>> info(ModelId id) {
    return find(id).thenApply(found -> found.map(StoredFile::info));
  }

  @Override
  public CompletionStage<Optional<StoredFile>> find(ModelId id) {
    return local
        .find(id)
        .thenCompose(
            here ->
                here.isPresent()
                    ? CompletableFuture.completedStage(here)
                    : holders.apply(id).thenCompose(nodes -> elsewhere(id, nodes)));
  }

  /** A private model is told of, and never fetched. */
  private CompletionStage<Optional<StoredFile>> elsewhere(ModelId id, List<Holder> nodes) {
    if (!nodes.isEmpty() && nodes.stream().allMatch(Holder::isPrivate)) {
      return CompletableFuture.completedStage(
          Optional.of(
              new StoredFile(
                  ModelInfo.of(id, nodes.get(0).outline()),
                  (from, length) ->
                      Source.failed(
                          new ProblemException(
                              Problem.Kind.PRIVATE_MODEL, "model " + id + " is private")))));
    }
    return fetch
        .apply(id)
        .thenCompose(
            arrived ->
                arrived ? local.find(id) : CompletableFuture.completedStage(Optional.empty()));
  }

  @Override
  public CompletionStage<List<Holder>> holders(ModelId id) {
    return holders.apply(id);
  }

  @Override
  public CompletionStage<ModelInfo> receive(
      Source<ByteString, ?> bytes, Optional<ModelId> declared, boolean isPrivate) {
    return local
        .receive(bytes, declared, isPrivate)
        .thenCompose(info -> replicate.apply(info.id()).thenApply(done -> info));
  }

  @Override
  public CompletionStage<Growing> begin(boolean isPrivate) {
    return local.begin(isPrivate).thenApply(Replicated::new);
  }

  /** A model that is stored when enough nodes have it. */
  private final class Replicated implements Growing {
    private final Growing here;

    Replicated(Growing here) {
      this.here = here;
    }

    @Override
    public long size() {
      return here.size();
    }

    @Override
    public CompletionStage<Done> append(Source<ByteString, ?> bytes) {
      return here.append(bytes);
    }

    @Override
    public CompletionStage<ModelInfo> complete(Optional<ModelId> declared) {
      return here.complete(declared)
          .thenCompose(info -> replicate.apply(info.id()).thenApply(done -> info));
    }

    @Override
    public CompletionStage<Done> discard() {
      return here.discard();
    }
  }

  @Override
  public long usableBytes() {
    return local.usableBytes();
  }
}
