package org.rebasin.actors.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory that stays. Several stores, on one node or on many, may have the same one: whatever
 * appears in it appears whole.
 *
 * <pre>
 * models/ab/abcd….safetensors   the models, by their content
 * models/ab/abcd….json          their labels, if any
 * partial/abcd…                 the beginnings of models that arrive
 * writing/                      files without a name, of stores that live
 * corrupt/                      files that are not what their names said
 * home                          a name that no other directory has
 * </pre>
 */
final class DurableShelf implements Shelf {
  private static final Logger LOG = LoggerFactory.getLogger(DurableShelf.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String MODEL = ".safetensors";

  private final Path models;
  private final Path partial;
  private final Path corrupt;
  private final Path home;
  private final Workspace workspace;
  private final StoreSettings settings;

  /** The sizes of files that were read, written or received by this process and found right. */
  private final Map<ModelId, Long> verified = new ConcurrentHashMap<>();

  DurableShelf(Path directory, StoreSettings settings) throws IOException {
    this.settings = settings;
    Path absolute = directory.toAbsolutePath();
    models = absolute.resolve("models");
    partial = absolute.resolve("partial");
    corrupt = absolute.resolve("corrupt");
    home = absolute.resolve("home");
    Path writing = absolute.resolve("writing");
    for (Path each : List.of(models, partial, corrupt, writing)) {
      Disk.makeDirectory(each);
    }
    workspace = Workspace.create(writing);
    deleteOldPartials();
  }

  private void deleteOldPartials() throws IOException {
    Instant oldest = Instant.now().minus(settings.partialGrace());
    for (Path each : files(partial)) {
      if (Files.getLastModifiedTime(each).toInstant().isBefore(oldest)) {
        Files.deleteIfExists(each);
      }
    }
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    } catch (NoSuchFileException none) {
      return List.of();
    }
  }

  @Override
  public String home() throws IOException {
    if (!Files.exists(home)) {
      Path unnamed = workspace().resolve(UUID.randomUUID() + ".home");
      try {
        Disk.write(unnamed, UUID.randomUUID().toString().getBytes(StandardCharsets.UTF_8));
        // Unlike a renaming, never in place of the name that another store has just given.
        Files.createLink(home, unnamed);
      } catch (FileAlreadyExistsException another) {
        LOG.debug("another store named {} first", home.getParent());
      } finally {
        Files.deleteIfExists(unnamed);
      }
    }
    return Files.readString(home);
  }

  @Override
  public Path workspace() {
    return workspace.directory();
  }

  @Override
  public Path partial(ModelId id) {
    return partial.resolve(id.sha256());
  }

  private Path named(ModelId id, String ending) {
    return models.resolve(id.sha256().substring(0, 2)).resolve(id + ending);
  }

  @Override
  public void put(Path unnamed, ModelId id, Labels labels) throws IOException {
    long size = Files.size(unnamed);
    if (size > settings.maxModelSize()) {
      throw new ModelTooLargeException(size, settings.maxModelSize());
    }
    Path named = named(id, MODEL);
    Disk.makeDirectory(named.getParent());
    // Before the model, which must not be seen without its privacy.
    label(id, labels);
    Disk.rename(unnamed, named);
    // Its age counts from the last time that it was made.
    Files.setLastModifiedTime(named, FileTime.from(Instant.now()));
    verified.put(id, size);
  }

