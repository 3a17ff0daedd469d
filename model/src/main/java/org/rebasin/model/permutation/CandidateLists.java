package org.rebasin.model.permutation;

import java.util.Arrays;

/**
 * For each row a short list of its cheapest columns, and a lower bound on all others: the lazy
 * sparse view of a dense cost matrix.
 *
 * <p>A bound speaks of the reduced costs at the time the list was made. It stays true for as long
 * as column duals only fall, since reduced costs then only grow; the solver keeps to that.
 *
 * <p>Making a list takes a vectorised pass over the row: the row is folded into lanes, each holding
 * the least of some columns; a rank among the lanes gives a threshold that enough columns meet; and
 * only the lanes that meet it are looked into.
 */
final class CandidateLists {
  private static final double UNIT_ROUNDOFF = 0x1p-24;
  private static final int COARSEST_STRIPS = 8;

  /** Where each row's list begins in {@link #columns} and {@link #costs}, and its length. */
  int[] start = new int[0];

  int[] length = new int[0];
  int[] columns = new int[0];

  /** Exact costs of the listed columns. */
  double[] costs = new double[0];

  /** No column outside a row's list has a smaller reduced cost than this. */
  double[] bound = new double[0];

  /** How many lists were made since the last reset. */
  long scans;

  private final CostMatrix matrix;
  private final ColumnDuals duals;
  private int[] wanted = new int[0];
  private int[] capacity = new int[0];
  private int used;

  /** One for each block of rows; the first one serves single rows too. */
  private final RowScan[] ofBlocks = new RowScan[RowBlocks.MOST];

  CandidateLists(CostMatrix matrix, ColumnDuals duals) {
    this.matrix = matrix;
    this.duals = duals;
    Arrays.setAll(ofBlocks, block -> new RowScan());
  }

  /** Lists at least {@code shortest} columns of every row: one pass over the matrix. */
  void reset(int shortest) {
    int rows = matrix.rows;
    start = RowArithmetic.atLeast(start, rows);
    length = RowArithmetic.atLeast(length, rows);
    bound = RowArithmetic.atLeast(bound, rows);
    wanted = RowArithmetic.atLeast(wanted, rows);
    capacity = RowArithmetic.atLeast(capacity, rows);
    int longest = listsAll(shortest) ? matrix.columns : longest(shortest);
    for (int row = 0; row < rows; row++) {
      wanted[row] = shortest;
      start[row] = row * longest;
      capacity[row] = longest;
    }
    used = rows * longest;
    reserve(used);
    scans = rows;
    RowBlocks.forEach(
        rows,
        (block, from, to) -> {
          ofBlocks[block].reserve();
          for (int row = from; row < to; row++) list(row, ofBlocks[block]);
        });
  }

  /** Lists the row again, longer if need be, such that its bound rises. */
  void raiseBound(int row) {
    double before = bound[row];
    scan(row);
    while (bound[row] <= before) {
      wanted[row] *= 2;
      scan(row);
    }
  }

  /** Lists the row's currently cheapest columns. */
  void scan(int row) {
    scans++;
    list(row, ofBlocks[0]);
  }

  private boolean listsAll(int want) {
    return 2 * lanesFor(want) > matrix.columns;
  }

  private static int lanesFor(int want) {
    return want + want / 3;
  }

  private static int longest(int want) {
    return 2 * want;
  }

  private void list(int row, RowScan scan) {
    int want = wanted[row];
    if (listsAll(want)) {
      write(row, scan.all(), scan.found);
      bound[row] = Double.POSITIVE_INFINITY;
      return;
    }
    int width = scan.foldIntoLanes(row, lanesFor(want));
    double threshold = scan.threshold(width, want, lanesFor(want));
    double margin = margin(threshold);
    float cut = Math.nextUp((float) (threshold + 3 * margin));
    int count = scan.collect(row, width, cut);
    // Whatever is not collected exceeds the cut, and so, exactly, the threshold by a margin.
    double limit = threshold + margin;
    int longest = longest(want);
    if (count > longest) {
      limit = Math.min(limit, scan.keepCheapest(row, count, longest));
      count = longest;
    }
    write(row, count, scan.found);
    bound[row] = limit;
  }

  /**
   * How far the float reduced cost of a column at the threshold may be from the exact one. Rounding
   * the dual costs at most u·|v|, rounding the subtraction u·|r|, and rounding a double cost u·|c|
   * ≤ u·(|r| + |v|), with u = 2^-24 and r the reduced cost: together 2u·(|r| + |v|). Above the
   * threshold the error grows more slowly than r itself, so the margin at the threshold serves all.
   * The factor 4 in place of 2 pays for second-order terms, the least normal float for underflow.
   */
  private double margin(double threshold) {
    return 4 * UNIT_ROUNDOFF * (Math.abs(threshold) + duals.peak) + Float.MIN_NORMAL;
  }

