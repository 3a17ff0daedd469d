package org.rebasin.model.permutation;

/**
 * Finds column duals close to the optimal ones before any row is assigned.
 *
 * <p>Any column duals v are a valid start for a square problem, and their quality is the dual
 * objective Σᵢ minⱼ(cᵢⱼ − vⱼ) + Σⱼ vⱼ, which a sample of the rows estimates. It is concave, so it
 * is raised by a plain pattern search over the weights of three features of a column:
 *
 * <ul>
 *   <li>its mean: a cheap column is wanted by many;
 *   <li>its spread: of two columns with one mean the one that varies more is some rows' bargain
 *       (real scores are products of vectors of very different lengths; this is the feature that
 *       pays);
 *   <li>the duals of the best rank-one fit, when it explains more than noise would.
 * </ul>
 *
 * The duals only steer the search; which assignment is optimal does not depend on them.
 */
final class StartingDuals {
  private static final int FEWEST_SAMPLES = 64;
  private static final int ROWS_PER_SAMPLE = 16;
  private static final int FIT_SAMPLES = 256;
  private static final int HALVINGS = 2;
  private static final int MEAN = 0;
  private static final int SPREAD = 1;
  private static final int RANK_ONE = 2;
  private static final int MOST_STEPS = 4;
  private static final float[][] FIRST_WEIGHTS = {{0f, 0f, 0f}, {1f, 0f, 1f}, {1f, -2.5f, 1f}};
  private static final float[] FIRST_STEPS = {0.5f, 1f, 0.5f};

  private final CostMatrix costs;
  private final RankOneFit rankOne;
  private final float[][] features = new float[3][0];
  private final float[] weights = new float[3];
  private float[] candidate = new float[0];
  private float[] line = new float[0];
  private float[] scratch = new float[0];
  private int featureCount;

  StartingDuals(CostMatrix costs) {
    this.costs = costs;
    rankOne = new RankOneFit(costs);
  }

  /** Sets the best duals found: a few passes over a sixteenth of the rows. */
  void choose(ColumnDuals duals) {
    choose(duals, search());
  }

  /**
   * Sets the given duals, or those found afresh if these promise more, as they do once the costs
   * have changed a lot since the given ones were optimal.
   */
  void choose(ColumnDuals duals, double[] given) {
    reserve();
    int columns = costs.columns;
    for (int column = 0; column < columns; column++) candidate[column] = (float) given[column];
    double promise = dualObjective();
    if (promise >= search()) {
      for (int column = 0; column < columns; column++) duals.set(column, given[column]);
    } else {
      choose(duals, 1);
    }
  }

  private void choose(ColumnDuals duals, double best) {
    combine();
    for (int column = 0; column < costs.columns; column++) {
      duals.set(column, candidate[column]);
    }
  }

  private void reserve() {
    int columns = costs.columns;
    candidate = RowArithmetic.atLeast(candidate, columns);
    line = RowArithmetic.atLeast(line, columns);
    scratch = RowArithmetic.atLeast(scratch, columns);
    for (int f = 0; f < features.length; f++) {
      features[f] = RowArithmetic.atLeast(features[f], columns);
    }
  }

  /** Leaves the best weights, and returns the dual objective they reach. */
  private double search() {
    reserve();
    measureFeatures();
    double best = Double.NEGATIVE_INFINITY;
    float[] first = FIRST_WEIGHTS[0];
    for (float[] tried : FIRST_WEIGHTS) {
      System.arraycopy(tried, 0, weights, 0, tried.length);
      double reached = objective();
      if (reached > best) {
        best = reached;
        first = tried;
      }
    }
    System.arraycopy(first, 0, weights, 0, first.length);
    float shrink = 1;
    for (int halving = 0; halving <= HALVINGS; halving++, shrink /= 2) {
      for (int f = 0; f < featureCount; f++) {
        best = climb(f, FIRST_STEPS[f] * shrink, best);
      }
    }
    return best;
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

  private double objective() {
    combine();
    return dualObjective();
  }

  private void combine() {
    int columns = costs.columns;
    java.util.Arrays.fill(candidate, 0, columns, 0);
    for (int f = 0; f < featureCount; f++) {
      RowArithmetic.addScaled(candidate, features[f], weights[f], columns);
    }
  }

  /** The dual objective of the candidate, estimated from a sample of the rows. */
  private double dualObjective() {
    int columns = costs.columns;
    int stride = Math.max(1, costs.rows / Math.max(FEWEST_SAMPLES, costs.rows / ROWS_PER_SAMPLE));
    double rowDuals = 0;
    int samples = 0;
    for (int row = 0; row < costs.rows; row += stride, samples++) {
      System.arraycopy(costs.rounded, row * columns, line, 0, columns);
      RowArithmetic.subtract(line, candidate, columns);
      rowDuals += RowArithmetic.minimum(line, scratch, columns);
    }
    System.arraycopy(candidate, 0, line, 0, columns);
    return rowDuals * costs.rows / samples + RowArithmetic.sum(line, scratch, columns);
  }

  /** Mean-free, so that the sum of the duals, a difference of large numbers, stays accurate. */
  private void measureFeatures() {
    int columns = costs.columns;
    int stride = Math.max(1, costs.rows / FIT_SAMPLES);
    boolean structured = rankOne.fit(stride);
    featureCount = structured ? 3 : 2;
    if (structured) rankOne.writeDuals(features[RANK_ONE], stride);
    for (int column = 0; column < columns; column++) {
      double mean = costs.columnMean[column];
      double variance = costs.columnSquare[column] - mean * mean;
      if (structured) variance -= rankOne.explained(column);
      features[MEAN][column] = costs.columnMean[column];
      features[SPREAD][column] = (float) Math.sqrt(Math.max(variance, 0));
    }
    for (int f = 0; f < featureCount; f++) centre(features[f], columns);
  }

  private static void centre(float[] feature, int columns) {
    double sum = 0;
    for (int column = 0; column < columns; column++) sum += feature[column];
    float mean = (float) (sum / columns);
    for (int column = 0; column < columns; column++) feature[column] -= mean;
  }
}
