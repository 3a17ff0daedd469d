package org.rebasin.model.permutation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class LinearAssignmentProperties {
  /** Kinds of problems, easy and nasty. */
  private enum Kind {
    UNIFORM,
    NEGATIVE,
    SMALL_INTEGERS,
    CONSTANT,
    ZERO_ROWS,
    DUPLICATE_COLUMNS,
    HUGE,
    TINY,
    LOW_RANK,
    MIXED_SCALES;

    double[] scores(int rows, int columns, SplittableRandom random) {
      double[] scores = new double[rows * columns];
      double[] left = random.doubles(rows, -1, 1).toArray();
      double[] right = random.doubles(columns, -1, 1).toArray();
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) {
          double value = random.nextDouble(-1, 1);
          scores[i * columns + j] =
              switch (this) {
                case UNIFORM -> (value + 1) / 2;
                case NEGATIVE -> value - 3;
                case SMALL_INTEGERS -> Math.floor(3 * value);
                case CONSTANT -> 0.7;
                case ZERO_ROWS -> i % 3 == 0 ? 0 : value;
                case DUPLICATE_COLUMNS -> j % 2 == 1 ? scores[i * columns + j - 1] : value;
                case HUGE -> value * 1e30;
                case TINY -> value * 1e-30;
                case LOW_RANK -> left[i] * right[j] + 1e-4 * value;
                case MIXED_SCALES -> value * Math.pow(10, random.nextInt(-6, 7));
              };
        }
      }
      return scores;
    }
  }

  private static double bruteForce(double[] scores, int rows, int columns, boolean maximize) {
    if (rows > columns) {
      double[] transposed = new double[scores.length];
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) {
          transposed[j * rows + i] = scores[i * columns + j];
        }
      }
      return bruteForce(transposed, columns, rows, maximize);
    }
    // Best over all sets of used columns, row by row.
    double[] best = new double[1 << columns];
    Arrays.fill(best, maximize ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
    best[0] = 0;
    double answer = best[(1 << columns) - 1];
    if (rows == 0) {
      return 0;
    }
    for (int used = 0; used < best.length; used++) {
      int row = Integer.bitCount(used);
      if (row == rows) {
        answer = maximize ? Math.max(answer, best[used]) : Math.min(answer, best[used]);
        continue;
      }
      for (int j = 0; j < columns && row < rows; j++) {
        if ((used & 1 << j) == 0) {
          double sum = best[used] + scores[row * columns + j];
          int next = used | 1 << j;
          best[next] = maximize ? Math.max(best[next], sum) : Math.min(best[next], sum);
        }
      }
    }
    return answer;
  }

  @Property(tries = 4000)
  void anAssignmentIsAsGoodAsTheBestOfAll(
      @ForAll @IntRange(min = 1, max = 8) int rows,
      @ForAll @IntRange(min = 1, max = 8) int columns,
      @ForAll Kind kind,
      @ForAll boolean maximize,
      @ForAll long seed) {
    double[] scores = kind.scores(rows, columns, new SplittableRandom(seed));
    double scale = Arrays.stream(scores).map(Math::abs).max().orElse(0);
    Assignment exact =
        maximize
            ? LinearAssignment.maximize(scores, rows, columns)
            : LinearAssignment.minimize(scores, rows, columns);
    assertEquals(bruteForce(scores, rows, columns, maximize), exact.objective(), 1e-13 * scale);
    requireValid(exact, rows, columns);

    float[] singles = new float[scores.length];
    for (int k = 0; k < scores.length; k++) {
      singles[k] = (float) scores[k];
      scores[k] = singles[k];
    }
    Assignment single =
        maximize
            ? LinearAssignment.maximize(singles, rows, columns)
            : LinearAssignment.minimize(singles, rows, columns);
    assertEquals(bruteForce(scores, rows, columns, maximize), single.objective(), 1e-13 * scale);
    requireValid(single, rows, columns);
  }

  private static void requireValid(Assignment assignment, int rows, int columns) {
    boolean[] taken = new boolean[columns];
    int assigned = 0;
    for (int i = 0; i < rows; i++) {
      int column = assignment.columnOf(i);
      if (column != Assignment.UNASSIGNED) {
        assertTrue(!taken[column]);
        taken[column] = true;
        assigned++;
      }
    }
    assertEquals(Math.min(rows, columns), assigned);
  }

  @Property(tries = 60)
  void dualsProveTheOptimumOfLargerProblems(
      @ForAll @IntRange(min = 60, max = 400) int rows,
      @ForAll @IntRange(min = 60, max = 400) int columns,
      @ForAll boolean square,
      @ForAll Kind kind,
      @ForAll long seed) {
    int width = square ? rows : columns;
    double[] scores = kind.scores(rows, width, new SplittableRandom(seed));
    float[] singles = new float[scores.length];
    for (int k = 0; k < scores.length; k++) {
      singles[k] = (float) scores[k];
    }
    float[] before = singles.clone();
    Assignment assignment = LinearAssignment.maximize(singles, rows, width);
    assertArrayEquals(before, singles);
    requireValid(assignment, rows, width);
    requireOptimal(assignment, singles, rows, width);
    assertEquals(assignment, LinearAssignment.maximize(singles, rows, width));
  }

  /** Feasible duals whose sum is the objective: no assignment can be better. */
  private static void requireOptimal(Assignment assignment, float[] scores, int rows, int columns) {
    double scale = 0;
    for (float score : scores) {
      scale = Math.max(scale, Math.abs(score));
    }
    double[] u = assignment.rowDuals();
    double[] v = assignment.columnDuals();
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        assertTrue(u[i] + v[j] >= scores[i * columns + j] - 1e-9 * scale);
      }
    }
    assertEquals(
        assignment.objective(),
        Arrays.stream(u).sum() + Arrays.stream(v).sum(),
        1e-9 * scale * (rows + columns));
  }

  @Property(tries = 30)
  void aWarmStartChangesNoOptimum(
      @ForAll @IntRange(min = 100, max = 300) int size, @ForAll Kind kind, @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] scores = kind.scores(size, size, random);
    float[] singles = new float[scores.length];
    for (int k = 0; k < scores.length; k++) {
      singles[k] = (float) scores[k];
    }
    LinearAssignmentSolver solver = new LinearAssignmentSolver();
    double[] duals = solver.maximize(FloatBuffer.wrap(singles), size, size).columnDuals();
    for (int k = 0; k < singles.length; k += 1 + random.nextInt(40)) {
      singles[k] = (float) (singles[k] * random.nextDouble(0.5, 1.5));
    }
    Assignment warm = solver.maximize(FloatBuffer.wrap(singles), size, size, duals);
    requireOptimal(warm, singles, size, size);
    Assignment cold = LinearAssignment.maximize(singles, size, size);
    assertEquals(cold.objective(), warm.objective(), 1e-9 * Math.abs(cold.objective()) + 1e-300);
  }
}
