package org.rebasin.model.alignment;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.PermutationGroup;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.tensor.Matrix;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * A rectangle of a tensor that ties a group's units to those of one neighbour: the group's stretch
 * of one axis by one stretch of the other. A stretch that no group covers is a neighbour whose
 * elements stay. A group's score is the sum over its links, so a group that a concatenation holds
 * twice simply has more of them.
 *
 * <p>Each pair of a unit and a neighbour's unit shares {@link #positions} elements: kernel
 * positions, pixels of a flattened channel, or the filters of one channel. Products take them as
 * that many columns.
 */
final class ScoreLink {
  /** Units that a thread packs at a time: their panel rows stay in the second-level cache. */
  private static final int PACKED_UNITS = 16;

  /** Where fewer than one in so many units changed, they are read alone, not whole rows. */
  private static final int SPARSE = 8;

  final Optional<Integer> neighbour;

  /** Units of the neighbour. */
  final int otherUnits;

  /** Elements that each pair of units shares. */
  final int positions;

  /** Whether the group's units are panels' columns, not rows: then whole rows are copied. */
  final boolean wide;

  private final String tensor;
  private final boolean onRows;
  private final int size;

  /** Length of the tensor's rows. */
  private final int rowLength;

  /** The first row that belongs to the rectangle, and how many rows make one unit. */
  private final int firstRow;

  private final int rowsPerUnit;

  /** Where the rectangle begins in a row, and how many elements make one unit. */
  private final int firstColumn;

  private final int piece;

  /** The neighbour's order as it is in the scores; empty before the first time. */
  private Optional<Permutation> used = Optional.empty();

  private ScoreLink(
      PermutationGroup.Axis own, int size, PermutationSpec.Member other, int units, Tensor shape) {
    this.tensor = own.tensor();
    this.onRows = own.axis() == 0;
    this.size = size;
    this.neighbour = other.group() < 0 ? Optional.empty() : Optional.of(other.group());
    this.otherUnits = units;
    this.rowLength = shape.size() / shape.dimension(0);
    int inner = shape.rank() > 1 ? rowLength / shape.dimension(1) : 1;
    this.firstRow = onRows ? own.offset() : other.offset();
    this.rowsPerUnit = onRows ? own.block() : other.block();
    this.firstColumn = (onRows ? other.offset() : own.offset()) * inner;
    this.piece = (onRows ? other.block() : own.block()) * inner;
    this.positions = rowsPerUnit * piece;
    this.wide = !onRows && piece == 1;
  }

  /** The links of a group, in the order of its axes. */
  static List<ScoreLink> of(PermutationSpec spec, int group, Weights shapes) {
    List<ScoreLink> links = new ArrayList<>();
    PermutationGroup members = spec.groups().get(group);
    for (PermutationGroup.Axis own : members.axes()) {
      Tensor shape = shapes.get(own.tensor());
      int other = 1 - own.axis();
      int length = other < shape.rank() ? shape.dimension(other) : 1;
      int covered = 0;
      for (PermutationSpec.Member member :
          spec.members(own.tensor(), other).stream()
              .sorted(Comparator.comparingInt(PermutationSpec.Member::offset))
              .toList()) {
        int units = spec.groups().get(member.group()).size();
        if (member.offset() > covered) {
          links.add(fixed(own, members.size(), covered, member.offset(), shape));
        }
        links.add(new ScoreLink(own, members.size(), member, units, shape));
        covered = member.offset() + units * member.block();
      }
      if (covered < length) {
        links.add(fixed(own, members.size(), covered, length, shape));
      }
    }
    return links;
  }

  private static ScoreLink fixed(
      PermutationGroup.Axis own, int size, int from, int to, Tensor shape) {
    PermutationSpec.Member elements = new PermutationSpec.Member(-1, 1 - own.axis(), 1, from);
    return new ScoreLink(own, size, elements, to - from, shape);
  }

  /** Forgets what the scores hold. */
  void reset() {
    used = Optional.empty();
  }

  /** The order of the neighbour's units. */
  Permutation now(List<Permutation> permutations) {
    return neighbour.map(permutations::get).orElseGet(() -> Permutation.identity(otherUnits));
  }

  /** The scores hold this order from now on. */
  void use(Permutation now) {
    used = Optional.of(now);
  }

