package org.rebasin.actors.http;

import akka.Done;
import akka.stream.KillSwitches;
import akka.stream.SharedKillSwitch;
import akka.stream.StreamLimitReachedException;
import akka.stream.javadsl.Source;
import akka.util.ByteString;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.rebasin.actors.store.ModelId;

/**
 * A model that its sender uploads in as many requests as it takes. Of what arrived nothing is lost
 * when a connection breaks; it is lost when the node stops. Safe for any number of threads.
 */
final class ResumableUpload {
  /** The header that tells where the next byte belongs. */
  static final String OFFSET = "Upload-Offset";

  private final String id;
  private final long length;
  private final Optional<ModelId> declared;
  private final Models.Growing model;

  private Transfer transfer = Transfer.NONE;
  private long touchedNanos = System.nanoTime();
  private Optional<ModelInfo> stored = Optional.empty();
  private boolean ended;

  /** A request whose content is being written, until it ends one way or another. */
  private record Transfer(SharedKillSwitch stop, CompletableFuture<Done> end) {
    private static final Transfer NONE =
        new Transfer(
            KillSwitches.shared("none"), CompletableFuture.completedFuture(Done.getInstance()));
  }

  ResumableUpload(String id, long length, Optional<ModelId> declared, Models.Growing model) {
    this.id = id;
    this.length = length;
    this.declared = declared;
    this.model = model;
  }

  String id() {
    return id;
  }

  /** Bytes of the whole model. */
  long length() {
    return length;
  }

  /** How many of them have come. */
  long offset() {
    return model.size();
  }

  /** The model, when all of it has come. */
  synchronized Optional<ModelInfo> stored() {
    return stored;
  }

  /** For how long nothing has come; 0 while something does. */
  synchronized long idleNanos() {
    return transfer.end().isDone() ? System.nanoTime() - touchedNanos : 0;
  }

  /**
   * Adds the content of a request. A sender who is back knows better than the server that its
   * former connection is gone: whatever still comes by that is cut off first.
   *
   * @param offset where the sender means the content to belong
   * @return the model if it is complete now; fails with a {@link ProblemException} that tells the
   *     right offset if it is another
   */
  CompletionStage<Optional<ModelInfo>> append(long offset, Source<ByteString, ?> bytes) {
    SharedKillSwitch stop = KillSwitches.shared("upload");
    CompletableFuture<Done> end = new CompletableFuture<>();
    Transfer before;
    synchronized (this) {
      before = transfer;
      transfer = new Transfer(stop, end);
    }
    before.stop().abort(conflict("expected one sender at a time, found another that goes on"));
    return before
        .end()
        .thenCompose(done -> write(offset, bytes.via(stop.flow())))
        .whenComplete(
            (info, problem) -> {
              synchronized (this) {
                touchedNanos = System.nanoTime();
              }
              end.complete(Done.getInstance());
            });
  }

  private CompletionStage<Optional<ModelInfo>> write(long offset, Source<ByteString, ?> bytes) {
    long here = offset();
    synchronized (this) {
      if (ended && stored.isEmpty()) {
        throw new ProblemException(Problem.Kind.NOT_FOUND, "no upload " + id);
      }
    }
    if (offset != here || here == length) {
      throw conflict(
          here == length
              ? "expected no more than the %d bytes that are there".formatted(length)
              : "%s: expected %d, found %d".formatted(OFFSET, here, offset));
    }
    return model
        .append(
            bytes
                .limitWeighted(length - here, piece -> (long) piece.size())
                .mapError(
                    StreamLimitReachedException.class,
                    tooLong ->
                        new ProblemException(
                            Problem.Kind.TOO_LARGE,
                            "expected at most %d more bytes, found more".formatted(length - here))))
        .thenCompose(
            done ->
                offset() < length
                    ? CompletableFuture.completedFuture(Optional.<ModelInfo>empty())
                    : complete());
  }

  private CompletionStage<Optional<ModelInfo>> complete() {
    return model
        .complete(declared)
        .handle(
            (info, problem) -> {
              synchronized (this) {
                ended = true;
                stored = Optional.ofNullable(info);
              }
              return problem == null
                  ? CompletableFuture.completedFuture(Optional.of(info))
                  : CompletableFuture.<Optional<ModelInfo>>failedFuture(problem);
            })
        .thenCompose(outcome -> outcome);
  }

  private ProblemException conflict(String detail) {
    return new ProblemException(
        Problem.Kind.CONFLICT,
        "upload %s: %s".formatted(id, detail),
        Map.of(OFFSET, String.valueOf(offset())));
  }

  /** Whether there is nothing to go on with: the content was no model, or was given up. */
  synchronized boolean failed() {
    return ended && stored.isEmpty();
  }

  /** Gives it up, and deletes what has come, unless that is a model by now. */
  CompletionStage<Done> discard() {
    Transfer before;
    synchronized (this) {
      before = transfer;
    }
    before.stop().abort(new ProblemException(Problem.Kind.NOT_FOUND, "no upload " + id));
    return before
        .end()
        .thenCompose(
            done -> {
              synchronized (this) {
                if (ended) {
                  return CompletableFuture.completedFuture(done);
                }
                ended = true;
              }
              return model.discard();
            });
  }
}
