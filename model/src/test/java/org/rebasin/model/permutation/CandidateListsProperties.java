package org.rebasin.model.permutation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

class CandidateListsProperties {
  private static final int FEW = 5;

  @Property(tries = 300, seed = "1")
  void boundHoldsForEveryUnlistedColumnWhileDualsFall(
      @ForAll @IntRange(min = FEW, max = 300) int columns,
      @ForAll @IntRange(min = 1, max = 20) int shortest,
      @ForAll @DoubleRange(min = 0, max = 1e6) double offset,
      @ForAll boolean asDouble,
      @ForAll long seed) {
    requireBounds(FEW, columns, shortest, offset, asDouble, seed);
  }

  @Property(tries = 10, seed = "1")
  void boundHoldsForRowsThatAreListedInBlocks(
      @ForAll @IntRange(min = 300, max = 400) int size,
      @ForAll @IntRange(min = 1, max = 20) int shortest,
      @ForAll boolean asDouble,
      @ForAll long seed) {
    requireBounds(size, size, shortest, 1000, asDouble, seed);
  }

  private static void requireBounds(
      int rows, int columns, int shortest, double offset, boolean asDouble, long seed) {
    // Duals that almost cancel large costs: the reduced costs are small next to their rounding.
    Random random = new Random(seed);
    float[] scores = new float[rows * columns];
    double[] exact = new double[scores.length];
    ColumnDuals duals = new ColumnDuals();
    duals.reset(columns);
    for (int j = 0; j < columns; j++) {
      float common = (float) (offset * (1 + random.nextDouble()));
      duals.set(j, -common + offset * 0x1p-24 * random.nextGaussian());
      for (int row = 0; row < rows; row++) {
        exact[row * columns + j] = common + offset * 0x1p-24 * random.nextGaussian();
        scores[row * columns + j] = (float) exact[row * columns + j];
      }
    }
    CostMatrix matrix = new CostMatrix();
    if (asDouble) matrix.load(exact, rows, columns, true);
    else matrix.load(FloatBuffer.wrap(scores), rows, columns, true);
    CandidateLists lists = new CandidateLists(matrix, duals);
    lists.reset(shortest);
    for (int round = 0; round < 4; round++) {
      for (int row = 0; row < rows; row++) {
        assertBound(matrix, duals, lists, row, columns);
        double before = lists.bound[row];
        if (before < Double.POSITIVE_INFINITY) {
          lists.raiseBound(row);
          assertTrue(lists.bound[row] > before);
          assertBound(matrix, duals, lists, row, columns);
        }
      }
      for (int j = 0; j < columns; j++) {
        if (random.nextInt(4) == 0)
          duals.set(j, duals.value[j] - offset * 0x1p-24 * random.nextDouble());
      }
    }
  }

  private static void assertBound(
      CostMatrix matrix, ColumnDuals duals, CandidateLists lists, int row, int columns) {
    boolean[] listed = new boolean[columns];
    for (int at = lists.start[row]; at < lists.start[row] + lists.length[row]; at++) {
      int column = lists.columns[at];
      assertTrue(!listed[column], "listed twice");
      listed[column] = true;
      assertEquals(matrix.cost(row, column), lists.costs[at]);
    }
    for (int column = 0; column < columns; column++) {
      double reduced = matrix.cost(row, column) - duals.value[column];
      assertTrue(listed[column] || reduced >= lists.bound[row], "bound is too high");
    }
  }
}
