package org.rebasin.model.alignment;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.ElementWise;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * What the matching of many models maximises: the mean of {@link AlignmentObjective} over all pairs
 * of models, each in its place in the common order. Of two models it is just that objective.
 * Maximal where the models' mean squared distance from their mean is minimal.
 *
 * <p>With {@code S = Σ_p W̃_p} the sum over pairs is {@code ½(‖S‖² − Σ_p ‖W̃_p‖²)}, so that the
 * cost grows with the number of models and not of pairs.
 */
public final class ManyModelObjective {
  private static final int ROWS = 64;

  private ManyModelObjective() {}

  /**
   * The objective, in double, summed in an order that depends on the shapes alone.
   *
   * @param models at least two, of the same names and shapes
   * @param permutations for each model
   */
  public static double of(
      PermutationSpec spec, List<Weights> models, List<Permutations> permutations) {
    double total = 0;
    for (Map.Entry<String, Tensor> entry : models.get(0).tensors().entrySet()) {
      if (spec.permutes(entry.getKey())) {
        total += pairsOfTensor(spec, entry.getKey(), models, permutations);
      }
    }
    return total / (models.size() * (models.size() - 1) / 2.0);
  }

  private static double pairsOfTensor(
      PermutationSpec spec, String name, List<Weights> models, List<Permutations> permutations) {
    Tensor first = models.get(0).get(name);
    int rows = first.dimension(0);
    int columns = first.size() / rows;
    List<Permutations.Placement> placements =
        permutations.stream().map(each -> each.placement(spec, name, first)).toList();
    double[] partial = new double[(rows + ROWS - 1) / ROWS];
    Parallel.forEach(
        partial.length,
        piece -> {
          float[] source = new float[columns];
          float[] moved = new float[columns];
          double[] sum = new double[columns];
          double twice = 0;
          for (int r = piece * ROWS; r < Math.min(rows, (piece + 1) * ROWS); r++) {
            Arrays.fill(sum, 0);
            for (int model = 0; model < placements.size(); model++) {
              Permutations.Placement placement = placements.get(model);
              models.get(model).get(name).values().get(placement.row(r) * columns, source);
              float[] row = placement.columns(source, moved);
              twice -= ElementWise.dot(row, row, columns);
              for (int c = 0; c < columns; c++) {
                sum[c] += row[c];
              }
            }
            for (int c = 0; c < columns; c++) {
              twice += sum[c] * sum[c];
            }
          }
          partial[piece] = twice / 2;
        });
    return Arrays.stream(partial).sum();
  }

  /**
   * Refuses models that do not belong together.
   *
   * @throws IllegalArgumentException naming the model and what differs
   */
  static void requireAlike(List<Weights> models) {
    if (models.size() < 2) {
      throw new IllegalArgumentException("expected at least 2 models, found " + models.size());
    }
    Weights first = models.get(0);
    for (int model = 1; model < models.size(); model++) {
      Weights other = models.get(model);
      if (!other.names().equals(first.names())) {
        throw new IllegalArgumentException(
            "model %d: expected the tensors %s of model 0, found %s"
                .formatted(model, first.names(), other.names()));
      }
      for (String name : first.names()) {
        if (!other.get(name).sameShape(first.get(name))) {
          throw new IllegalArgumentException(
              "model %d, %s: expected shape %s as in model 0, found %s"
                  .formatted(
                      model,
                      name,
                      Arrays.toString(first.get(name).shape()),
                      Arrays.toString(other.get(name).shape())));
        }
      }
    }
  }
}
