package org.rebasin.model.aggregation;

import org.rebasin.model.checkpoint.SafetensorsFile;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.Tensor;

/** Where tensors are read from, one at a time. */
@FunctionalInterface
public interface TensorSource {
  /** Reads one tensor into memory of its own; the caller closes it. */
  Tensor read(String name);

  /** The tensors of a file that need not be a model. */
  static TensorSource of(SafetensorsFile file) {
    return name -> {
      long[] shape = file.declaration(name).shape();
      int[] lengths = new int[shape.length];
      for (int axis = 0; axis < shape.length; axis++) {
        lengths[axis] = Math.toIntExact(shape[axis]);
      }
      Tensor tensor = Tensor.allocate(lengths);
      try {
        file.readInto(name, tensor.values().duplicate());
        return tensor;
      } catch (RuntimeException problem) {
        tensor.close();
        throw problem;
      }
    };
  }

  /** The same tensors with their units in another order: moves values and changes none. */
  default TensorSource permuted(PermutationSpec spec, Permutations permutations) {
    return name -> {
      Tensor stored = read(name);
      if (!spec.permutes(name)) {
        return stored;
      }
      try (Tensor closing = stored) {
        Tensor permuted = Tensor.allocate(closing.shape());
        try {
          permutations.apply(spec, name, closing, permuted);
          return permuted;
        } catch (RuntimeException problem) {
          permuted.close();
          throw problem;
        }
      }
    };
  }
}
