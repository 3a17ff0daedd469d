package org.rebasin.model.permutation;

import java.util.Arrays;

/**
 * Finds column duals close to the optimal ones before any row is assigned.
 *
 * <p>Any column duals v are a valid start for a square problem, and their quality is the dual
 * objective Σᵢ minⱼ(cᵢⱼ − vⱼ) + Σⱼ vⱼ, which a sample of the rows estimates. A pattern search
 * raises it over the weights of three features of a column, in which it is concave:
 *
 * <ul>
 *   <li>its mean: a cheap column is wanted by many;
 *   <li>its spread: of two columns with one mean the one that varies more is some row's bargain
 *       (real scores are products of vectors of very different lengths; this is the feature that
 *       pays);
 *   <li>the duals of the best rank-one fit, if it explains more than noise would.
 * </ul>
 *
 * With structure in the scores a cap on the highest duals follows. The duals only steer the search;
 * which assignment is optimal does not depend on them.
 */
final class StartingDuals {
  private static final int FEWEST_SAMPLES = 64;
  private static final int ROWS_PER_SAMPLE = 16;
  private static final int FIT_SAMPLES = 256;
  private static final int MEAN = 0;
  private static final int SPREAD = 1;
  private static final int RANK_ONE = 2;
  private static final int FEATURES = 3;

  /**
   * Where the search begins; for Gaussian noise the best weight of the spread is near √(2 ln n).
   */
  private static final float[] FIRST_WEIGHTS = {1f, -2.5f, 1f};

  private static final float[] FIRST_STEPS = {0.5f, 1f, 0.5f};

  /** The exact duals of scores without noise, a narrow peak that steps would miss. */
  private static final float[] RANK_ONE_ALONE = {1f, 0f, 1f};

  private static final int HALVINGS = 2;
  private static final int MOST_STEPS = 4;

  private final CostMatrix costs;
  private final RankOneFit rankOne;
  private final float[][] features = new float[FEATURES][0];
  private final float[] weights = new float[FEATURES];
  private int featureCount;
  private float cap;
  private float[] candidate = new float[0];
  private float[] sorted = new float[0];
  private float[] line = new float[0];
  private float[] scratch = new float[0];
  private final Slack[] ofBlocks = new Slack[RowBlocks.MOST];

  StartingDuals(CostMatrix costs) {
    this.costs = costs;
    Arrays.setAll(ofBlocks, block -> new Slack());
    rankOne = new RankOneFit(costs);
  }

  /** Sets the best duals found: some twenty passes over a sixteenth of the rows, one over all. */
  void choose(ColumnDuals duals) {
    reserve();
    search();
    combine();
    setCandidate(duals);
  }

  /**
   * Sets the given duals, or those found afresh if these promise more, as they do once the costs
   * have changed a lot since the given ones were optimal.
   */
  void choose(ColumnDuals duals, double[] given) {
    reserve();
    propose(given);
    double promise = dualObjective();
    // Written such that given duals beyond the range of a float lose.
    if (promise >= search()) propose(given);
    else combine();
    setCandidate(duals);
  }

  /** Sets the given duals. */
  void keep(ColumnDuals duals, double[] given) {
    reserve();
    propose(given);
    setCandidate(duals);
  }

  private void propose(double[] given) {
    for (int column = 0; column < costs.columns; column++) {
      candidate[column] = (float) given[column];
    }
  }

  private void reserve() {
    int columns = costs.columns;
    candidate = RowArithmetic.atLeast(candidate, columns);
    sorted = RowArithmetic.atLeast(sorted, columns);
    line = RowArithmetic.atLeast(line, columns);
    scratch = RowArithmetic.atLeast(scratch, columns);
    for (int f = 0; f < FEATURES; f++) features[f] = RowArithmetic.atLeast(features[f], columns);
  }

  private void setCandidate(ColumnDuals duals) {
    tighten();
    for (int column = 0; column < costs.columns; column++) duals.set(column, candidate[column]);
  }

  /** Leaves the best weights and cap, and returns the dual objective they reach. */
  private double search() {
    measureFeatures();
    cap = Float.POSITIVE_INFINITY;
    double best = objective(FIRST_WEIGHTS);
    float shrink = 1;
    for (int halving = 0; halving <= HALVINGS; halving++, shrink /= 2) {
      for (int f = 0; f < featureCount; f++) best = climb(f, FIRST_STEPS[f] * shrink, best);
    }
    if (featureCount < FEATURES) return best;
    float[] climbed = weights.clone();
    double exact = objective(RANK_ONE_ALONE);
    if (exact < best) System.arraycopy(climbed, 0, weights, 0, FEATURES);
    return capHighest(Math.max(exact, best));
  }

  /** Moves one weight by steps of one size for as long as the objective rises. */
  private double climb(int feature, float step, double reached) {
    double best = reached;
    for (int sign = 1; sign >= -1; sign -= 2) {
      int steps = 0;
      for (; steps < MOST_STEPS; steps++) {
        float before = weights[feature];
        weights[feature] += sign * step;
        double tried = objective();
        if (!(tried > best)) {
          weights[feature] = before;
          break;
        }
        best = tried;
      }
      if (steps > 0) break;
    }
    return best;
  }

