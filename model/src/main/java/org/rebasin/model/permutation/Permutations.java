package org.rebasin.model.permutation;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * One permutation for each group of a spec, in the spec's order.
 *
 * @param byGroup as many as the spec has groups, of the groups' sizes
 */
public record Permutations(List<Permutation> byGroup) {
  private static final int ELEMENTS_PER_PIECE = 1 << 16;

  /** Copies the list. */
  public Permutations {
    byGroup = List.copyOf(byGroup);
  }

  /**
   * Writes a permuted tensor: {@code target[i, j, …] = source[π₀(i), π₁(j), …]}, with the
   * permutation of whichever group is on each axis. Moves values and changes none.
   *
   * @param spec the spec these permutations belong to
   * @param name the tensor's name
   * @param source any tensor of the network
   * @param target of the same shape, sharing no memory with {@code source}
   */
  public void apply(PermutationSpec spec, String name, Tensor source, Tensor target) {
    if (!source.sameShape(target)) {
      throw new IllegalArgumentException(name + ": source and target differ in shape");
    }
    Placement placement = placement(spec, name, source);
    int columns = source.size() / source.dimension(0);
    Parallel.forEachStretch(
        source.dimension(0),
        Math.max(1, ELEMENTS_PER_PIECE / columns),
        (from, count) -> {
          float[] row = new float[columns];
          float[] moved = new float[columns];
          for (int r = from; r < from + count; r++) {
            source.values().get(placement.row(r) * columns, row);
            target.values().put(r * columns, placement.columns(row, moved));
          }
        });
  }

  /** Where each element of a permuted tensor comes from. */
  public Placement placement(PermutationSpec spec, String name, Tensor tensor) {
    int columns = tensor.size() / tensor.dimension(0);
    List<PermutationSpec.Member> onRows = spec.members(name, 0);
    int[] rows = onRows.isEmpty() ? new int[0] : sources(onRows, tensor.dimension(0), 1);
    List<PermutationSpec.Member> onColumns = spec.members(name, 1);
    if (onColumns.isEmpty()) {
      return new Placement(rows, new int[0], columns);
    }
    // Blocks as long as they can be: what every group's stretch and unit is a multiple of.
    int units = tensor.dimension(1);
    int together = units;
    for (PermutationSpec.Member member : onColumns) {
      together = gcd(gcd(together, member.offset()), member.block());
    }
    int[] blocks = sources(onColumns, units, together);
    return new Placement(rows, blocks, columns / blocks.length);
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  /** The elements that the slots of an axis take, counted {@code together} at a time. */
  private int[] sources(List<PermutationSpec.Member> members, int length, int together) {
    int[] sources = IntStream.range(0, length / together).toArray();
    for (PermutationSpec.Member member : members) {
      Permutation permutation = byGroup.get(member.group());
      int block = member.block() / together;
      int offset = member.offset() / together;
      for (int i = 0; i < permutation.size() * block; i++) {
        sources[offset + i] = offset + permutation.get(i / block) * block + i % block;
      }
    }
    return sources;
  }

  /**
   * Where the elements of a permuted tensor come from: the tensor as rows along its first axis,
   * each of them blocks that stay whole.
   *
   * @param rows the source of each row; empty where rows stay
   * @param blocks the source of each block of a row; empty where rows stay whole
   * @param length elements of a block
   */
  public record Placement(int[] rows, int[] blocks, int length) {
    /** The row of the source that a row of the permuted tensor takes. */
    public int row(int row) {
      return rows.length == 0 ? row : rows[row];
    }

    /** Rearranges one row; returns {@code moved}, or {@code row} itself where rows stay whole. */
    public float[] columns(float[] row, float[] moved) {
      if (blocks.length == 0) {
        return row;
      }
      if (length == 1) {
        for (int c = 0; c < blocks.length; c++) {
          moved[c] = row[blocks[c]];
        }
      } else {
        for (int c = 0; c < blocks.length; c++) {
          System.arraycopy(row, blocks[c] * length, moved, c * length, length);
        }
      }
      return moved;
    }
  }

  /**
   * SHA-256 of the permutations in lower-case hexadecimal: of each group's size and its sources in
   * order, as big-endian integers of four bytes.
   */
  public String sha256() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Permutation permutation : byGroup) {
        ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * (1 + permutation.size()));
        bytes.putInt(permutation.size());
        for (int slot = 0; slot < permutation.size(); slot++) {
          bytes.putInt(permutation.get(slot));
        }
        digest.update(bytes.array());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every JDK has SHA-256", impossible);
    }
  }

  /** Permuted copies of all tensors; the caller closes them. */
  public Weights apply(PermutationSpec spec, Weights source) {
    Weights permuted = Weights.like(source);
    source.tensors().forEach((name, tensor) -> apply(spec, name, tensor, permuted.get(name)));
    return permuted;
  }
}