  private void write(int row, int count, int[] found) {
    if (count > capacity[row]) {
      reserve(used + count);
      start[row] = used;
      capacity[row] = count;
      used += count;
    }
    int at = start[row];
    for (int k = 0; k < count; k++) {
      columns[at + k] = found[k];
      costs[at + k] = matrix.cost(row, found[k]);
    }
    length[row] = count;
  }

  private void reserve(int size) {
    if (size > columns.length) {
      int grown = Math.max(size, Math.max(2 * columns.length, 32 * matrix.rows));
      columns = Arrays.copyOf(columns, grown);
      costs = Arrays.copyOf(costs, grown);
    }
  }

  /** What looks through one row, with its scratch memory. */
  private final class RowScan {
    int[] found = new int[0];

    /** The columns below this one are in lanes; the few others are looked at one by one. */
    private int covered;

    private float[] reduced = new float[0];
    private float[] lanes = new float[0];
    private float[] upper = new float[0];
    private float[] ranked = new float[0];
    private double[] exact = new double[0];
    private double[] exactRanked = new double[0];

    void reserve() {
      int width = matrix.columns;
      found = RowArithmetic.atLeast(found, width + 1);
      reduced = RowArithmetic.atLeast(reduced, width);
      lanes = RowArithmetic.atLeast(lanes, width);
      upper = RowArithmetic.atLeast(upper, width);
      ranked = RowArithmetic.atLeast(ranked, width);
      exact = RowArithmetic.atLeast(exact, width);
      exactRanked = RowArithmetic.atLeast(exactRanked, width);
    }

    /** Finds all columns, and returns how many. */
    int all() {
      for (int column = 0; column < matrix.columns; column++) found[column] = column;
      return matrix.columns;
    }

    /**
     * Leaves in lane k the least reduced cost of the covered columns k, k + width, k + 2·width, …
     */
    int foldIntoLanes(int row, int need) {
      int columnCount = matrix.columns;
      System.arraycopy(matrix.rounded, row * columnCount, reduced, 0, columnCount);
      RowArithmetic.subtract(reduced, duals.rounded, columnCount);
      int strips = COARSEST_STRIPS;
      while (columnCount / strips < need) strips >>= 1;
      int width = columnCount / strips * strips;
      covered = width;
      System.arraycopy(reduced, 0, lanes, 0, width);
      while (strips > 1) {
        width >>= 1;
        strips >>= 1;
        System.arraycopy(lanes, width, upper, 0, width);
        RowArithmetic.lower(lanes, upper, width);
      }
      return width;
    }

    /** A value that at least {@code want} columns do not exceed, and usually not many more. */
    float threshold(int width, int want, int need) {
      System.arraycopy(lanes, 0, ranked, 0, width);
      int narrow = width;
      while (narrow >> 1 >= need) {
        narrow >>= 1; // an odd last lane is left out, which can only raise the threshold
        System.arraycopy(ranked, narrow, upper, 0, narrow);
        RowArithmetic.lower(ranked, upper, narrow);
      }
      return OrderStatistic.select(ranked, narrow, want - 1);
    }

    /**
     * Starts at another lane in each row, so that rows with ties do not all list the same columns.
     */
    int collect(int row, int width, float cut) {
      int first = (int) ((row * 0x9E3779B1L >>> 7) % width);
      int count = collectLanes(first, width, width, cut, 0);
      count = collectLanes(0, first, width, cut, count);
      for (int column = covered; column < matrix.columns; column++) {
        found[count] = column;
        if (reduced[column] <= cut) count++;
      }
      return count;
    }

    private int collectLanes(int from, int to, int width, float cut, int before) {
      int count = before;
      for (int lane = from; lane < to; lane++) {
        if (lanes[lane] <= cut) {
          for (int column = lane; column < covered; column += width) {
            found[count] = column;
            if (reduced[column] <= cut) count++;
          }
        }
      }
      return count;
    }

    /**
     * Keeps the {@code kept} cheapest of the columns found; returns a bound, exact, on the others.
     */
    double keepCheapest(int row, int count, int kept) {
      for (int k = 0; k < count; k++) {
        exact[k] = matrix.cost(row, found[k]) - duals.value[found[k]];
      }
      System.arraycopy(exact, 0, exactRanked, 0, count);
      double last = OrderStatistic.select(exactRanked, count, kept - 1);
      int ties = kept;
      for (int k = 0; k < count; k++) if (exact[k] < last) ties--;
      int at = 0;
      for (int k = 0; k < count; k++) {
        if (exact[k] < last || (exact[k] == last && ties-- > 0)) found[at++] = found[k];
      }
      return last;
    }
  }
}
