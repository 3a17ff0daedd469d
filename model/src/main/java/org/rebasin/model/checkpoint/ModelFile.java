package org.rebasin.model.checkpoint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.rebasin.model.network.CheckpointArchitecture;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * A safetensors file or a NumPy archive, told apart by their first bytes, together with the network
 * whose weights it holds. The network comes from the architecture that the file's metadata name, or
 * that the user names, or from the tensors' names and shapes. Close it; weights that were handed
 * out stay valid.
 */
public final class ModelFile implements AutoCloseable {
  /** The metadata's key for the architecture's text. */
  public static final String ARCHITECTURE = "architecture";

  private final TensorFile file;
  private final Network network;
  private final List<Tensor> mapped = new ArrayList<>();

  private ModelFile(TensorFile file, Network network) {
    this.file = file;
    this.network = network;
  }

  /**
   * Opens a model. Costs O(header).
   *
   * @param architecture the architecture's text, which then wins over the file's own
   * @throws CheckpointException if it is not a well-formed file of either format, or its tensors
   *     are of a type that does not convert to float
   * @throws IllegalArgumentException if the architecture cannot be told or does not fit
   */
  public static ModelFile open(Path path, Optional<String> architecture) {
    TensorFile file = TensorFile.open(path);
    try {
      Map<String, int[]> shapes = new LinkedHashMap<>();
      for (TensorDeclaration entry : file.declarations()) {
        if (!entry.dataType().convertsToFloat()) {
          throw new CheckpointException(
              path,
              "%s: expected F32, F16 or BF16, found %s".formatted(entry.name(), entry.dataType()));
        }
        shapes.put(entry.name(), intShape(path, entry));
      }
      Optional<String> text =
          architecture.or(() -> Optional.ofNullable(file.metadata().get(ARCHITECTURE)));
      return new ModelFile(file, CheckpointArchitecture.networkOf(shapes, text, path.toString()));
    } catch (RuntimeException problem) {
      file.close();
      throw problem;
    }
  }

  private static int[] intShape(Path path, TensorDeclaration entry) {
    for (long length : entry.shape()) {
      if (length < 1 || length > Integer.MAX_VALUE) {
        throw new CheckpointException(
            path,
            "%s: expected axis lengths of 1 to 2147483647, found shape %s"
                .formatted(entry.name(), Arrays.toString(entry.shape())));
      }
    }
    return Arrays.stream(entry.shape()).mapToInt(Math::toIntExact).toArray();
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

  /** All tensors as they are stored, in the file's order. */
  public List<TensorDeclaration> declarations() {
    return file.declarations();
  }

  /** The file's own strings. */
  public Map<String, String> metadata() {
    return file.metadata();
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
   * All tensors, to be read only and only until this file is closed, in the order of the network's
   * parameters: float32 values are mapped from the file, neither copied nor read before they are
   * touched.
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
   * Refuses a model whose tensors are not those of this one.
   *
   * @throws CheckpointException naming the tensor, both shapes and both files
   */
  public void requireSameTensors(ModelFile other) {
    for (TensorDeclaration entry : file.declarations()) {
      if (!other.file.contains(entry.name())) {
        throw new CheckpointException(
            other.path(),
            "expected a tensor named \"%s\" of shape %s as in %s, found none"
                .formatted(entry.name(), Arrays.toString(entry.shape()), path()));
      }
      long[] found = other.file.declaration(entry.name()).shape();
      if (!Arrays.equals(entry.shape(), found)) {
        throw new CheckpointException(
            other.path(),
            "%s: expected shape %s as in %s, found %s"
                .formatted(
                    entry.name(), Arrays.toString(entry.shape()), path(), Arrays.toString(found)));
      }
    }
    for (TensorDeclaration entry : other.file.declarations()) {
      if (!file.contains(entry.name())) {
        throw new CheckpointException(
            other.path(),
            "%s: expected the tensors of %s, which has none of that name"
                .formatted(entry.name(), path()));
      }
    }
    if (!network.architecture().equals(other.network.architecture())) {
      throw new CheckpointException(
          other.path(),
          "expected architecture %s as in %s, found %s"
              .formatted(network.architecture(), path(), other.network.architecture()));
    }
  }

  @Override
  public synchronized void close() {
    mapped.forEach(Tensor::close);
    file.close();
  }
}
