package org.rebasin.model.permutation;

import java.util.Arrays;

/**
 * The best rank-one approximation p qᵀ of a square cost matrix whose row and column means are taken
 * out, and the column duals that solve the assignment problem on it.
 *
 * <p>The right vector q comes from a few power iterations on a sample of the rows; the left vector
 * is known for the sampled rows only, and its quantiles stand for the rest. Minimising Σ pᵢ q_π(i)
 * pairs ascending q with descending p, and with the pairs numbered in that order any slope between
 * the two rows' own keeps both on their own columns: v(k) − v(k−1) = a · (q(k) − q(k−1)), a their
 * mean.
 */
final class RankOneFit {
  private static final int ITERATIONS = 3;

  /** Structure must carry this many times the energy that noise would show along one direction. */
  private static final double SIGNIFICANT = 3;

  private final CostMatrix costs;
  private float[] right = new float[0];
  private float[] next = new float[0];
  private float[] left = new float[0];
  private float[] line = new float[0];
  private float[] product = new float[0];
  private float[] scratch = new float[0];
  private long[] order = new long[0];
  private double energy;
  private int samples;

  RankOneFit(CostMatrix costs) {
    this.costs = costs;
  }

  /** Fits to every {@code stride}-th row; answers whether there is more to see than noise. */
  boolean fit(int stride) {
    int columns = costs.columns;
    samples = (costs.rows + stride - 1) / stride;
    right = RowArithmetic.atLeast(right, columns);
    next = RowArithmetic.atLeast(next, columns);
    left = RowArithmetic.atLeast(left, samples);
    line = RowArithmetic.atLeast(line, columns);
    product = RowArithmetic.atLeast(product, columns);
    scratch = RowArithmetic.atLeast(scratch, columns);
    scatter(columns);
    if (!centreAndNormalize(right, columns)) return false;
    double total = 0;
    for (int iteration = 0; iteration < ITERATIONS; iteration++) {
      energy = 0;
      Arrays.fill(next, 0, columns, 0);
      for (int sample = 0; sample < samples; sample++) {
        System.arraycopy(costs.rounded, sample * stride * columns, line, 0, columns);
        RowArithmetic.subtract(line, costs.columnMean, columns);
        if (iteration == 0) total += variation(columns);
        System.arraycopy(line, 0, product, 0, columns);
        RowArithmetic.multiply(product, right, columns);
        float projection = RowArithmetic.sum(product, scratch, columns);
        left[sample] = projection;
        energy += (double) projection * projection;
        RowArithmetic.addScaled(next, line, projection, columns);
      }
      // The last step keeps the vector that the projections belong to.
      if (iteration + 1 < ITERATIONS) {
        float[] swapped = right;
        right = next;
        next = swapped;
        if (!centreAndNormalize(right, columns)) return false;
      }
    }
    energy /= samples;
    double edge = 1 / Math.sqrt(samples) + 1 / Math.sqrt(columns);
    return energy * samples > SIGNIFICANT * edge * edge * total;
  }

  /** Mean square of what the fit explains in a column. */
  double explained(int column) {
    return energy * right[column] * right[column];
  }

  /** Writes the duals of the last fit; allocates nothing once the arrays have grown. */
  void writeDuals(float[] target) {
    int columns = costs.columns;
    Arrays.sort(left, 0, samples);
    order = order.length >= columns ? order : new long[columns];
    for (int column = 0; column < columns; column++) {
      order[column] = ((long) sortable(right[column]) << Integer.SIZE) | column;
    }
    Arrays.sort(order, 0, columns);
    double dual = 0;
    for (int k = 0; k < columns; k++) {
      int column = (int) order[k];
      if (k > 0) {
        double slope = descendingLeft((k - 0.5) / (columns - 1));
        dual += slope * (right[column] - right[(int) order[k - 1]]);
      }
      target[column] = (float) dual;
    }
  }

  private double descendingLeft(double fraction) {
    double at = (1 - fraction) * (samples - 1);
    int below = Math.min((int) at, samples - 2);
    double weight = at - below;
    return (1 - weight) * left[below] + weight * left[below + 1];
  }

  /** Integers in the order of the floats. */
  private static int sortable(float value) {
    int bits = Float.floatToIntBits(value + 0f);
    return bits ^ ((bits >> 31) & Integer.MAX_VALUE);
  }

  /** Pseudo-random numbers, the same ones each time: a start that no structure is orthogonal to. */
  private void scatter(int columns) {
    long state = 1;
    for (int column = 0; column < columns; column++) {
      state = state * 6364136223846793005L + 1442695040888963407L;
      right[column] = (state >> 40) * 0x1p-23f;
    }
  }

  /** Sum of squares of the line about its mean. */
  private double variation(int columns) {
    System.arraycopy(line, 0, product, 0, columns);
    double mean = RowArithmetic.sum(product, scratch, columns) / columns;
    System.arraycopy(line, 0, product, 0, columns);
    RowArithmetic.multiply(product, line, columns);
    return RowArithmetic.sum(product, scratch, columns) - mean * mean * columns;
  }

  private static boolean centreAndNormalize(float[] vector, int length) {
    double sum = 0;
    for (int k = 0; k < length; k++) sum += vector[k];
    float mean = (float) (sum / length);
    double squares = 0;
    for (int k = 0; k < length; k++) {
      vector[k] -= mean;
      squares += (double) vector[k] * vector[k];
    }
    if (!(squares > 0 && squares < Double.POSITIVE_INFINITY)) return false;
    double scale = 1 / Math.sqrt(squares);
    for (int k = 0; k < length; k++) vector[k] = (float) (vector[k] * scale);
    return true;
  }
}