  /**
   * Levels the highest duals if that raises the objective. Units that are almost dead make rows
   * that are almost constant and all want the column of highest dual; as many columns as there are
   * such rows must share that height. Row reduction cannot bring that about, since equals displace
   * each other there without end.
   */
  private double capHighest(double reached) {
    int columns = costs.columns;
    combine();
    System.arraycopy(candidate, 0, sorted, 0, columns);
    Arrays.sort(sorted, 0, columns);
    double best = reached;
    float bestCap = cap;
    for (double levelled = columns / 128.0; levelled < columns / 2.0; levelled *= Math.sqrt(2)) {
      cap = sorted[columns - 1 - (int) levelled];
      double tried = objective();
      if (tried > best) {
        best = tried;
        bestCap = cap;
      }
    }
    cap = bestCap;
    return best;
  }

  /**
   * Raises every column's dual as far as no row minimum falls. The later stages only lower duals,
   * so a column that starts too low would stay free until a long search ends in it.
   */
  private void tighten() {
    int columns = costs.columns;
    RowBlocks.forEach(costs.rows, (block, from, to) -> ofBlocks[block].measure(from, to));
    for (int block = 1; block < RowBlocks.count(costs.rows); block++) {
      RowArithmetic.lower(ofBlocks[0].slack, ofBlocks[block].slack, columns);
    }
    RowArithmetic.add(candidate, ofBlocks[0].slack, columns);
  }

  /** How far each column's dual may rise by some of the rows. */
  private final class Slack {
    float[] slack = new float[0];
    private float[] line = new float[0];
    private float[] folded = new float[0];
    private float[] scratch = new float[0];

    void measure(int from, int to) {
      int columns = costs.columns;
      slack = RowArithmetic.atLeast(slack, columns);
      line = RowArithmetic.atLeast(line, columns);
      folded = RowArithmetic.atLeast(folded, columns);
      scratch = RowArithmetic.atLeast(scratch, columns);
      Arrays.fill(slack, 0, columns, Float.POSITIVE_INFINITY);
      for (int row = from; row < to; row++) {
        System.arraycopy(costs.rounded, row * columns, line, 0, columns);
        RowArithmetic.subtract(line, candidate, columns);
        System.arraycopy(line, 0, folded, 0, columns);
        RowArithmetic.shift(line, -RowArithmetic.minimum(folded, scratch, columns), columns);
        RowArithmetic.lower(slack, line, columns);
      }
    }
  }

  private double objective(float[] tried) {
    System.arraycopy(tried, 0, weights, 0, FEATURES);
    return objective();
  }

  private double objective() {
    combine();
    return dualObjective();
  }

  private void combine() {
    int columns = costs.columns;
    Arrays.fill(candidate, 0, columns, 0);
    for (int f = 0; f < featureCount; f++) {
      RowArithmetic.addScaled(candidate, features[f], weights[f], columns);
    }
    RowArithmetic.cap(candidate, cap, columns);
  }

  /** The dual objective of the candidate, estimated from a sample of the rows. */
  private double dualObjective() {
    int columns = costs.columns;
    int stride = Math.max(1, costs.rows / Math.max(FEWEST_SAMPLES, costs.rows / ROWS_PER_SAMPLE));
    double rowDuals = 0;
    int samples = 0;
    for (int row = 0; row < costs.rows; row += stride) {
      System.arraycopy(costs.rounded, row * columns, line, 0, columns);
      RowArithmetic.subtract(line, candidate, columns);
      rowDuals += RowArithmetic.minimum(line, scratch, columns);
      samples++;
    }
    System.arraycopy(candidate, 0, line, 0, columns);
    return rowDuals * costs.rows / samples + RowArithmetic.sum(line, scratch, columns);
  }

  private void measureFeatures() {
    int columns = costs.columns;
    int stride = Math.max(1, costs.rows / FIT_SAMPLES);
    boolean structured = rankOne.fit(stride);
    featureCount = structured ? FEATURES : RANK_ONE;
    if (structured) rankOne.writeDuals(features[RANK_ONE]);
    for (int column = 0; column < columns; column++) {
      double mean = costs.columnMean[column];
      double variance = costs.columnSquare[column] - mean * mean;
      if (structured) variance -= rankOne.explained(column);
      features[MEAN][column] = costs.columnMean[column];
      features[SPREAD][column] = (float) Math.sqrt(Math.max(variance, 0));
    }
    for (int f = 0; f < featureCount; f++) centre(features[f], columns);
  }

  /** Centred features keep the duals small, and with them the rounding of sums and differences. */
  private static void centre(float[] feature, int columns) {
    double sum = 0;
    for (int column = 0; column < columns; column++) sum += feature[column];
    RowArithmetic.shift(feature, (float) (-sum / columns), columns);
  }
}
