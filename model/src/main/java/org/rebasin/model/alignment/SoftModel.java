package org.rebasin.model.alignment;

import java.util.LinkedHashMap;
import java.util.Map;
import org.rebasin.model.permutation.PermutationGroup;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * One model under doubly stochastic matrices in place of permutations: {@code X₀·W·X₁ᵀ} for every
 * tensor W, with the matrix of whichever group is on each axis.
 *
 * <p>The matrices themselves are never formed. As they only ever move towards permutations, {@code
 * X ← (1−t)·X + t·P}, it is enough to keep each tensor with its rows moved, with its columns moved,
 * and with both: a step then gathers and adds, and multiplies no matrices. Takes three times the
 * memory of the tensors that carry groups on both axes, once that of the others. Close it.
 */
final class SoftModel implements AutoCloseable {
  private static final int ELEMENTS_PER_PIECE = 1 << 16;

  private final PermutationSpec spec;
  private final Map<String, Soft> tensors = new LinkedHashMap<>();

  /** The model in the order of given permutations. */
  SoftModel(PermutationSpec spec, Weights model, Permutations start) {
    this.spec = spec;
    model
        .tensors()
        .forEach(
            (name, tensor) -> {
              if (spec.permutes(name)) {
                tensors.put(name, new Soft(name, tensor));
              }
            });
    move(start, 1);
  }

  /** {@code X₀·W·X₁ᵀ}; this object owns it. */
  Tensor moved(String name) {
    return tensors.get(name).both;
  }

  /** {@code X₀·W}: what the gradient by the matrix of the second axis is made of. */
  Tensor rowsMoved(String name) {
    return tensors.get(name).rows;
  }

  /** {@code W·X₁ᵀ}: what the gradient by the matrix of the first axis is made of. */
  Tensor columnsMoved(String name) {
    return tensors.get(name).columns;
  }

  /** Moves all matrices towards permutations: {@code X ← (1−step)·X + step·P}. */
  void move(Permutations towards, double step) {
    tensors.forEach((name, soft) -> soft.move(towards.placement(spec, name, soft.source), step));
  }

  /** Sets the matrix of one group to a permutation, all others staying as they are. */
  void set(int group, Permutations towards) {
    for (PermutationGroup.Axis axis : spec.groups().get(group).axes()) {
      Soft soft = tensors.get(axis.tensor());
      int length = spec.groups().get(group).size() * axis.block();
      Permutations.Placement placement = towards.placement(spec, axis.tensor(), soft.source);
      if (axis.axis() == 0) {
        soft.setRows(placement, axis.offset(), length);
      } else {
        int inner = soft.width / soft.source.dimension(1);
        soft.setColumns(placement, axis.offset() * inner, length * inner);
      }
    }
  }

  /** The way of one tensor's rows on the line towards permutations. */
  Path path(String name, Permutations towards) {
    Soft soft = tensors.get(name);
    return soft.new Path(towards.placement(spec, name, soft.source));
  }

  @Override
  public void close() {
    tensors.values().forEach(Soft::close);
  }

  /** One row of a tensor as a polynomial {@code start + t·first + t²·second}. For one thread. */
  interface Path {
    /** Writes the coefficients of a row. */
    void row(int row, float[] start, float[] first, float[] second);
  }

  private final class Soft implements AutoCloseable {
    final Tensor source;
    final boolean onRows;
    final boolean onColumns;
    final int width;
    final Tensor rows;
    final Tensor columns;
    final Tensor both;

    Soft(String name, Tensor source) {
      this.source = source;
      this.onRows = !spec.members(name, 0).isEmpty();
      this.onColumns = !spec.members(name, 1).isEmpty();
      this.width = source.size() / source.dimension(0);
      this.rows = onRows ? Tensor.allocate(source.shape()) : source;
      this.columns = onColumns ? Tensor.allocate(source.shape()) : source;
      this.both = onRows && onColumns ? Tensor.allocate(source.shape()) : onRows ? rows : columns;
    }

    void forEachRow(RowBody body) {
      Parallel.forEachStretch(
          source.dimension(0),
          Math.max(1, ELEMENTS_PER_PIECE / width),
          (from, count) -> {
            RowBuffers buffers = new RowBuffers(width);
            for (int r = from; r < from + count; r++) {
              body.accept(r, buffers);
            }
          });
    }

