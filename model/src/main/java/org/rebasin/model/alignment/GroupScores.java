package org.rebasin.model.alignment;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.PermutationGroup;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.tensor.Gemm;
import org.rebasin.model.tensor.Matrix;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * The score matrix of one permutation group: {@code S[i, j]} is what it adds to the objective that
 * slot {@code i} takes unit {@code j} of B, given the permutations of all other groups.
 *
 * <p>Kept from visit to visit. Where a neighbouring group's permutation changed in {@code k}
 * places, only those columns are added, {@code S += A[:, K]·(B[:, new K] − B[:, old K])ᵀ}: after
 * the first sweeps few places change, and the products shrink with them.
 */
final class GroupScores {
  /** Columns of a product that are packed at a time; fixed, as rounding depends on it. */
  private static final int PANEL = 768;

  private static final int PACKED_ROWS = 32;

  private final int size;
  private final List<Link> links = new ArrayList<>();
  private final Weights a;
  private final Weights b;

  GroupScores(PermutationSpec spec, int group, Weights a, Weights b) {
    PermutationGroup members = spec.groups().get(group);
    this.size = members.size();
    this.a = a;
    this.b = b;
    for (PermutationGroup.Axis axis : members.axes()) {
      List<PermutationSpec.Member> across = spec.members(axis.tensor(), 1 - axis.axis());
      if (axis.offset() != 0 || across.size() > 1) {
        throw new IllegalArgumentException(
            axis.tensor() + ": several groups on one axis cannot be aligned");
      }
      links.add(new Link(axis, across.stream().findFirst(), a));
    }
  }

  /** Units of the group; the scores are {@code [size, size]}. */
  int size() {
    return size;
  }

  /** The most floats that {@link #update} packs at a time, for each of two panels. */
  int panelSize() {
    return links.stream()
        .mapToInt(link -> size * link.panelUnits() * link.positions)
        .max()
        .orElse(1);
  }

  /**
   * Brings the scores up to date with the permutations of the anchored neighbours. Does nothing if
   * none of their units moved since the last update.
   *
   * @param scores {@code [size, size]}
   * @param retained whether {@code scores} still holds the last update; otherwise it is computed
   *     afresh
   * @param permutations of all groups, now
   * @param anchored which groups count; the others' tensors are left out
   * @param panels two panels of at least {@link #panelSize()}
   * @return how many units of the neighbours moved since the last update
   */
  int update(
      Tensor scores,
      boolean retained,
      List<Permutation> permutations,
      boolean[] anchored,
      Panels panels) {
    List<Link> counting =
        links.stream()
            .filter(link -> link.neighbour.map(member -> anchored[member.group()]).orElse(true))
            .toList();
    int moved =
        counting.stream().mapToInt(link -> link.changed(link.now(permutations)).length).sum();
    if (moved == 0) {
      return 0;
    }
    if (!retained) {
      clear(scores);
      links.forEach(link -> link.used = Optional.empty());
    }
    for (Link link : counting) {
      Permutation now = link.now(permutations);
      add(link, link.changed(now), now, scores, panels);
      link.used = Optional.of(now);
    }
    return moved;
  }

  private static void clear(Tensor scores) {
    FloatBuffer values = scores.values();
    float[] zeros = new float[PANEL];
    Parallel.forEachStretch(
        scores.size(),
        (from, length) -> {
          for (int at = from; at < from + length; at += PANEL) {
            values.put(at, zeros, 0, Math.min(PANEL, from + length - at));
          }
        });
  }

  private void add(Link link, int[] changed, Permutation now, Tensor scores, Panels panels) {
    boolean all = changed.length == link.otherUnits;
    int step = link.panelUnits();
    for (int from = 0; from < changed.length; from += step) {
      int count = Math.min(step, changed.length - from);
      int depth = count * link.positions;
      Matrix left =
          all && link.contiguous()
              ? link.view(a, from, count)
              : pack(link, a, changed, from, count, Optional.empty(), panels.left());
      Matrix right =
          all && link.contiguous() && link.used.isEmpty() && isIdentity(now, from, count)
              ? link.view(b, from, count)
              : pack(link, b, changed, from, count, Optional.of(now), panels.right());
      // Both are [size, depth].
      if (left.columns() != depth || right.columns() != depth) {
        throw new IllegalStateException(
            "%s: panels of %d and %d columns, expected %d"
                .formatted(link.tensor, left.columns(), right.columns(), depth));
      }
      Gemm.multiply(left, right.transpose(), 1, scores.matrix());
    }
  }

  private static boolean isIdentity(Permutation permutation, int from, int count) {
    for (int i = from; i < from + count; i++) {
      if (permutation.get(i) != i) {
        return false;
      }
    }
    return true;
  }

  /**
   * Packs the elements that belong to some of the neighbour's units into {@code [size, count ·
   * positions]}, or that matrix's transpose where the group is on the second axis.
   *
   * @param now for B, the neighbour's permutation: the unit's old place is subtracted from the new
   */
  private Matrix pack(
      Link link,
      Weights weights,
      int[] changed,
      int from,
      int count,
      Optional<Permutation> now,
      FloatBuffer panel) {
    int[] plus = new int[count];
    int[] minus = new int[now.isPresent() && link.used.isPresent() ? count : 0];
    for (int k = 0; k < count; k++) {
      int unit = changed[from + k];
      plus[k] = now.isPresent() ? now.get().get(unit) : unit;
      if (minus.length > 0) {
        minus[k] = link.used.get().get(unit);
      }
    }
    FloatBuffer values = weights.get(link.tensor).values();
    return link.axis == 0
        ? packColumns(link, values, plus, minus, panel)
        : packRows(link, values, plus, minus, panel);
  }

