package org.rebasin.actors.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.rebasin.model.checkpoint.DataType;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.checkpoint.NpzWriter;
import org.rebasin.model.checkpoint.SafetensorsFile;
import org.rebasin.model.checkpoint.SafetensorsWriter;
import org.rebasin.model.checkpoint.TensorDeclaration;
import org.rebasin.model.checkpoint.TensorEntry;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * The models that this node holds, by content. Safe for any number of threads. There are two kinds.
 *
 * <p>A <em>temporary</em> store registers files of the user where they are, and writes what tasks
 * make into a directory of its own, which is made when the first product is written and deleted
 * with all that is in it when the store closes: what should stay is exported first.
 *
 * <p>A <em>durable</em> one keeps everything in a directory that stays; files of the user are
 * copied into it. Each file is checked against its name when it is first opened.
 */
public final class ModelStore implements AutoCloseable {
  private static final String NPZ = ".npz";
  private static final byte[] ZIP = {'P', 'K'};

  private final Path parent;
  private final Shelf shelf;

  private ModelStore(Path parent, Shelf shelf) {
    this.parent = parent;
    this.shelf = shelf;
  }

  /**
   * A temporary store without models.
   *
   * @param parent where the store's directory is made once it is needed
   */
  public ModelStore(Path parent) {
    this(parent, new TemporaryShelf(parent));
  }

  /**
   * A durable store with the models that its directory holds. Several may have the same directory.
   *
   * @param directory made if it is not there
   */
  public static ModelStore durable(Path directory, StoreSettings settings) {
    try {
      return new ModelStore(directory, new DurableShelf(directory, settings));
    } catch (IOException problem) {
      throw new UncheckedIOException(
          "cannot keep models in %s: %s".formatted(directory, problem), problem);
    }
  }

  /**
   * Takes in a file where it is, after checking all of it: reads it twice.
   *
   * @param architecture the architecture's text, if the file does not tell it
   * @throws org.rebasin.model.checkpoint.CheckpointException if it is not a well-formed model
   * @throws IllegalArgumentException if its architecture cannot be told, or it holds NaN or
   *     infinity
   */
  public ModelId register(Path path, Optional<String> architecture) {
    return register(path, architecture, Map.of());
  }

  /**
   * The same, told more about the model than its file tells.
   *
   * @param told metadata, which then win over the file's own; an export leaves the file as it is
   */
  public ModelId register(Path path, Optional<String> architecture, Map<String, String> told) {
    try (ModelFile file = ModelFile.open(path, architecture, told)) {
      file.weights().requireFinite(path.toString());
      ModelId id = new ModelId(file.sha256());
      shelf.register(path, id, new Labels(architecture, told));
      return id;
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot take in " + path, problem);
    }
  }

  /**
   * What tells this store from all others: the same for all that have one directory, and after a
   * restart.
   */
  public String home() {
    try {
      return shelf.home();
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot name the store in " + parent, problem);
    }
  }

  /** Opens a model; the caller closes it. */
  public ModelFile open(ModelId id) {
    Shelf.Shelved model = entry(id);
    return ModelFile.open(model.path(), model.labels().architecture(), model.labels().told());
  }

