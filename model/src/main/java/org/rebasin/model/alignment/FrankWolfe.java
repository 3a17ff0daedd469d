package org.rebasin.model.alignment;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.rebasin.model.permutation.Assignment;
import org.rebasin.model.permutation.LinearAssignmentSolver;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.PermutationGroup;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * The method of Frank and Wolfe on {@code f = Σ_pairs Σ_w ⟨W̃_p, W̃_q⟩ = ½(‖Σ_p W̃_p‖² − Σ_p
 * ‖W̃_p‖²)}, over doubly stochastic matrices for all models and groups at once. Gradients need the
 * sum of the models only, so the cost grows with the number of models and not of pairs.
 *
 * <p>Owns the models as they move; close it. For one thread.
 */
final class FrankWolfe implements AutoCloseable {
  private static final int ROWS = 64;

  private final PermutationSpec spec;
  private final int groups;
  private final List<SoftModel> soft = new ArrayList<>();
  private final PermutedSum owner;
  private final Weights shapes;
  private final Weights sum;
  private final double[][] duals;
  private final Queue<Workspace> workspaces = new ConcurrentLinkedQueue<>();

  /**
   * Begins half-way between several starts.
   *
   * @param models read only
   * @param starts each with permutations for every model; the matrices begin as their mean
   */
  FrankWolfe(PermutationSpec spec, List<Weights> models, List<List<Permutations>> starts) {
    this.spec = spec;
    this.groups = spec.groups().size();
    this.duals = new double[models.size() * groups][0];
    this.shapes = models.get(0);
    this.owner = new PermutedSum(spec, shapes);
    this.sum = owner.weights();
    for (int model = 0; model < models.size(); model++) {
      SoftModel each = new SoftModel(spec, models.get(model), starts.get(0).get(model));
      soft.add(each);
      for (int start = 1; start < starts.size(); start++) {
        each.move(starts.get(start).get(model), 1.0 / (start + 1));
      }
    }
  }

  /**
   * Iterates until an iteration gains no more than a part of the objective.
   *
   * @return the sum over all pairs after each iteration
   */
  List<Double> iterate(int maximumIterations, double tolerance) {
    List<Double> progress = new ArrayList<>();
    boolean rest = false;
    while (!rest && progress.size() < maximumIterations) {
      addUp(sum.names());
      List<Permutations> vertices = vertices();
      Quartic line = line(vertices);
      double step = line.argMax();
      double gain = line.at(step) - line.at(0);
      rest = !(gain > tolerance * Math.abs(line.at(0)));
      if (!rest) {
        for (int model = 0; model < soft.size(); model++) {
          soft.get(model).move(vertices.get(model), step);
        }
        progress.add(line.at(step));
      }
    }
    return progress;
  }

  /** Sets tensors of the sum to those of all models as they are now. */
  private void addUp(Collection<String> names) {
    names.forEach(
        name -> {
          Tensor total = sum.get(name);
          int width = total.size() / total.dimension(0);
          Parallel.forEachStretch(
              total.dimension(0),
              ROWS,
              (from, count) -> {
                float[] row = new float[width];
                float[] added = new float[width];
                for (int r = from; r < from + count; r++) {
                  Arrays.fill(row, 0);
                  for (SoftModel each : soft) {
                    each.moved(name).values().get(r * width, added);
                    for (int c = 0; c < width; c++) {
                      row[c] += added[c];
                    }
                  }
                  total.values().put(r * width, row);
                }
              });
        });
  }

  /** For every model, the permutations that are best for the linearised objective. */
  private List<Permutations> vertices() {
    Permutation[] best = new Permutation[soft.size() * groups];
    Parallel.forEach(best.length, block -> best[block] = best(block / groups, block % groups));
    List<Permutations> vertices = new ArrayList<>();
    for (int model = 0; model < soft.size(); model++) {
      vertices.add(
          new Permutations(Arrays.asList(best).subList(model * groups, (model + 1) * groups)));
    }
    return vertices;
  }

