package org.rebasin.model.tensor;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The parameters of one network: tensors by name, in a fixed order. Owns its tensors: closing the
 * weights closes them. Not thread-safe for writing.
 */
public final class Weights implements AutoCloseable {
  private final Map<String, Tensor> tensors;

  /** Takes over the tensors. */
  public Weights(Map<String, Tensor> tensors) {
    this.tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  /** Zeroed weights of the same names and shapes. */
  public static Weights like(Weights other) {
    Map<String, Tensor> zeros = new LinkedHashMap<>();
    other.tensors.forEach((name, tensor) -> zeros.put(name, Tensor.allocate(tensor.shape())));
    return new Weights(zeros);
  }

  /** Fresh weights with the values of others. */
  public static Weights copyOf(Weights other) {
    Weights copy = like(other);
    copy.tensors.forEach((name, tensor) -> tensor.copyFrom(other.get(name)));
    return copy;
  }

  /** The names, in order. */
  public Set<String> names() {
    return tensors.keySet();
  }

  /** The tensors by name, in order. */
  public Map<String, Tensor> tensors() {
    return tensors;
  }

  /**
   * A tensor by name.
   *
   * @throws IllegalArgumentException if there is none, naming what there is
   */
  public Tensor get(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException(
          "no tensor named " + name + "; there are " + List.copyOf(tensors.keySet()));
    }
    return tensor;
  }

  /** The number of elements of all tensors. */
  public long parameters() {
    return tensors.values().stream().mapToLong(Tensor::size).sum();
  }

  /**
   * Refuses NaN and infinity.
   *
   * @param source where the weights come from, for the message
   * @throws NonFiniteException naming the first tensor and index
   */
  public void requireFinite(String source) {
    tensors.forEach(
        (name, tensor) -> {
          int index = ElementWise.firstNonFinite(tensor.values(), 0, tensor.size());
          if (index >= 0) {
            throw new NonFiniteException(
                "%s: expected finite numbers, found %s at %s in %s"
                    .formatted(
                        name, tensor.values().get(index), coordinates(index, tensor), source));
          }
        });
  }

  private static String coordinates(int index, Tensor tensor) {
    int[] shape = tensor.shape();
    int[] coordinates = new int[shape.length];
    int rest = index;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      coordinates[axis] = rest % shape[axis];
      rest /= shape[axis];
    }
    return Arrays.toString(coordinates);
  }

  @Override
  public void close() {
    tensors.values().forEach(Tensor::close);
  }
}
