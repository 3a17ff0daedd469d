package org.rebasin.actors.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Files of the user where they are, and all others in a directory that is made when the first one
 * is and deleted at the end; what a process left that was killed goes with the next one's.
 */
final class TemporaryShelf implements Shelf {
  private static final String WORKSPACES = ".rebasin-store";

  private final Path workspaces;
  private final Map<ModelId, Shelved> models = new ConcurrentHashMap<>();
  private final String home = UUID.randomUUID().toString();
  private Optional<Workspace> workspace = Optional.empty();

  TemporaryShelf(Path parent) {
    this.workspaces = parent.resolve(WORKSPACES);
  }

  @Override
  public String home() {
    return home;
  }

  @Override
  public synchronized Path workspace() throws IOException {
    while (workspace.isEmpty()) {
      try {
        workspace = Optional.of(Workspace.create(Files.createDirectories(workspaces)));
      } catch (NoSuchFileException deleted) {
        // By another store, which was the last to close.
      }
    }
    return workspace.get().directory();
  }

  @Override
  public Path partial(ModelId id) throws IOException {
    return workspace().resolve(id + ".partial");
  }

  @Override
  public void put(Path unnamed, ModelId id, Labels labels) throws IOException {
    Path named = workspace().resolve(id + ".safetensors");
    Files.move(unnamed, named, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    models.merge(
        id,
        new Shelved(named, labels),
        (known, added) -> new Shelved(known.path(), added.labels().over(known.labels())));
  }

  @Override
  public void register(Path own, ModelId id, Labels labels) {
    models.put(id, new Shelved(own, labels));
  }

  @Override
  public Optional<Shelved> find(ModelId id) {
    return Optional.ofNullable(models.get(id));
  }

  @Override
  public boolean contains(ModelId id) {
    return models.containsKey(id);
  }

  @Override
  public Set<ModelId> ids() {
    return Set.copyOf(models.keySet());
  }

  @Override
  public boolean delete(ModelId id) throws IOException {
    Shelved removed = models.remove(id);
    if (removed != null && removed.path().startsWith(workspace())) {
      Files.deleteIfExists(removed.path());
    }
    return removed != null;
  }

  @Override
  public long maxModelSize() {
    return Long.MAX_VALUE;
  }

  @Override
  public synchronized void close() {
    if (workspace.isEmpty()) {
      return;
    }
    workspace.get().close();
    workspace = Optional.empty();
    try {
      Files.delete(workspaces);
    } catch (DirectoryNotEmptyException | NoSuchFileException others) {
      // Another store is at work here, or has deleted it.
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot delete " + workspaces, problem);
    }
  }
}