  private Permutation best(int model, int group) {
    Workspace taken = workspaces.poll();
    Workspace workspace = taken == null ? new Workspace(spec, shapes) : taken;
    try {
      int size = spec.groups().get(group).size();
      int block = model * groups + group;
      FloatBuffer gradient = workspace.gradient().compute(group, soft.get(model), sum);
      Assignment assignment =
          duals[block].length == 0
              ? workspace.solver().maximize(gradient, size, size)
              : workspace.solver().maximize(gradient, size, size, duals[block]);
      duals[block] = assignment.columnDuals();
      return Permutation.of(assignment.columnOfRow());
    } finally {
      workspaces.add(workspace);
    }
  }

  private record Workspace(SoftGradient gradient, LinearAssignmentSolver solver) {
    Workspace(PermutationSpec spec, Weights shapes) {
      this(new SoftGradient(spec, shapes), new LinearAssignmentSolver());
    }
  }

  /** The sum over all pairs on the line from where the models are to the given permutations. */
  private Quartic line(List<Permutations> vertices) {
    double[] total = new double[5];
    sum.tensors()
        .forEach(
            (name, tensor) -> {
              int rows = tensor.dimension(0);
              int width = tensor.size() / rows;
              double[][] partial = new double[(rows + ROWS - 1) / ROWS][5];
              Parallel.forEach(
                  partial.length,
                  piece -> addRows(name, width, piece * ROWS, rows, vertices, partial[piece]));
              for (double[] each : partial) {
                for (int k = 0; k < total.length; k++) {
                  total[k] += each[k] / 2;
                }
              }
            });
    return new Quartic(total[0], total[1], total[2], total[3], total[4]);
  }

  /** Adds {@code ‖Σ_p row_p(t)‖² − Σ_p ‖row_p(t)‖²} of up to 64 rows. */
  private void addRows(
      String name, int width, int from, int rows, List<Permutations> vertices, double[] total) {
    List<SoftModel.Path> paths = new ArrayList<>();
    for (int model = 0; model < soft.size(); model++) {
      paths.add(soft.get(model).path(name, vertices.get(model)));
    }
    float[] start = new float[width];
    float[] first = new float[width];
    float[] second = new float[width];
    float[][] sums = new float[3][width];
    for (int r = from; r < Math.min(rows, from + ROWS); r++) {
      for (float[] each : sums) {
        Arrays.fill(each, 0);
      }
      for (SoftModel.Path path : paths) {
        path.row(r, start, first, second);
        addSquare(-1, start, first, second, total);
        for (int c = 0; c < width; c++) {
          sums[0][c] += start[c];
          sums[1][c] += first[c];
          sums[2][c] += second[c];
        }
      }
      addSquare(1, sums[0], sums[1], sums[2], total);
    }
  }

  /** Adds {@code sign·‖a + t·b + t²·c‖²}. */
  private static void addSquare(int sign, float[] a, float[] b, float[] c, double[] total) {
    double aa = 0;
    double ab = 0;
    double ac = 0;
    double bb = 0;
    double bc = 0;
    double cc = 0;
    for (int i = 0; i < a.length; i++) {
      double x = a[i];
      double y = b[i];
      double z = c[i];
      aa += x * x;
      ab += x * y;
      ac += x * z;
      bb += y * y;
      bc += y * z;
      cc += z * z;
    }
    total[0] += sign * aa;
    total[1] += sign * 2 * ab;
    total[2] += sign * (bb + 2 * ac);
    total[3] += sign * 2 * bc;
    total[4] += sign * cc;
  }

  /**
   * Rounds the matrices one after the other, each to the permutation that is best for all others as
   * they are: f is linear in any one of them, so that it does not fall.
   */
  List<Permutations> round() {
    addUp(sum.names());
    List<Permutations> rounded = new ArrayList<>();
    for (int model = 0; model < soft.size(); model++) {
      List<Permutation> own = new ArrayList<>(spec.identity().byGroup());
      for (int group = 0; group < groups; group++) {
        own.set(group, best(model, group));
        soft.get(model).set(group, new Permutations(own));
        addUp(
            spec.groups().get(group).axes().stream()
                .map(PermutationGroup.Axis::tensor)
                .distinct()
                .toList());
      }
      rounded.add(new Permutations(own));
    }
    return rounded;
  }

  @Override
  public void close() {
    workspaces.forEach(workspace -> workspace.gradient().close());
    soft.forEach(SoftModel::close);
    owner.close();
  }
}
