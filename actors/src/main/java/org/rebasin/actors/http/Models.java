package org.rebasin.actors.http;

import akka.Done;
import akka.NotUsed;
import akka.stream.javadsl.Source;
import akka.util.ByteString;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.stream.Holder;

/** The models as the interface needs them: whole files in and out, and what stands in them. */
public interface Models {
  /** What a model is, also one that may not come here; empty if there is none of that name. */
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
   * @param isPrivate whether the model must not leave this node, whatever its file says
   */
  CompletionStage<ModelInfo> receive(
      Source<ByteString, ?> bytes, Optional<ModelId> declared, boolean isPrivate);

  /** Begins a model that comes in parts. Nobody sees it before it is complete. */
  CompletionStage<Growing> begin(boolean isPrivate);

  /** The nodes that have a private model and answer in time. */
  CompletionStage<List<Holder>> holders(ModelId id);

  /** Bytes that there is room for. */
  long usableBytes();

  /** A model that comes in parts, one call at a time. It is there until completed or discarded. */
  interface Growing {
    /** How many bytes have come; any thread may ask, also during a call. */
    long size();

    /** Adds bytes. Those that came before the source failed, if it does, stay. */
    CompletionStage<Done> append(Source<ByteString, ?> bytes);

    /** Stores the model, or refuses it as {@link #receive} does; nothing is left to add to. */
    CompletionStage<ModelInfo> complete(Optional<ModelId> declared);

    /** Forgets all that has come. */
    CompletionStage<Done> discard();
  }

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
