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

  /** The columns below this one are in lanes; the few others are looked at one by one. */
  private int covered;

  private int[] found = new int[0];
  private float[] reduced = new float[0];
  private float[] lanes = new float[0];
  private float[] upper = new float[0];
  private float[] ranked = new float[0];
  private double[] exact = new double[0];
  private double[] exactRanked = new double[0];

  CandidateLists(CostMatrix matrix, ColumnDuals duals) {
    this.matrix = matrix;
    this.duals = duals;
  }

  /** Lists at least {@code shortest} columns of every row: one pass over the matrix. */
  void reset(int shortest) {
    int rows = matrix.rows;
    int width = matrix.columns;
    start = RowArithmetic.atLeast(start, rows);
    length = RowArithmetic.atLeast(length, rows);
    bound = RowArithmetic.atLeast(bound, rows);
    wanted = RowArithmetic.atLeast(wanted, rows);
    capacity = RowArithmetic.atLeast(capacity, rows);
    found = RowArithmetic.atLeast(found, width + 1);
    reduced = RowArithmetic.atLeast(reduced, width);
    lanes = RowArithmetic.atLeast(lanes, width);
    upper = RowArithmetic.atLeast(upper, width);
    ranked = RowArithmetic.atLeast(ranked, width);
    exact = RowArithmetic.atLeast(exact, width);
    exactRanked = RowArithmetic.atLeast(exactRanked, width);
    Arrays.fill(wanted, 0, rows, shortest);
    Arrays.fill(capacity, 0, rows, 0);
    used = 0;
    scans = 0;
    for (int row = 0; row < rows; row++) scan(row);
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
    int want = wanted[row];
    int need = want + want / 3;
    if (2 * need > matrix.columns) {
      listAll(row);
      return;
    }
    int width = foldIntoLanes(row, need);
    double threshold = threshold(width, want, need);
    double margin = margin(threshold);
    float cut = Math.nextUp((float) (threshold + 3 * margin));
    int count = collect(row, width, cut);
    // Whatever is not collected exceeds the cut, and so, exactly, the threshold by a margin.
    double limit = threshold + margin;
    int longest = 2 * want;
    if (count > longest) {
      limit = Math.min(limit, keepCheapest(row, count, longest));
      count = longest;
    }
    write(row, count);
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

  private void listAll(int row) {
    int count = matrix.columns;
    for (int column = 0; column < count; column++) found[column] = column;
    write(row, count);
    bound[row] = Double.POSITIVE_INFINITY;
  }

  /** Leaves in lane k the least reduced cost of the covered columns k, k + width, k + 2·width, … */
  private int foldIntoLanes(int row, int need) {
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
  private float threshold(int width, int want, int need) {
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
  private int collect(int row, int width, float cut) {
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
  private double keepCheapest(int row, int count, int kept) {
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

  private void write(int row, int count) {
    if (count > capacity[row]) {
      if (used + count > columns.length) {
        int size = Math.max(used + count, Math.max(2 * columns.length, 32 * matrix.rows));
        columns = Arrays.copyOf(columns, size);
        costs = Arrays.copyOf(costs, size);
      }
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
}