  /** The neighbour's slots whose unit is not the one in the scores. */
  int[] changed(List<Permutation> permutations) {
    if (neighbour.isEmpty()) {
      return used.isEmpty() ? now(permutations).toArray() : new int[0];
    }
    Permutation now = permutations.get(neighbour.get());
    int[] slots = new int[otherUnits];
    int count = 0;
    for (int slot = 0; slot < otherUnits; slot++) {
      if (used.isEmpty() || used.get().get(slot) != now.get(slot)) {
        slots[count++] = slot;
      }
    }
    return Arrays.copyOf(slots, count);
  }

  /** Whether a stretch of the neighbour's units is a plain submatrix. */
  boolean isSubmatrix() {
    return onRows ? rowsPerUnit == 1 : wide;
  }

  /** That submatrix, {@code [size, count · positions]}. */
  Matrix submatrix(Weights weights, int from, int count) {
    Matrix whole = weights.get(tensor).matrix();
    return onRows
        ? whole.rows(firstRow, size).columns(firstColumn + from * piece, count * piece)
        : whole
            .rows(firstRow + from * rowsPerUnit, count * rowsPerUnit)
            .columns(firstColumn, size)
            .transpose();
  }

  /** Whether what is to be added of B is that submatrix of it. */
  boolean addsSubmatrix(Permutation now, int from, int count) {
    boolean identity = used.isEmpty();
    for (int i = from; identity && i < from + count; i++) {
      identity = now.get(i) == i;
    }
    return identity;
  }

  /** Some of the neighbour's units: the slots {@code changed[from] … changed[from + count − 1]}. */
  record Slots(int[] changed, int from, int count) {}

  /**
   * Packs A's elements that belong to some of the neighbour's units into some columns of a panel.
   *
   * @param column the first column
   */
  void packReference(Weights a, Slots slots, Panel panel, int column) {
    int[] units = Arrays.copyOfRange(slots.changed(), slots.from(), slots.from() + slots.count());
    pack(a.get(tensor).values(), units, new int[0], panel, column);
  }

  /** The same of B: the units in the slots now, minus those that the scores hold. */
  void packChange(Weights b, Slots slots, Permutation now, Panel panel, int column) {
    int[] plus = new int[slots.count()];
    int[] minus = new int[used.isPresent() ? slots.count() : 0];
    for (int k = 0; k < plus.length; k++) {
      int slot = slots.changed()[slots.from() + k];
      plus[k] = now.get(slot);
      if (minus.length > 0) {
        minus[k] = used.get().get(slot);
      }
    }
    pack(b.get(tensor).values(), plus, minus, panel, column);
  }

  /**
   * Packs all units into the rows of a panel, be the link wide or not.
   *
   * @param order of the neighbour's units
   */
  void packRowsOf(Weights weights, Permutation order, Panel panel, int column) {
    packUnits(weights.get(tensor).values(), order.toArray(), new int[0], panel, column);
  }

  private void pack(FloatBuffer values, int[] plus, int[] minus, Panel panel, int column) {
    if (wide) {
      Parallel.forEachStretch(
          plus.length,
          PACKED_UNITS,
          (first, units) -> packRows(values, plus, minus, panel, column, first, units));
    } else {
      packUnits(values, plus, minus, panel, column);
    }
  }

  private void packUnits(FloatBuffer values, int[] plus, int[] minus, Panel panel, int column) {
    Parallel.forEachStretch(
        size,
        PACKED_UNITS,
        (first, units) -> {
          if (onRows) {
            packAlong(values, plus, minus, panel, column, first, units);
          } else {
            packAcross(values, plus, minus, panel, column, first, units);
          }
        });
  }

  /** The neighbour is on the rows, one element for each of the group's units: copies rows. */
  private void packRows(
      FloatBuffer values, int[] plus, int[] minus, Panel panel, int column, int first, int units) {
    float[] row = new float[size];
    float[] old = new float[size];
    for (int k = first; k < first + units; k++) {
      for (int r = 0; r < rowsPerUnit; r++) {
        values.get(at(plus[k], r), row);
        if (minus.length > 0) {
          values.get(at(minus[k], r), old);
          for (int i = 0; i < size; i++) {
            row[i] -= old[i];
          }
        }
        panel.values().put((column + k * rowsPerUnit + r) * panel.stride(), row);
      }
    }
  }

