package org.rebasin.model.checkpoint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.rebasin.model.architecture.CheckpointArchitecture;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * A safetensors file or a NumPy archive, told apart by their first bytes, together with the network
 * whose weights it holds. The network comes from the architecture that the file's metadata name, or
 * that the user names, or from the tensors' names and shapes. Close it; weights that were handed
 * out stay valid.
 *
 * <p>Beside the network's parameters a file may hold <em>state</em>, which takes no part in the
 * computation: PyTorch's counts of the batches that running statistics come from, {@code
 * *.num_batches_tracked}, an {@code I64} scalar each. It is carried along as it is.
 */
public final class ModelFile implements AutoCloseable {
  /** The metadata's key for the architecture's text. */
  public static final String ARCHITECTURE = "architecture";

  private static final String COUNT = ".num_batches_tracked";
  private static final String RUNNING_MEAN = ".running_mean";

  private final TensorFile file;
  private final Network network;

  private final Map<String, String> metadata;
  private final List<TensorDeclaration> parameters;
  private final List<TensorDeclaration> state;
  private final List<Tensor> mapped = new ArrayList<>();

  private ModelFile(
      TensorFile file,
      Network network,
      Map<String, String> metadata,
      List<TensorDeclaration> parameters,
      List<TensorDeclaration> state) {
    this.file = file;
    this.network = network;
    this.metadata = metadata;
    this.parameters = parameters;
    this.state = state;
  }

  /**
   * Opens a model. Costs O(header).
   *
   * @param architecture the architecture's text, which then wins over the file's own
   * @throws CheckpointException if it is not a well-formed file of either format, or its tensors
   *     are of a type that does not convert to float, and no known state
   * @throws IllegalArgumentException if the architecture cannot be told or does not fit
   */
  public static ModelFile open(Path path, Optional<String> architecture) {
    return open(path, architecture, Map.of());
  }

  /**
   * The same, told more about the model than its file tells.
   *
   * @param told metadata, which then win over the file's own
   */
  public static ModelFile open(Path path, Optional<String> architecture, Map<String, String> told) {
    TensorFile file = TensorFile.open(path);
    try {
      Map<Boolean, List<TensorDeclaration>> byState =
          file.declarations().stream()
              .collect(Collectors.partitioningBy(tensor -> isState(file, tensor)));
      Map<String, int[]> shapes = new LinkedHashMap<>();
      for (TensorDeclaration tensor : byState.get(false)) {
        if (!tensor.dataType().convertsToFloat()) {
          throw new CheckpointException(
              path,
              "%s: expected F32, F16 or BF16, found %s"
                  .formatted(tensor.name(), tensor.dataType()));
        }
        shapes.put(tensor.name(), intShape(path, tensor));
      }
      Optional<String> text =
          architecture.or(() -> Optional.ofNullable(file.metadata().get(ARCHITECTURE)));
      Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
      metadata.putAll(told);
      return new ModelFile(
          file,
          CheckpointArchitecture.networkOf(shapes, text, path.toString()),
          Collections.unmodifiableMap(metadata),
          byState.get(false),
          byState.get(true));
    } catch (RuntimeException problem) {
      file.close();
      throw problem;
    }
  }

  /** Whether a tensor is the count that belongs to a running mean. */
  private static boolean isState(TensorFile file, TensorDeclaration tensor) {
    String name = tensor.name();
    return name.endsWith(COUNT)
        && tensor.dataType() == DataType.I64
        && tensor.shape().length == 0
        && file.contains(name.substring(0, name.length() - COUNT.length()) + RUNNING_MEAN);
  }

  private static int[] intShape(Path path, TensorDeclaration tensor) {
    for (long length : tensor.shape()) {
      if (length < 1 || length > Integer.MAX_VALUE) {
        throw new CheckpointException(
            path,
            "%s: expected axis lengths of 1 to 2147483647, found shape %s"
                .formatted(tensor.name(), Arrays.toString(tensor.shape())));
      }
    }
    return Arrays.stream(tensor.shape()).mapToInt(Math::toIntExact).toArray();
  }

  /** Where the file is. */
  public Path path() {
    return file.path();
  }

  /** The tensors alone. */
  TensorFile file() {
    return file;
  }

  /** The network whose weights the file holds, its parameters named as in the file. */
  public Network network() {
    return network;
  }

  /** The network's parameters as they are stored, in the file's order. */
  public List<TensorDeclaration> declarations() {
    return parameters;
  }

  /** What is carried along, in the file's order. */
  public List<TensorDeclaration> state() {
    return state;
  }

  /**
   * Writes the state into another file, byte for byte. Its turn must be there: a file that is made
   * from this one declares {@link #state} and then {@link #declarations}.
   */
  public void copyState(SafetensorsWriter writer) {
    state.forEach(tensor -> writer.copy(tensor.name(), file));
  }

  /** The file's own strings, and those that were told beside it. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** SHA-256 of the whole file; the first call reads it. */
  public String sha256() {
    return file.sha256();
  }

  /** The shape of a tensor. */
  public int[] shape(String name) {
    return intShape(path(), file.declaration(name));
  }

  /** Reads one tensor into memory of its own; the caller closes it. */
  public Tensor read(String name) {
    Tensor tensor = Tensor.allocate(shape(name));
    try {
      file.readInto(name, tensor.values().duplicate());
      return tensor;
    } catch (RuntimeException problem) {
      tensor.close();
      throw problem;
    }
  }

  private synchronized Tensor map(String name) {
    Tensor tensor = Tensor.over(file.floats(name), shape(name));
    mapped.add(tensor);
    return tensor;
  }

  /**
   * All parameters, running statistics among them, to be read only and only until this file is
   * closed, in the order of the network's parameters: float32 values are mapped from the file,
   * neither copied nor read before they are touched.
   */
  public Weights weights() {
    return new Weights(
        network.parameters().stream()
            .collect(
                Collectors.toMap(
                    parameter -> parameter.name(),
                    parameter -> map(parameter.name()),
                    (one, other) -> one,
                    LinkedHashMap::new)));
  }

  /**
   * Refuses a model whose parameters are not those of this one. State may differ.
   *
   * @throws CheckpointException naming the tensor, both shapes and both files
   */
  public void requireSameTensors(ModelFile other) {
    for (TensorDeclaration tensor : parameters) {
      if (!other.file.contains(tensor.name())) {
        throw new CheckpointException(
            other.path(),
            "expected a tensor named \"%s\" of shape %s as in %s, found none"
                .formatted(tensor.name(), Arrays.toString(tensor.shape()), path()));
      }
      long[] found = other.file.declaration(tensor.name()).shape();
      if (!Arrays.equals(tensor.shape(), found)) {
        throw new CheckpointException(
            other.path(),
            "%s: expected shape %s as in %s, found %s"
                .formatted(
                    tensor.name(),
                    Arrays.toString(tensor.shape()),
                    path(),
                    Arrays.toString(found)));
      }
    }
    for (TensorDeclaration tensor : other.parameters) {
      if (!file.contains(tensor.name())) {
        throw new CheckpointException(
            other.path(),
            "%s: expected the tensors of %s, which has none of that name"
                .formatted(tensor.name(), path()));
      }
    }
    if (!network.architecture().equals(other.network.architecture())) {
      throw new CheckpointException(
          other.path(),
          "expected architecture %s as in %s, found %s"
              .formatted(network.label(), path(), other.network.label()));
    }
  }

  @Override
  public synchronized void close() {
    mapped.forEach(Tensor::close);
    file.close();
  }
}