  /** The group is on the rows: of each row, the neighbour's blocks. */
  private Matrix packColumns(
      Link link, FloatBuffer values, int[] plus, int[] minus, FloatBuffer panel) {
    int positions = link.positions;
    int depth = plus.length * positions;
    int columns = link.otherUnits * positions;
    Parallel.forEachStretch(
        size,
        PACKED_ROWS,
        (first, rows) -> {
          float[] row = new float[columns];
          float[] packed = new float[depth];
          for (int r = first; r < first + rows; r++) {
            values.get(r * columns, row);
            if (positions == 1) {
              for (int k = 0; k < plus.length; k++) {
                packed[k] = row[plus[k]];
              }
              for (int k = 0; k < minus.length; k++) {
                packed[k] -= row[minus[k]];
              }
            } else {
              for (int k = 0; k < plus.length; k++) {
                System.arraycopy(row, plus[k] * positions, packed, k * positions, positions);
              }
              for (int k = 0; k < minus.length; k++) {
                for (int p = 0; p < positions; p++) {
                  packed[k * positions + p] -= row[minus[k] * positions + p];
                }
              }
            }
            panel.put(r * depth, packed);
          }
        });
    return Matrix.of(panel.slice(0, size * depth), size, depth);
  }

  /** The group is on the second axis: the neighbour's rows, one for each position. */
  private Matrix packRows(
      Link link, FloatBuffer values, int[] plus, int[] minus, FloatBuffer panel) {
    int positions = link.positions;
    int columns = size * positions;
    Parallel.forEachStretch(
        plus.length,
        PACKED_ROWS,
        (first, units) -> {
          float[] row = new float[columns];
          float[] old = new float[columns];
          float[] packed = new float[size];
          for (int k = first; k < first + units; k++) {
            values.get(plus[k] * columns, row);
            if (minus.length > 0) {
              values.get(minus[k] * columns, old);
              for (int i = 0; i < columns; i++) {
                row[i] -= old[i];
              }
            }
            for (int p = 0; p < positions; p++) {
              for (int i = 0; i < size; i++) {
                packed[i] = row[i * positions + p];
              }
              panel.put((k * positions + p) * size, packed);
            }
          }
        });
    int depth = plus.length * positions;
    return Matrix.of(panel.slice(0, size * depth), depth, size).transpose();
  }

  /** Two panels of native memory that products are packed into. */
  record Panels(FloatBuffer left, FloatBuffer right) {}

  /**
   * A tensor that carries the group's units, seen as {@code [rows, columns, positions]} with the
   * group on one of the first two axes.
   */
  private static final class Link {
    final String tensor;
    final int axis;
    final Optional<PermutationSpec.Member> neighbour;

    /** Units on the other of the two axes. */
    final int otherUnits;

    /** Elements for each pair of units: kernel positions, or pixels of a flattened channel. */
    final int positions;

    /** The neighbour's permutation as it is in the scores; empty before the first time. */
    Optional<Permutation> used = Optional.empty();

    Link(
        PermutationGroup.Axis member, Optional<PermutationSpec.Member> neighbour, Weights weights) {
      this.tensor = member.tensor();
      this.axis = member.axis();
      this.neighbour = neighbour;
      Tensor values = weights.get(tensor);
      int rows = values.dimension(0);
      int columns = values.rank() > 1 ? values.dimension(1) : 1;
      int inner = values.size() / rows / columns;
      int block =
          axis == 1 ? member.block() : neighbour.map(PermutationSpec.Member::block).orElse(1);
      boolean blockOnRows =
          axis == 0
              ? member.block() != 1
              : neighbour.map(other -> other.block() != 1).orElse(false);
      if (blockOnRows) {
        throw new IllegalArgumentException(
            tensor + ": units that span several rows cannot be aligned");
      }
      this.positions = inner * block;
      this.otherUnits = axis == 0 ? columns / block : rows;
    }

    /** The order of the neighbour's units. */
    Permutation now(List<Permutation> permutations) {
      return neighbour
          .map(member -> permutations.get(member.group()))
          .orElseGet(() -> Permutation.identity(otherUnits));
    }

    /** Units of the neighbour that one panel takes. */
    int panelUnits() {
      return Math.max(1, Math.min(otherUnits, PANEL / positions));
    }

    /** Whether a stretch of the neighbour's units is a plain submatrix. */
    boolean contiguous() {
      return axis == 0 || positions == 1;
    }

    /** That submatrix, {@code [size, count · positions]}. */
    Matrix view(Weights weights, int from, int count) {
      Matrix whole = weights.get(tensor).matrix();
      return axis == 0
          ? whole.columns(from * positions, count * positions)
          : whole.rows(from, count).transpose();
    }

    /** The neighbour's slots whose unit is not the one in the scores. */
    int[] changed(Permutation now) {
      int[] slots = new int[otherUnits];
      int count = 0;
      for (int slot = 0; slot < otherUnits; slot++) {
        if (used.isEmpty() || used.get().get(slot) != now.get(slot)) {
          slots[count++] = slot;
        }
      }
      return Arrays.copyOf(slots, count);
    }
  }
}