  /** Reads tensors that are not a model's, such as measured moments; the caller closes them. */
  public Weights readTensors(ModelId id) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    try (SafetensorsFile file = SafetensorsFile.open(entry(id).path())) {
      for (TensorEntry entry : file.entries()) {
        Tensor tensor =
            Tensor.allocate(Arrays.stream(entry.shape()).mapToInt(Math::toIntExact).toArray());
        tensors.put(entry.name(), tensor);
        file.readInto(entry.name(), tensor.values().duplicate());
      }
      return new Weights(tensors);
    } catch (RuntimeException problem) {
      tensors.values().forEach(Tensor::close);
      throw problem;
    }
  }

  private Shelf.Shelved entry(ModelId id) {
    try {
      return shelf
          .find(id)
          .orElseThrow(() -> new IllegalArgumentException("no model " + id + " on this node"));
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot read model " + id, problem);
    }
  }

  /** Whether the model's file is here; does not read it. */
  public boolean contains(ModelId id) {
    return shelf.contains(id);
  }

  /** All models whose files are here; O(models). */
  public Set<ModelId> ids() {
    try {
      return shelf.ids();
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot list the models in " + parent, problem);
    }
  }

  /**
   * Where the model's file is, for reading, after checking it: reads it the first time.
   *
   * @throws CorruptModelException if it is not what its name says
   */
  public Path path(ModelId id) {
    return entry(id).path();
  }

  /** Bytes of the model's file. */
  public long size(ModelId id) {
    try {
      return Files.size(entry(id).path());
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot read model " + id, problem);
    }
  }

  /** What is known about the model beside its file. */
  public Labels labels(ModelId id) {
    return entry(id).labels();
  }

  /** Whether the model must not leave this node, as it says itself or as was told. */
  public boolean isPrivate(ModelId id) {
    Shelf.Shelved model = entry(id);
    String told = model.labels().told().get(Labels.VISIBILITY);
    return Labels.PRIVATE.equals(told == null ? ownVisibility(model.path()) : told);
  }

  /** What the model is without its numbers. */
  public Outline outline(ModelId id) {
    try (ModelFile file = open(id)) {
      return Outline.of(file);
    }
  }

  private static String ownVisibility(Path path) {
    byte[] first = new byte[ZIP.length];
    try (InputStream bytes = Files.newInputStream(path)) {
      bytes.readNBytes(first, 0, first.length);
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot read " + path, problem);
    }
    if (Arrays.equals(first, ZIP)) {
      // NumPy archives tell nothing about themselves.
      return "";
    }
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      return file.metadata().getOrDefault(Labels.VISIBILITY, "");
    }
  }

  /** Forgets a model, and deletes its file unless that is the user's; whether there was one. */
  public boolean delete(ModelId id) {
    try {
      return shelf.delete(id);
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot delete model " + id, problem);
    }
  }

  /**
   * Begins to receive a model by its content, or goes on where the last reception of it ended.
   *
   * @param size bytes of the whole model
   * @param labels added to those that the model has here
   * @throws ModelTooLargeException if it is longer than the store takes
   * @throws UncheckedIOException if there is no space for it
   */
  public Reception receive(ModelId id, long size, Labels labels) {
    return Reception.open(shelf, id, size, labels);
  }

  /** Begins to take in a model that a user sends. */
  public Upload upload(Labels labels) {
    return Upload.begin(shelf, labels);
  }

  /**
   * Reads all models, whatever was read before. Corrupt files are moved aside and reported.
   *
   * @return the models that were corrupt
   */
  public List<ModelId> verify() {
    try {
      return shelf instanceof DurableShelf durable ? durable.verify() : List.of();
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot verify the models in " + parent, problem);
    }
  }

  /**
   * Reads one model, whatever was read before. A corrupt file is moved aside and reported.
   *
   * @return whether the model is here and right
   */
  public boolean verify(ModelId id) {
    try {
      return shelf instanceof DurableShelf durable ? durable.verify(id) : shelf.contains(id);
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot verify model " + id, problem);
    }
  }

  /**
   * Deletes the models that nobody names and that were made or received longer ago than the grace
   * time; a temporary store keeps all until it closes.
   *
   * @return the models that were deleted
   */
  public List<ModelId> collect(Set<ModelId> named, Duration grace) {
    try {
      return shelf instanceof DurableShelf durable ? durable.collect(named, grace) : List.of();
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot collect models in " + parent, problem);
    }
  }

  /** When the model was last made; copies on other nodes are as old. */
  public Instant made(ModelId id) {
    try {
      return shelf instanceof DurableShelf durable
          ? durable.age(id).orElseGet(Instant::now)
          : Instant.now();
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot read model " + id, problem);
    }
  }

  /** Makes a copy as old as the model that it is a copy of. */
  public void made(ModelId id, Instant time) {
    try {
      if (shelf instanceof DurableShelf durable) {
        durable.age(id, time);
      }
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot read model " + id, problem);
    }
  }

  /**
   * Writes a model and names it by its content. The same content twice is one model.
   *
   * @param values writes all tensors in the order of the declarations
   */
  public ModelId write(
      List<TensorDeclaration> tensors,
      Map<String, String> metadata,
      Consumer<SafetensorsWriter> values) {
    try (Product product = create(tensors, metadata)) {
      values.accept(product.writer());
      return product.commit();
    }
  }

  /** Writes tensors as float32, in their order. */
  public ModelId write(Weights tensors, Map<String, String> metadata) {
    List<TensorDeclaration> declarations =
        tensors.tensors().entrySet().stream()
            .map(
                entry ->
                    new TensorDeclaration(
                        entry.getKey(),
                        DataType.F32,
                        Arrays.stream(entry.getValue().shape()).asLongStream().toArray()))
            .toList();
    return write(
        declarations,
        metadata,
        writer ->
            tensors
                .tensors()
                .forEach((name, tensor) -> writer.write(name, tensor.values().duplicate())));
  }

  /** Begins a model that is written piece by piece; the caller commits and closes it. */
  public Product create(List<TensorDeclaration> tensors, Map<String, String> metadata) {
    try {
      Path unnamed = Files.createTempFile(shelf.workspace(), "unnamed-", ".safetensors");
      return new Product(unnamed, SafetensorsWriter.create(unnamed, tensors, metadata));
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot write a model under " + parent, problem);
    }
  }

  /** A model that is being written. Closed without a commit, it leaves nothing. */
  public final class Product implements AutoCloseable {
    private final Path unnamed;
    private final SafetensorsWriter writer;

    private Product(Path unnamed, SafetensorsWriter writer) {
      this.unnamed = unnamed;
      this.writer = writer;
    }

    /** Takes the tensors' values in the order of the declarations. */
    public SafetensorsWriter writer() {
      return writer;
    }

    /** Brings the model to disk and names it by its content. */
    public ModelId commit() {
      try {
        ModelId id = new ModelId(writer.commit().sha256());
        shelf.put(unnamed, id, Labels.NONE);
        return id;
      } catch (IOException problem) {
        throw new UncheckedIOException("cannot write a model under " + parent, problem);
      }
    }

    @Override
    public void close() {
      writer.close();
      try {
        Files.deleteIfExists(unnamed);
      } catch (IOException problem) {
        throw new UncheckedIOException("cannot delete " + unnamed, problem);
      }
    }
  }

  /**
   * Copies a model's file to a path of the user's, complete or not at all: as a NumPy archive where
   * the name ends with {@code .npz}.
   */
  public void export(ModelId id, Path target) {
    if (target.getFileName().toString().endsWith(NPZ)) {
      try (ModelFile file = open(id)) {
        NpzWriter.write(file, target);
      }
      return;
    }
    Path absolute = target.toAbsolutePath();
    try {
      // Not a temporary file of the library's: those only their owner may read.
      Path partial = absolute.resolveSibling(".rebasin-" + UUID.randomUUID() + ".partial");
      try {
        Files.copy(entry(id).path(), partial);
        Files.move(
            partial, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(partial);
      }
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot write " + target, problem);
    }
  }

  @Override
  public void close() {
    shelf.close();
  }
}
