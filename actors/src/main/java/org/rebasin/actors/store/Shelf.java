package org.rebasin.actors.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/** Where a store has its files. Safe for any number of threads. */
sealed interface Shelf extends AutoCloseable permits TemporaryShelf, DurableShelf {
  /**
   * A model on the shelf.
   *
   * @param path where its file is now
   */
  record Shelved(Path path, Labels labels) {}

  /** What tells this shelf from all others, for as long as its files are there. */
  String home() throws IOException;

  /** A directory for files that have no name yet, on the file system of all others. */
  Path workspace() throws IOException;

  /** Where a model that arrives in pieces grows. */
  Path partial(ModelId id) throws IOException;

  /**
   * Takes over a file of the workspace, which is on disk and has the right content.
   *
   * @param labels added to those that the model has already
   */
  void put(Path unnamed, ModelId id, Labels labels) throws IOException;

  /** Takes in a file of the user's, whose content was checked. */
  void register(Path own, ModelId id, Labels labels) throws IOException;

  /**
   * The model, checked against its name the first time.
   *
   * @throws CorruptModelException if the file is not what its name says
   */
  Optional<Shelved> find(ModelId id) throws IOException;

  /** Whether it is there, unchecked. */
  boolean contains(ModelId id);

  /** All models that are there, unchecked. */
  Set<ModelId> ids() throws IOException;

  /** Forgets a model; tells whether there was one. */
  boolean delete(ModelId id) throws IOException;

  /** The most bytes that a model may have. */
  long maxModelSize();

  @Override
  void close();
}
