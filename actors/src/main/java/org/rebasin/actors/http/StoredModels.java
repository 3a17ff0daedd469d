package org.rebasin.actors.http;

import akka.Done;
import akka.NotUsed;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.DispatcherSelector;
import akka.japi.Pair;
import akka.stream.ActorAttributes;
import akka.stream.javadsl.FileIO;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import akka.util.ByteString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.rebasin.actors.store.Labels;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.store.Upload;
import org.rebasin.actors.stream.Holder;
import org.rebasin.model.checkpoint.CheckpointException;
import org.rebasin.model.checkpoint.ModelFile;

/** The models of this node's store. */
public final class StoredModels implements Models {
  private static final int PIECE = 1 << 18;

  private final ModelStore store;
  private final Path directory;
  private final ActorSystem<?> system;
  private final Executor blocking;

  /**
   * Models of a store.
   *
   * @param directory where the store keeps them
   */
  public StoredModels(ModelStore store, Path directory, ActorSystem<?> system) {
    this.store = store;
    this.directory = directory;
    this.system = system;
    this.blocking = system.dispatchers().lookup(DispatcherSelector.blocking());
  }

  @Override
  public CompletionStage<Optional<ModelInfo>> info(ModelId id) {
    return find(id).thenApply(found -> found.map(StoredFile::info));
  }

  @Override
  public CompletionStage<Optional<StoredFile>> find(ModelId id) {
    return CompletableFuture.supplyAsync(
        () -> {
          if (!store.contains(id)) {
            return Optional.empty();
          }
          try (ModelFile file = store.open(id)) {
            Path path = file.path();
            return Optional.of(
                new StoredFile(ModelInfo.of(id, file), (from, length) -> read(path, from, length)));
          } catch (CheckpointException | IllegalArgumentException noModel) {
            // The store keeps other tensors too, such as measured moments: those are not models.
            return Optional.empty();
          }
        },
        blocking);
  }

  @Override
  public CompletionStage<List<Holder>> holders(ModelId id) {
    return CompletableFuture.supplyAsync(
        () ->
            store.contains(id)
                ? List.of(
                    new Holder(store.home(), "this node", store.isPrivate(id), store.outline(id)))
                : List.of(),
        blocking);
  }

  private static Source<ByteString, NotUsed> read(Path path, long from, long length) {
    return FileIO.fromPath(path, PIECE, from)
        .mapMaterializedValue(result -> NotUsed.getInstance())
        .statefulMap(
            () -> length,
            (left, piece) ->
                Pair.create(left - piece.size(), piece.take((int) Math.min(left, piece.size()))),
            left -> Optional.empty())
        .takeWhile(ByteString::nonEmpty);
  }

  @Override
  public CompletionStage<ModelInfo> receive(
      Source<ByteString, ?> bytes, Optional<ModelId> declared, boolean isPrivate) {
    return begin(isPrivate)
        .thenCompose(
            model ->
                model
                    .append(bytes)
                    .handle(
                        (done, problem) ->
                            problem == null
                                ? model.complete(declared)
                                : model
                                    .discard()
                                    .thenCompose(
                                        gone -> CompletableFuture.<ModelInfo>failedFuture(problem)))
                    .thenCompose(received -> received));
  }

  @Override
  public CompletionStage<Growing> begin(boolean isPrivate) {
    Labels labels =
        isPrivate
            ? new Labels(Optional.empty(), Map.of(Labels.VISIBILITY, Labels.PRIVATE))
            : Labels.NONE;
    return CompletableFuture.supplyAsync(() -> new GrowingFile(store.upload(labels)), blocking);
  }

  /** A file of the store's workspace. */
  private final class GrowingFile implements Growing {
    private final Upload upload;
    private volatile long size;

    GrowingFile(Upload upload) {
      this.upload = upload;
    }

    @Override
    public long size() {
      return size;
    }

    @Override
    public CompletionStage<Done> append(Source<ByteString, ?> bytes) {
      return bytes.runWith(
          Sink.foreach(
                  (ByteString piece) -> {
                    piece.getByteBuffers().forEach(upload::append);
                    size = upload.size();
                  })
              .withAttributes(
                  ActorAttributes.dispatcher(ActorAttributes.IODispatcher().dispatcher())),
          system);
    }

    @Override
    public CompletionStage<ModelInfo> complete(Optional<ModelId> declared) {
      return CompletableFuture.supplyAsync(
          () -> {
            try (upload) {
              return accept(upload, declared);
            }
          },
          blocking);
    }

    @Override
    public CompletionStage<Done> discard() {
      return CompletableFuture.supplyAsync(
          () -> {
            upload.close();
            return Done.getInstance();
          },
          blocking);
    }
  }

  private ModelInfo accept(Upload upload, Optional<ModelId> declared) {
    try {
      ModelId id = upload.commit(declared);
      try (ModelFile file = store.open(id)) {
        return ModelInfo.of(id, file);
      }
    } catch (CheckpointException refusal) {
      throw new ProblemException(
          Problem.Kind.UNPROCESSABLE,
          // Where the server keeps its files is none of the sender's business.
          refusal.getMessage().replaceAll("\\S*\\.upload", "the content"));
    } catch (IllegalArgumentException refusal) {
      throw new ProblemException(
          refusal.getMessage().startsWith("expected an upload with SHA-256")
              ? Problem.Kind.DIGEST_MISMATCH
              : Problem.Kind.UNPROCESSABLE,
          refusal.getMessage().replaceAll("\\S*\\.upload", "the content"));
    }
  }

  @Override
  public long usableBytes() {
    try {
      return Files.getFileStore(directory).getUsableSpace();
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot tell the room in " + directory, problem);
    }
  }
}
