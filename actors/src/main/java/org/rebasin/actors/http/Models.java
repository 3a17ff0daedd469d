package org.rebasin.actors.http;

import akka.NotUsed;
import akka.stream.javadsl.Source;
import akka.util.ByteString;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.rebasin.actors.store.ModelId;

/** The models as the interface needs them: whole files in and out, and what stands in them. */
public interface Models {
  /** What a model is; empty if there is none of that name. */
  CompletionStage<Optional<ModelInfo>> info(ModelId id);

  /** A model's file; empty if there is none of that name. */
  CompletionStage<Optional<StoredFile>> find(ModelId id);

  /**
   * Takes a model in. It is stored when the stage completes; what was refused or cut off leaves
   * nothing.
   *
   * <p>Fails with a {@link ProblemException} if the bytes are not those that were declared, or not
   * a well-formed model of finite numbers; with what the bytes' source failed with, if it did.
   *
   * @param bytes read only as fast as they are written
   * @param declared what the sender says that the model's name is
   * @param isPrivate whether the model must not leave the cluster, whatever its file says
   */
  CompletionStage<ModelInfo> receive(
      Source<ByteString, ?> bytes, Optional<ModelId> declared, boolean isPrivate);

  /** Bytes that there is room for. */
  long usableBytes();

  /**
   * A model's file.
   *
   * @param info what stands in it
   * @param bytes reads it
   */
  record StoredFile(ModelInfo info, Bytes bytes) {}

  /** Reads a part of a file. */
  @FunctionalInterface
  interface Bytes {
    /**
     * The part in pieces of bounded size.
     *
     * @param from the first byte's position
     * @param length bytes
     */
    Source<ByteString, NotUsed> read(long from, long length);
  }
}