    void move(Permutations.Placement placement, double step) {
      if (onRows && onColumns) {
        // First what reads the other two as they were.
        forEachRow(
            (r, buffers) -> {
              Path path = new Path(placement, buffers);
              path.row(r, buffers.first, buffers.second, buffers.third);
              float t = (float) step;
              float tt = (float) (step * step);
              for (int c = 0; c < width; c++) {
                buffers.first[c] += t * buffers.second[c] + tt * buffers.third[c];
              }
              if (step == 1) {
                // Exactly the permuted tensor, whatever was there before.
                source.values().get(placement.row(r) * width, buffers.first);
                both.values().put(r * width, placement.columns(buffers.first, buffers.second));
              } else {
                both.values().put(r * width, buffers.first);
              }
            });
      }
      if (onRows) {
        forEachRow(
            (r, buffers) -> {
              source.values().get(placement.row(r) * width, buffers.first);
              blend(rows, r, buffers.first, buffers.second, step);
            });
      }
      if (onColumns) {
        forEachRow(
            (r, buffers) -> {
              source.values().get(r * width, buffers.first);
              blend(
                  columns,
                  r,
                  placement.columns(buffers.first, buffers.second),
                  buffers.third,
                  step);
            });
      }
    }

    private void blend(Tensor target, int r, float[] towards, float[] old, double step) {
      if (step == 1) {
        target.values().put(r * width, towards);
        return;
      }
      target.values().get(r * width, old);
      float t = (float) step;
      for (int c = 0; c < width; c++) {
        old[c] += t * (towards[c] - old[c]);
      }
      target.values().put(r * width, old);
    }

    void setRows(Permutations.Placement placement, int offset, int length) {
      float[] row = new float[width];
      for (int r = offset; r < offset + length; r++) {
        source.values().get(placement.row(r) * width, row);
        rows.values().put(r * width, row);
        if (onColumns) {
          columns.values().get(placement.row(r) * width, row);
          both.values().put(r * width, row);
        }
      }
    }

    void setColumns(Permutations.Placement placement, int offset, int length) {
      float[] row = new float[width];
      float[] moved = new float[width];
      for (int r = 0; r < source.dimension(0); r++) {
        source.values().get(r * width, row);
        columns.values().put(r * width + offset, placement.columns(row, moved), offset, length);
        if (onRows) {
          rows.values().get(r * width, row);
          both.values().put(r * width + offset, placement.columns(row, moved), offset, length);
        }
      }
    }

    @Override
    public void close() {
      if (onRows) {
        rows.close();
      }
      if (onColumns) {
        columns.close();
      }
      if (onRows && onColumns) {
        both.close();
      }
    }

    /** {@code (1−t)²·XW Xᵀ + t(1−t)·(PW Xᵀ + XW Pᵀ) + t²·PW Pᵀ}, sorted by powers of t. */
    private final class Path implements SoftModel.Path {
      private final Permutations.Placement placement;
      private final float[] gathered;
      private final float[] moved;

      Path(Permutations.Placement placement) {
        this(placement, new RowBuffers(width));
      }

      Path(Permutations.Placement placement, RowBuffers buffers) {
        this.placement = placement;
        this.gathered = buffers.gathered;
        this.moved = buffers.moved;
      }

      @Override
      public void row(int row, float[] start, float[] first, float[] second) {
        both.values().get(row * width, start);
        int from = placement.row(row);
        source.values().get((onRows ? from : row) * width, gathered);
        float[] end = placement.columns(gathered, moved);
        if (!(onRows && onColumns)) {
          for (int c = 0; c < width; c++) {
            first[c] = end[c] - start[c];
            second[c] = 0;
          }
          return;
        }
        for (int c = 0; c < width; c++) {
          second[c] = start[c] + end[c];
        }
        columns.values().get(from * width, first);
        rows.values().get(row * width, gathered);
        float[] columnsEnd = placement.columns(gathered, moved);
        for (int c = 0; c < width; c++) {
          float between = first[c] + columnsEnd[c];
          first[c] = between - 2 * start[c];
          second[c] -= between;
        }
      }
    }
  }

  private interface RowBody {
    void accept(int row, RowBuffers buffers);
  }

  private static final class RowBuffers {
    final float[] first;
    final float[] second;
    final float[] third;
    final float[] gathered;
    final float[] moved;

    RowBuffers(int width) {
      first = new float[width];
      second = new float[width];
      third = new float[width];
      gathered = new float[width];
      moved = new float[width];
    }
  }
}