  /** Where a row of a unit begins within the rectangle. */
  private int at(int unit, int row) {
    return (firstRow + unit * rowsPerUnit + row) * rowLength + firstColumn;
  }

  /** The group is on the rows: of each of its rows, the neighbour's pieces. */
  private void packAlong(
      FloatBuffer values, int[] plus, int[] minus, Panel panel, int column, int first, int units) {
    boolean sparse = plus.length * SPARSE < otherUnits;
    float[] row = new float[sparse ? 0 : otherUnits * piece];
    float[] packed = new float[plus.length * positions];
    for (int unit = first; unit < first + units; unit++) {
      for (int r = 0; r < rowsPerUnit; r++) {
        int start = at(unit, r);
        if (sparse) {
          gather(values, start, plus, minus, packed, r * piece);
        } else {
          values.get(start, row);
          gather(row, plus, minus, packed, r * piece);
        }
      }
      panel.values().put(unit * panel.stride() + column, packed);
    }
  }

  private void gather(float[] row, int[] plus, int[] minus, float[] packed, int shift) {
    if (piece == 1 && positions == 1) {
      for (int k = 0; k < plus.length; k++) {
        packed[k] = row[plus[k]];
      }
      for (int k = 0; k < minus.length; k++) {
        packed[k] -= row[minus[k]];
      }
      return;
    }
    for (int k = 0; k < plus.length; k++) {
      copy(row, plus[k] * piece, packed, k * positions + shift);
    }
    for (int k = 0; k < minus.length; k++) {
      int from = minus[k] * piece;
      int to = k * positions + shift;
      for (int e = 0; e < piece; e++) {
        packed[to + e] -= row[from + e];
      }
    }
  }

  /** Copies one piece. For kernels of 3×3 nine moves take half as long as a call. */
  private void copy(float[] source, int from, float[] target, int to) {
    if (piece == 1) {
      target[to] = source[from];
    } else if (piece == 9) {
      target[to] = source[from];
      target[to + 1] = source[from + 1];
      target[to + 2] = source[from + 2];
      target[to + 3] = source[from + 3];
      target[to + 4] = source[from + 4];
      target[to + 5] = source[from + 5];
      target[to + 6] = source[from + 6];
      target[to + 7] = source[from + 7];
      target[to + 8] = source[from + 8];
    } else {
      System.arraycopy(source, from, target, to, piece);
    }
  }

  private void gather(
      FloatBuffer values, int start, int[] plus, int[] minus, float[] packed, int shift) {
    for (int k = 0; k < plus.length; k++) {
      int to = k * positions + shift;
      for (int e = 0; e < piece; e++) {
        packed[to + e] = values.get(start + plus[k] * piece + e);
      }
    }
    for (int k = 0; k < minus.length; k++) {
      int to = k * positions + shift;
      for (int e = 0; e < piece; e++) {
        packed[to + e] -= values.get(start + minus[k] * piece + e);
      }
    }
  }

  /** The neighbour is on the rows: of each of its units, the pieces that are the group's. */
  private void packAcross(
      FloatBuffer values, int[] plus, int[] minus, Panel panel, int column, int first, int units) {
    int depth = plus.length * positions;
    float[] row = new float[units * piece];
    float[] old = new float[units * piece];
    float[] packed = new float[units * depth];
    for (int k = 0; k < plus.length; k++) {
      for (int r = 0; r < rowsPerUnit; r++) {
        values.get(at(plus[k], r) + first * piece, row);
        if (minus.length > 0) {
          values.get(at(minus[k], r) + first * piece, old);
          for (int i = 0; i < row.length; i++) {
            row[i] -= old[i];
          }
        }
        int to = k * positions + r * piece;
        for (int unit = 0; unit < units; unit++) {
          copy(row, unit * piece, packed, unit * depth + to);
        }
      }
    }
    for (int unit = 0; unit < units; unit++) {
      panel.values().put((first + unit) * panel.stride() + column, packed, unit * depth, depth);
    }
  }

  /**
   * Memory that products are packed into: {@code [size, depth]}, or {@code [depth, size]} where
   * links are wide.
   *
   * @param stride distance between two rows
   */
  record Panel(FloatBuffer values, int stride) {}
}
