package org.rebasin.actors.http;

import akka.NotUsed;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.DispatcherSelector;
import akka.japi.Pair;
import akka.stream.IOResult;
import akka.stream.javadsl.FileIO;
import akka.stream.javadsl.Source;
import akka.util.ByteString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.model.checkpoint.CheckpointException;
import org.rebasin.model.checkpoint.ModelFile;

/**
 * The models of this node's store. What is uploaded goes into a directory beside it, under a name
 * of its own until it has been checked.
 */
public final class StoredModels implements Models {
  private static final int PIECE = 1 << 18;

  private final ModelStore store;
  private final Path directory;
  private final ActorSystem<?> system;
  private final Executor blocking;

  /**
   * Models of a store.
   *
   * @param directory for uploads, which is there and stays
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
                new StoredFile(
                    ModelInfo.of(id, Files.size(path), file),
                    (from, length) -> read(path, from, length)));
          } catch (IOException problem) {
            throw new UncheckedIOException("cannot read model " + id, problem);
          }
        },
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
  public CompletionStage<Received> receive(
      Source<ByteString, ?> bytes, Optional<ModelId> declared) {
    Path partial = directory.resolve(".upload-" + UUID.randomUUID() + ".partial");
    MessageDigest digest = sha256();
    return bytes
        .map(
            piece -> {
              piece.getByteBuffers().forEach(digest::update);
              return piece;
            })
        .runWith(FileIO.toPath(partial), system)
        .thenApplyAsync(written -> accept(partial, written, digest, declared), blocking)
        .whenCompleteAsync((received, problem) -> delete(partial), blocking);
  }

  private Received accept(
      Path partial, IOResult written, MessageDigest digest, Optional<ModelId> declared) {
    ModelId id = new ModelId(HexFormat.of().formatHex(digest.digest()));
    declared
        .filter(expected -> !expected.equals(id))
        .ifPresent(
            expected -> {
              throw new ProblemException(
                  Problem.Kind.DIGEST_MISMATCH,
                  "expected content of SHA-256 %s, found %s of %d bytes"
                      .formatted(expected, id, written.count()));
            });
    // What the store has under this name is the same, byte for byte.
    boolean added = !store.contains(id);
    Path path = directory.resolve(id.sha256() + ".safetensors");
    try (ModelFile file = ModelFile.open(partial, Optional.empty())) {
      file.weights().requireFinite(partial.toString());
      ModelInfo info = ModelInfo.of(id, written.count(), file);
      if (added) {
        Files.move(partial, path, StandardCopyOption.ATOMIC_MOVE);
        store.register(path, Optional.empty());
      }
      return new Received(info, added);
    } catch (IllegalArgumentException | CheckpointException refusal) {
      throw new ProblemException(
          Problem.Kind.UNPROCESSABLE,
          refusal.getMessage().replace(partial.toString(), "the content"));
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot store model " + id, problem);
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

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot delete " + file, problem);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException problem) {
      throw new IllegalStateException("every Java platform has SHA-256", problem);
    }
  }
}