  @Override
  public void register(Path own, ModelId id, Labels labels) throws IOException {
    Path copy = workspace().resolve(UUID.randomUUID() + MODEL);
    try {
      Disk.requireSpace(workspace(), Files.size(own));
      Files.copy(own, copy);
      if (!Disk.sha256(copy).equals(id.sha256())) {
        throw new IOException(own + " changed while it was read");
      }
      try (FileChannel channel = FileChannel.open(copy, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      put(copy, id, labels);
    } finally {
      Files.deleteIfExists(copy);
    }
  }

  /** Adds to a model's labels. */
  private void label(ModelId id, Labels added) throws IOException {
    Labels known = labels(id);
    Labels labels = added.over(known);
    if (labels.equals(known)) {
      return;
    }
    ObjectNode document = JSON.createObjectNode();
    labels.architecture().ifPresent(text -> document.put("architecture", text));
    ObjectNode told = document.putObject("told");
    labels.told().forEach(told::put);
    Path unnamed = workspace().resolve(UUID.randomUUID() + ".json");
    Disk.write(unnamed, JSON.writeValueAsBytes(document));
    Disk.rename(unnamed, named(id, ".json"));
  }

  private Labels labels(ModelId id) throws IOException {
    Path file = named(id, ".json");
    JsonNode document;
    try {
      document = JSON.readTree(Files.readAllBytes(file));
    } catch (NoSuchFileException none) {
      return Labels.NONE;
    } catch (com.fasterxml.jackson.core.JsonProcessingException malformed) {
      throw new IOException("expected labels in JSON, found something else in " + file, malformed);
    }
    Map<String, String> told = new TreeMap<>();
    document
        .path("told")
        .fields()
        .forEachRemaining(e -> told.put(e.getKey(), e.getValue().asText()));
    return new Labels(
        Optional.ofNullable(document.get("architecture")).map(JsonNode::asText), told);
  }

  @Override
  public Optional<Shelved> find(ModelId id) throws IOException {
    Path path = named(id, MODEL);
    try {
      Long size = verified.get(id);
      if (size == null || size != Files.size(path)) {
        verify(id, path);
      }
      return Optional.of(new Shelved(path, labels(id)));
    } catch (NoSuchFileException none) {
      verified.remove(id);
      return Optional.empty();
    }
  }

  /** Reads the whole file; moves it aside if it is not what its name says. */
  private void verify(ModelId id, Path path) throws IOException {
    long size = Files.size(path);
    String found = Disk.sha256(path);
    if (found.equals(id.sha256())) {
      verified.put(id, size);
      return;
    }
    verified.remove(id);
    Path aside = corrupt.resolve(id + MODEL);
    Disk.rename(path, aside);
    CorruptModelException problem = new CorruptModelException(id, found, aside);
    LOG.error("A file of the store is corrupt: {}", problem.getMessage());
    throw problem;
  }

  /** Reads a model's file, whatever was read before; tells whether it is there and right. */
  boolean verify(ModelId id) throws IOException {
    try {
      verify(id, named(id, MODEL));
      return true;
    } catch (NoSuchFileException deleted) {
      verified.remove(id);
      return false;
    } catch (CorruptModelException reported) {
      return false;
    }
  }

  /** Reads all files, whatever was read before; answers which models were corrupt. */
  List<ModelId> verify() throws IOException {
    List<ModelId> damaged = new ArrayList<>();
    for (ModelId id : ids()) {
      try {
        verify(id, named(id, MODEL));
      } catch (CorruptModelException reported) {
        damaged.add(id);
      } catch (NoSuchFileException deleted) {
        // Between the list and the look.
        verified.remove(id);
      }
    }
    return damaged;
  }

  @Override
  public boolean contains(ModelId id) {
    return Files.exists(named(id, MODEL));
  }

  @Override
  public Set<ModelId> ids() throws IOException {
    Set<ModelId> ids = ConcurrentHashMap.newKeySet();
    for (Path directory : files(models)) {
      ids.addAll(
          files(directory).stream()
              .map(file -> file.getFileName().toString())
              .filter(name -> name.matches("[0-9a-f]{64}\\.safetensors"))
              .map(name -> new ModelId(name.substring(0, name.length() - MODEL.length())))
              .collect(Collectors.toSet()));
    }
    return Set.copyOf(ids);
  }

  @Override
  public boolean delete(ModelId id) throws IOException {
    verified.remove(id);
    boolean deleted = Files.deleteIfExists(named(id, MODEL));
    Files.deleteIfExists(named(id, ".json"));
    return deleted;
  }

  /** When a model was last made or received; empty if it is not there. */
  Optional<Instant> age(ModelId id) throws IOException {
    try {
      return Optional.of(Files.getLastModifiedTime(named(id, MODEL)).toInstant());
    } catch (NoSuchFileException none) {
      return Optional.empty();
    }
  }

  /** Makes a model as old as another copy of it. */
  void age(ModelId id, Instant time) throws IOException {
    Files.setLastModifiedTime(named(id, MODEL), FileTime.from(time));
  }

  /** Deletes what is not named and older than the grace time; answers what it was. */
  List<ModelId> collect(Set<ModelId> named, Duration grace) throws IOException {
    Instant oldest = Instant.now().minus(grace);
    List<ModelId> deleted = new ArrayList<>();
    for (ModelId id : ids()) {
      if (!named.contains(id)
          && age(id).filter(time -> time.isBefore(oldest)).isPresent()
          && delete(id)) {
        deleted.add(id);
      }
    }
    return deleted;
  }

  @Override
  public long maxModelSize() {
    return settings.maxModelSize();
  }

  @Override
  public void close() {
    workspace.close();
  }
}
