package org.rebasin.actors.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
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
 * The models that this node holds, by content. Files of the user are registered where they are;
 * what tasks make is written into a directory of the store's own. Safe for any number of threads.
 *
 * <p>The directory is made when the first product is written and deleted with all that is in it
 * when the store closes: what should stay is exported first.
 */
public final class ModelStore implements AutoCloseable {
  private static final String NPZ = ".npz";

  private final Path parent;
  private final Map<ModelId, Entry> entries = new ConcurrentHashMap<>();
  private Optional<Path> directory = Optional.empty();

  /** A model's file, and what the user told about it, if anything. */
  private record Entry(Path path, Optional<String> architecture, Map<String, String> told) {
    ModelFile open() {
      return ModelFile.open(path, architecture, told);
    }
  }

  /**
   * A store without models.
   *
   * @param parent where the store's directory is made once it is needed
   */
  public ModelStore(Path parent) {
    this.parent = parent;
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
    Entry entry = new Entry(path, architecture, Map.copyOf(told));
    try (ModelFile file = entry.open()) {
      file.weights().requireFinite(path.toString());
      ModelId id = new ModelId(file.sha256());
      entries.put(id, entry);
      return id;
    }
  }

  /** Whether a model is here. */
  public boolean contains(ModelId id) {
    return entries.containsKey(id);
  }

  /** Opens a model; the caller closes it. */
  public ModelFile open(ModelId id) {
    return entry(id).open();
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

  private Entry entry(ModelId id) {
    Entry entry = entries.get(id);
    if (entry == null) {
      throw new IllegalArgumentException("no model " + id + " on this node");
    }
    return entry;
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
      Path unnamed = Files.createTempFile(directory(), "unnamed-", ".safetensors");
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
        Path named = directory().resolve(id.sha256() + ".safetensors");
        Files.move(unnamed, named, StandardCopyOption.ATOMIC_MOVE);
        entries.putIfAbsent(id, new Entry(named, Optional.empty(), Map.of()));
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

  private synchronized Path directory() throws IOException {
    if (directory.isEmpty()) {
      directory = Optional.of(Files.createTempDirectory(parent, ".rebasin-store-"));
    }
    return directory.get();
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
  public synchronized void close() {
    directory.ifPresent(ModelStore::delete);
    directory = Optional.empty();
  }

  private static void delete(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot delete " + directory, problem);
    }
  }
}
