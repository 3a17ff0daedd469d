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
  private static final int ROWS = 5;

  @Property(tries = 300, seed = "1")
  void boundHoldsForEveryUnlistedColumnWhileDualsFall(
      @ForAll @IntRange(min = ROWS, max = 300) int columns,
      @ForAll @IntRange(min = 1, max = 20) int shortest,
      @ForAll @DoubleRange(min = 0, max = 1e9) double dualSize,
      @ForAll boolean asDouble,
      @ForAll long seed) {
    Random random = new Random(seed);
    CostMatrix matrix = new CostMatrix();
    if (asDouble) {
      double[] scores = random.doubles((long) ROWS * columns).toArray();
      matrix.load(scores, ROWS, columns, true);
    } else {
      float[] scores = new float[ROWS * columns];
      for (int k = 0; k < scores.length; k++) scores[k] = random.nextInt(50) / 7f;
      matrix.load(FloatBuffer.wrap(scores), ROWS, columns, true);
    }
    ColumnDuals duals = new ColumnDuals();
    duals.reset(columns);
    for (int j = 0; j < columns; j++) duals.set(j, dualSize * random.nextGaussian());
    CandidateLists lists = new CandidateLists(matrix, duals);
    lists.reset(shortest);
    for (int round = 0; round < 4; round++) {
      for (int row = 0; row < ROWS; row++) {
        assertBound(matrix, duals, lists, row, columns);
        double before = lists.bound[row];
        if (before < Double.POSITIVE_INFINITY) {
          lists.raiseBound(row);
          assertTrue(lists.bound[row] > before);
          assertBound(matrix, duals, lists, row, columns);
        }
      }
      for (int j = 0; j < columns; j++) {
        if (random.nextInt(4) == 0) duals.set(j, duals.value[j] - random.nextDouble());
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
