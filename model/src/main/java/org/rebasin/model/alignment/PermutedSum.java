package org.rebasin.model.alignment;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.ElementWise;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * A sum of permuted models, to which models are added and from which they are taken away. Permutes
 * while it adds, so it holds one model's memory however many are in it: of the tensors with a
 * permuted axis, as the others decide nothing. Close it. For one thread.
 */
final class PermutedSum implements AutoCloseable {
  private static final int ELEMENTS_PER_PIECE = 1 << 16;

  private final PermutationSpec spec;
  private final Weights sum;

  /** An empty sum of models like this one. */
  PermutedSum(PermutationSpec spec, Weights like) {
    this.spec = spec;
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    like.tensors()
        .forEach(
            (name, tensor) -> {
              if (spec.permutes(name)) {
                tensors.put(name, Tensor.allocate(tensor.shape()));
              }
            });
    this.sum = new Weights(tensors);
  }

  /** The sum as it is now; this object owns it. */
  Weights weights() {
    return sum;
  }

  /** Sets it to the sum of these models, added in their order. */
  void set(List<Weights> models, List<Permutations> permutations) {
    sum.tensors()
        .values()
        .forEach(
            tensor ->
                Parallel.forEachStretch(
                    tensor.size(),
                    (from, length) -> ElementWise.scale(tensor.values(), from, 0, length)));
    for (int model = 0; model < models.size(); model++) {
      add(1, models.get(model), permutations.get(model));
    }
  }

  /** Adds {@code factor} times a permuted model. */
  void add(float factor, Weights model, Permutations permutations) {
    sum.tensors()
        .forEach(
            (name, tensor) ->
                combine(
                    1,
                    tensor,
                    factor,
                    model.get(name),
                    permutations.placement(spec, name, tensor)));
  }

  /** Sets {@code target} to {@code beta·target + factor·π(source)}. */
  static void combine(
      float beta, Tensor target, float factor, Tensor source, Permutations.Placement placement) {
    int columns = source.size() / source.dimension(0);
    Parallel.forEachStretch(
        source.dimension(0),
        Math.max(1, ELEMENTS_PER_PIECE / columns),
        (from, count) -> {
          float[] row = new float[columns];
          float[] moved = new float[columns];
          float[] total = new float[columns];
          for (int r = from; r < from + count; r++) {
            source.values().get(placement.row(r) * columns, row);
            float[] added = placement.columns(row, moved);
            target.values().get(r * columns, total);
            for (int c = 0; c < columns; c++) {
              total[c] = beta * total[c] + factor * added[c];
            }
            target.values().put(r * columns, total);
          }
        });
  }

  @Override
  public void close() {
    sum.close();
  }
}
