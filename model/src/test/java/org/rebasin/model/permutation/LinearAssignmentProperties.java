package org.rebasin.model.permutation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class LinearAssignmentProperties {
  private static final int LARGEST_ENUMERATED = 8;
  private static final Arbitrary<Integer> SMALL_SIDES =
      Arbitraries.integers().between(1, LARGEST_ENUMERATED);
  private static final Arbitrary<String> FLOAT_KINDS =
      Arbitraries.of(
          "gaussian",
          "ties",
          "constant",
          "negative",
          "huge",
          "tiny",
          "subnormal",
          "mixed",
          "close",
          "rank one",
          "dead units",
          "duplicates");

  /** Row-major scores with their shape. */
  record Problem(String kind, int rows, int columns, double[] scores) {
    float[] rounded() {
      float[] rounded = new float[scores.length];
      for (int k = 0; k < rounded.length; k++) rounded[k] = (float) scores[k];
      return rounded;
    }
  }

  @Property(tries = 3000, seed = "1")
  void floatOptimumEqualsEnumeration(@ForAll("small") Problem problem, @ForAll boolean maximize) {
    float[] scores = problem.rounded();
    double expected = enumerate(OptimalityCertificate.widened(scores), problem, maximize);
    for (LinearAssignmentSolver solver : solvers()) {
      Assignment found =
          maximize
              ? solver.maximize(scores, problem.rows, problem.columns)
              : solver.minimize(scores, problem.rows, problem.columns);
      OptimalityCertificate.verify(scores, problem.rows, problem.columns, maximize, found);
      assertEquals(expected, found.objective(), tolerance(problem));
    }
  }

  @Property(tries = 3000, seed = "2")
  void doubleOptimumEqualsEnumeration(
      @ForAll("smallOfAnyDouble") Problem problem, @ForAll boolean maximize) {
    double expected = enumerate(problem.scores, problem, maximize);
    for (LinearAssignmentSolver solver : solvers()) {
      Assignment found =
          maximize
              ? solver.maximize(problem.scores, problem.rows, problem.columns)
              : solver.minimize(problem.scores, problem.rows, problem.columns);
      OptimalityCertificate.verify(problem.scores, problem.rows, problem.columns, maximize, found);
      assertEquals(expected, found.objective(), tolerance(problem));
    }
  }

  @Property(tries = 150, seed = "3")
  void largerProblemsCarryTheirCertificate(
      @ForAll("larger") Problem problem, @ForAll boolean maximize) {
    float[] scores = problem.rounded();
    for (LinearAssignmentSolver solver : solvers()) {
      Assignment ofFloats =
          maximize
              ? solver.maximize(scores, problem.rows, problem.columns)
              : solver.minimize(scores, problem.rows, problem.columns);
      OptimalityCertificate.verify(scores, problem.rows, problem.columns, maximize, ofFloats);
      Assignment ofDoubles =
          maximize
              ? solver.maximize(problem.scores, problem.rows, problem.columns)
              : solver.minimize(problem.scores, problem.rows, problem.columns);
      OptimalityCertificate.verify(
          problem.scores, problem.rows, problem.columns, maximize, ofDoubles);
    }
  }

  /** The usual solver, which sends small problems to dense search, and one that never does. */
  private static LinearAssignmentSolver[] solvers() {
    return new LinearAssignmentSolver[] {
      new LinearAssignmentSolver(), new LinearAssignmentSolver(1, 0, 0)
    };
  }

  private static double tolerance(Problem problem) {
    double peak = Arrays.stream(problem.scores).map(Math::abs).max().orElse(0);
    return 1e-13 * peak * LARGEST_ENUMERATED;
  }

  /** The best sum over all assignments, by dynamic programming over the sets of columns used. */
  private static double enumerate(double[] scores, Problem problem, boolean maximize) {
    int rows = problem.rows;
    int columns = problem.columns;
    double sign = maximize ? -1 : 1;
    int subsets = 1 << columns;
    double[] best = new double[subsets];
    Arrays.fill(best, Double.POSITIVE_INFINITY);
    best[0] = 0;
    for (int row = 0; row < rows; row++) {
      // With more rows than columns a row may stay without one.
      double[] next = rows > columns ? best.clone() : filled(subsets, Double.POSITIVE_INFINITY);
      for (int set = 0; set < subsets; set++) {
        for (int column = 0; column < columns; column++) {
          if ((set >> column & 1) == 0 && best[set] < Double.POSITIVE_INFINITY) {
            int grown = set | 1 << column;
            next[grown] = Math.min(next[grown], best[set] + sign * scores[row * columns + column]);
          }
        }
      }
      best = next;
    }
    double optimum = Double.POSITIVE_INFINITY;
    for (int set = 0; set < subsets; set++) {
      if (Integer.bitCount(set) == Math.min(rows, columns)) {
        optimum = Math.min(optimum, best[set]);
      }
    }
    return sign * optimum;
  }

  private static double[] filled(int length, double value) {
    double[] array = new double[length];
    Arrays.fill(array, value);
    return array;
  }

  @Provide
  Arbitrary<Problem> small() {
    return problems(SMALL_SIDES, FLOAT_KINDS);
  }

  @Provide
  Arbitrary<Problem> smallOfAnyDouble() {
    return problems(
        SMALL_SIDES, Arbitraries.oneOf(FLOAT_KINDS, Arbitraries.of("vast", "minute", "least")));
  }

  @Provide
  Arbitrary<Problem> larger() {
    return problems(Arbitraries.integers().between(60, 170), FLOAT_KINDS);
  }

  private static Arbitrary<Problem> problems(Arbitrary<Integer> sides, Arbitrary<String> kinds) {
    return Combinators.combine(
            kinds, sides, sides, Arbitraries.of(true, false), Arbitraries.longs())
        .as(
            (kind, rows, columns, square, seed) ->
                problem(kind, rows, square ? rows : columns, new Random(seed)));
  }

  private static Problem problem(String kind, int rows, int columns, Random random) {
    double[] left = random.doubles(rows).map(x -> Math.max(x - 0.3, 0)).toArray();
    double[] right = random.doubles(columns).map(x -> Math.max(x - 0.3, 0)).toArray();
    double[] scores = new double[rows * columns];
    for (int k = 0; k < scores.length; k++) {
      int row = k / columns;
      int column = k % columns;
      scores[k] =
          switch (kind) {
            case "gaussian" -> random.nextGaussian();
            case "ties" -> random.nextInt(4) - 2;
            case "constant" -> -3;
            case "negative" -> -random.nextDouble();
            case "huge" -> random.nextGaussian() * 1e30;
            case "tiny" -> random.nextGaussian() * 1e-30;
            case "subnormal" -> random.nextInt(1000) * (double) Float.MIN_VALUE;
            case "vast" -> random.nextGaussian() * 1e300;
            case "minute" -> random.nextGaussian() * 1e-300;
            case "least" -> random.nextInt(1000) * Double.MIN_VALUE;
            case "mixed" -> random.nextGaussian() * Math.pow(10, random.nextInt(9) - 4);
            case "close" -> 1 + random.nextInt(1000) * 0x1p-40;
            case "rank one" -> left[row] * right[column];
            case "dead units" -> left[row] * right[column] * (1 + random.nextDouble());
            case "duplicates" -> (row % 3) * 0.5 - (column % 4) * (row % 2);
            default -> throw new IllegalArgumentException(kind);
          };
    }
    return new Problem(kind, rows, columns, scores);
  }
}
