package org.rebasin.model.permutation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LinearAssignmentTest {
  /**
   * Objectives of scipy.optimize.linear_sum_assignment on scores (s >> 8) / 2^24 in row-major
   * order, where s ← (1664525 s + 1013904223) mod 2^32 from s = 7. Such scores are exact in float
   * and their sums exact in double.
   */
  @ParameterizedTest
  @CsvSource({
    "300, 300, 298.28136360645294, 1.669323742389679",
    "120, 310, 119.48575502634048, 0.4953696131706238",
    "310, 120, 119.48789465427399, 0.49730974435806274"
  })
  void objectiveEqualsThatOfSciPy(int rows, int columns, double largest, double smallest) {
    float[] scores = new float[rows * columns];
    fill(scores, 7, 1);
    double[] exact = OptimalityCertificate.widened(scores);
    assertEquals(largest, LinearAssignment.maximize(scores, rows, columns).objective());
    assertEquals(smallest, LinearAssignment.minimize(scores, rows, columns).objective());
    assertEquals(largest, LinearAssignment.maximize(exact, rows, columns).objective());
    assertEquals(smallest, LinearAssignment.minimize(exact, rows, columns).objective());
  }

  /**
   * As above, on U Wᵀ with U and W [256, 12] of max(⌊16 x⌋ − 10, 0), x the numbers from seeds 11
   * and 13: many ties, and structure as of activations.
   */
  @Test
  void objectiveOfTiedLowRankScoresEqualsThatOfSciPy() {
    int size = 256;
    int rank = 12;
    float[] left = new float[size * rank];
    float[] right = new float[size * rank];
    fill(left, 11, 16);
    fill(right, 13, 16);
    float[] scores = new float[size * size];
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        for (int k = 0; k < rank; k++) {
          double u = Math.max(Math.floor(left[i * rank + k]) - 10, 0);
          double w = Math.max(Math.floor(right[j * rank + k]) - 10, 0);
          scores[i * size + j] += (float) (u * w);
        }
      }
    }
    assertEquals(9021.0, LinearAssignment.maximize(scores, size, size).objective());
  }

  @ParameterizedTest
  @ValueSource(strings = {"noise", "activations", "rank one", "constant", "integers", "duplicates"})
  void resultOnLargeScoresCarriesItsCertificate(String kind) {
    int size = 400;
    float[] scores = large(kind, size);
    LinearAssignmentSolver solver = new LinearAssignmentSolver();
    Assignment largest = solver.maximize(scores, size, size);
    OptimalityCertificate.verify(scores, size, size, true, largest);
    OptimalityCertificate.verify(scores, size, size, false, solver.minimize(scores, size, size));
    assertEquals(largest, LinearAssignment.maximize(scores, size, size), "repeated");
  }

  @Test
  void solverIsUnaffectedByWhatItSolvedBefore() {
    LinearAssignmentSolver solver = new LinearAssignmentSolver();
    for (int size : new int[] {200, 30, 130, 300, 1, 600, 200}) {
      float[] scores = large("activations", size);
      assertEquals(
          LinearAssignment.maximize(scores, size, size), solver.maximize(scores, size, size));
      double[] exact = OptimalityCertificate.widened(scores);
      assertEquals(
          LinearAssignment.minimize(exact, size, size), solver.minimize(exact, size, size));
    }
  }

  /** Large enough for passes over the rows to be made in several blocks. */
  @ParameterizedTest
  @CsvSource({"600, 600, 1", "500, 700, 1", "700, 500, 1", "530, 530, 1e30"})
  void largeProblemsAreSolvedInBlocks(int rows, int columns, float scale) {
    Random random = new Random(rows);
    float[] scores = new float[rows * columns];
    for (int k = 0; k < scores.length; k++) scores[k] = scale * (float) random.nextGaussian();
    LinearAssignmentSolver solver = new LinearAssignmentSolver();
    Assignment largest = solver.maximize(scores, rows, columns);
    OptimalityCertificate.verify(scores, rows, columns, true, largest);
    assertEquals(largest, solver.maximize(scores, rows, columns), "repeated");
  }

  @Test
  void denseSearchFinishesWhatSparseSearchBegan() {
    // No list ever pays on equal rows of distinct costs: each search has to go past all earlier
    // rows.
    int size = 150;
    float[] scores = new float[size * size];
    for (int k = 0; k < scores.length; k++) scores[k] = (k % size) * (k % size) % 101;
    LinearAssignmentSolver solver = new LinearAssignmentSolver(1, 0, size + 1);
    OptimalityCertificate.verify(scores, size, size, true, solver.maximize(scores, size, size));
  }

  @Test
  void warmStartKeepsTheOptimum() {
    int size = 300;
    Random random = new Random(5);
    LinearAssignmentSolver solver = new LinearAssignmentSolver();
    float[] scores = large("noise", size);
    double[] duals = LinearAssignment.maximize(scores, size, size).columnDuals();
    for (double changed : new double[] {0, 0.01, 0.3, 1}) {
      for (int i = 0; i < size; i++) {
        if (random.nextDouble() >= changed) continue;
        for (int j = 0; j < size; j++) scores[i * size + j] = (float) random.nextGaussian();
      }
      Assignment warm = solver.maximize(FloatBuffer.wrap(scores), size, size, duals);
      OptimalityCertificate.verify(scores, size, size, true, warm);
      double cold = LinearAssignment.maximize(scores, size, size).objective();
      assertEquals(cold, warm.objective(), 1e-12 * Math.abs(cold));
      duals = warm.columnDuals();
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1e3, 1e40, Double.MAX_VALUE})
  void misleadingDualsDoNotChangeTheOptimum(double size) {
    int rows = 140;
    float[] scores = large("activations", rows);
    double[] duals = new Random(3).doubles(rows, -size / 2, size == 0 ? 1 : size / 2).toArray();
    LinearAssignmentSolver solver = new LinearAssignmentSolver();
    Assignment warm = solver.minimize(FloatBuffer.wrap(scores), rows, rows, duals);
    OptimalityCertificate.verify(scores, rows, rows, false, warm);
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e6, -1e8, 1e10, -1e12})
  void commonOffsetOfTheDualsCostsNoPrecision(double offset) {
    int size = 140;
    float[] scores = large("noise", size);
    Assignment cold = LinearAssignment.maximize(scores, size, size);
    double[] shifted = Arrays.stream(cold.columnDuals()).map(dual -> dual + offset).toArray();
    LinearAssignmentSolver solver = new LinearAssignmentSolver();
    Assignment warm = solver.maximize(FloatBuffer.wrap(scores), size, size, shifted);
    OptimalityCertificate.verify(scores, size, size, true, warm);
    assertArrayEquals(cold.columnOfRow(), warm.columnOfRow());
  }

  @ParameterizedTest
  @CsvSource({"90, 200", "200, 90"})
  void warmStartOfARectangularProblemKeepsTheOptimum(int rows, int columns) {
    float[] scores = new float[rows * columns];
    fill(scores, 3, 1);
    LinearAssignmentSolver solver = new LinearAssignmentSolver();
    Assignment cold = solver.maximize(scores, rows, columns);
    double[] duals = cold.columnDuals();
    assertEquals(cold, solver.maximize(FloatBuffer.wrap(scores), rows, columns, duals));
  }

  @Test
  void nearlyEqualDoublesAreToldApart() {
    int size = 150;
    Random random = new Random(8);
    double[] scores = new double[size * size];
    // As floats all of these are 1; their sums are exact in double.
    for (int k = 0; k < scores.length; k++) scores[k] = 1 + random.nextInt(1 << 20) * 0x1p-44;
    Assignment found = LinearAssignment.maximize(scores, size, size);
    double[] integers = new double[scores.length];
    for (int k = 0; k < scores.length; k++) integers[k] = (scores[k] - 1) * 0x1p44;
    Assignment expected = LinearAssignment.maximize(integers, size, size);
    OptimalityCertificate.verify(integers, size, size, true, expected);
    assertEquals(size + expected.objective() * 0x1p-44, found.objective());
  }

  @Test
  void directBufferIsReadFromItsPositionAndLeftAsItWas() {
    FloatBuffer buffer =
        ByteBuffer.allocateDirect(5 * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
    buffer.put(new float[] {9, 1, 2, 4, 3}).position(1);
    Assignment found = new LinearAssignmentSolver().maximize(buffer, 2, 2);
    assertArrayEquals(new int[] {1, 0}, found.columnOfRow());
    assertEquals(6, found.objective());
    assertEquals(1, buffer.position());
  }

  @Test
  void inputIsNotModified() {
    float[] scores = large("activations", 150);
    float[] before = scores.clone();
    double[] exact = OptimalityCertificate.widened(scores);
    LinearAssignment.maximize(scores, 150, 150);
    LinearAssignment.maximize(exact, 150, 150);
    assertArrayEquals(before, scores);
    assertArrayEquals(OptimalityCertificate.widened(before), exact);
  }

  @Test
  void rowsLeftOutAreUnassigned() {
    Assignment found = LinearAssignment.minimize(new float[] {3, 1, 2}, 3, 1);
    assertArrayEquals(
        new int[] {Assignment.UNASSIGNED, 0, Assignment.UNASSIGNED}, found.columnOfRow());
    assertEquals(1, found.objective());
  }

  @Test
  void emptyProblemsHaveEmptyAssignments() {
    assertEquals(0, LinearAssignment.maximize(new float[0], 0, 4).columnOfRow().length);
    assertEquals(0, LinearAssignment.minimize(new double[0], 0, 0).objective());
    int[] none = LinearAssignment.maximize(new double[0], 2, 0).columnOfRow();
    assertTrue(Arrays.stream(none).allMatch(column -> column == Assignment.UNASSIGNED));
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void scoreThatIsNotFiniteIsRefusedByPlaceAndValue(float bad) {
    for (int columns : new int[] {2, 5, 200}) {
      float[] scores = new float[3 * columns];
      scores[2 * columns + 1] = bad;
      double[] exact = OptimalityCertificate.widened(scores);
      String expected =
          "linear assignment: expected finite scores, found " + bad + " in row 2, column 1";
      assertRefused(expected, () -> LinearAssignment.maximize(scores, 3, columns));
      assertRefused(expected, () -> LinearAssignment.minimize(exact, 3, columns));
    }
  }

  @Test
  void sizesThatDisagreeAreRefused() {
    assertRefused(
        "linear assignment: expected rows * columns scores, found 2 rows, 3 columns and 5 scores",
        () -> LinearAssignment.maximize(new float[5], 2, 3));
    FloatBuffer scores = FloatBuffer.allocate(4);
    LinearAssignmentSolver solver = new LinearAssignmentSolver();
    assertRefused(
        "linear assignment: expected 2 column duals, found 3",
        () -> solver.maximize(scores, 2, 2, new double[3]));
    assertRefused(
        "linear assignment: expected finite column duals, found NaN for column 1",
        () -> solver.maximize(scores, 2, 2, new double[] {0, Double.NaN}));
  }

  private static void assertRefused(String message, Runnable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call::run).getMessage());
  }

  private static void fill(float[] target, long seed, float scale) {
    long state = seed;
    for (int k = 0; k < target.length; k++) {
      state = (state * 1664525 + 1013904223) & 0xFFFFFFFFL;
      target[k] = (state >> 8) * 0x1p-24f * scale;
    }
  }

  private static float[] large(String kind, int size) {
    Random random = new Random(size);
    int rank = kind.equals("rank one") ? 1 : 6;
    double[][] left = rectified(random, size, rank);
    double[][] right = rectified(random, size, rank);
    float[] scores = new float[size * size];
    for (int k = 0; k < scores.length; k++) {
      int row = k / size;
      int column = k % size;
      scores[k] =
          switch (kind) {
            case "noise" -> (float) random.nextGaussian();
            case "constant" -> 5;
            case "integers" -> random.nextInt(10);
            case "duplicates" -> (float) left[row / 8][0] * (column / 8);
            default -> (float) dot(left[row], right[column]);
          };
    }
    return scores;
  }

  /** Some rows are all zero, as of dead units. */
  private static double[][] rectified(Random random, int rows, int rank) {
    double[][] values = new double[rows][rank];
    for (double[] row : values) {
      if (random.nextInt(6) == 0) continue;
      for (int k = 0; k < rank; k++) row[k] = Math.max(random.nextGaussian(), 0);
    }
    return values;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int k = 0; k < a.length; k++) sum += a[k] * b[k];
    return sum;
  }
}
