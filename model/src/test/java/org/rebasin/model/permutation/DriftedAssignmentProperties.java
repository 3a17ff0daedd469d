package org.rebasin.model.permutation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class DriftedAssignmentProperties {
  private static float[] gaussian(SplittableRandom random, int count, double deviation) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (deviation * random.nextGaussian());
    }
    return values;
  }

  private static double total(float[] scores, Permutation assignment) {
    double sum = 0;
    for (int row = 0; row < assignment.size(); row++) {
      sum += scores[row * assignment.size() + assignment.get(row)];
    }
    return sum;
  }

  private static void drift(float[] scores, float[] change) {
    for (int i = 0; i < scores.length; i++) {
      scores[i] += change[i];
    }
  }

  @Property(tries = 300, seed = "1")
  void whatItCallsBestIsBestAndTheDualsProveIt(
      @ForAll @IntRange(min = 1, max = 150) int size,
      @ForAll @IntRange(max = 6) int decimals,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] scores = gaussian(random, size * size, 1);
    Assignment solved = LinearAssignment.maximize(scores, size, size);
    Permutation now = Permutation.of(solved.columnOfRow());
    drift(scores, gaussian(random, size * size, Math.pow(10, -decimals)));
    double[] duals = solved.columnDuals();
    boolean best = new DriftedAssignment().isBest(FloatBuffer.wrap(scores), now, duals);
    double optimum = LinearAssignment.maximize(scores, size, size).objective();
    double rounding = 1e-5 * size;
    assertTrue(!best || total(scores, now) >= optimum - rounding);
    if (best) {
      for (int row = 0; row < size; row++) {
        double own = scores[row * size + now.get(row)] - duals[now.get(row)];
        for (int column = 0; column < size; column++) {
          assertTrue(own >= scores[row * size + column] - duals[column] - 1e-5);
        }
      }
    }
  }

  @Property(tries = 100, seed = "2")
  void anAssignmentThatStaysAheadIsCalledBest(
      @ForAll @IntRange(min = 1, max = 150) int size, @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] scores = gaussian(random, size * size, 1);
    int[] planted = new int[size];
    for (int row = 0; row < size; row++) {
      planted[row] = (row * 7 + 3) % size;
    }
    Permutation now = size % 7 == 0 ? Permutation.identity(size) : Permutation.of(planted);
    for (int row = 0; row < size; row++) {
      scores[row * size + now.get(row)] += 12;
    }
    double[] duals = LinearAssignment.maximize(scores, size, size).columnDuals();
    drift(scores, gaussian(random, size * size, 0.3));
    assertTrue(new DriftedAssignment().isBest(FloatBuffer.wrap(scores), now, duals));
  }

  @Property(tries = 100, seed = "3")
  void anAssignmentThatAnExchangeImprovesIsNot(
      @ForAll @IntRange(min = 2, max = 150) int size, @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] scores = gaussian(random, size * size, 1);
    Assignment solved = LinearAssignment.maximize(scores, size, size);
    Permutation now = Permutation.of(solved.columnOfRow());
    int row = random.nextInt(size);
    int other = (row + 1 + random.nextInt(size - 1)) % size;
    scores[row * size + now.get(other)] += 10;
    scores[other * size + now.get(row)] += 10;
    double[] duals = solved.columnDuals();
    assertFalse(new DriftedAssignment().isBest(FloatBuffer.wrap(scores), now, duals));
    assertEquals(0, Arrays.compare(solved.columnDuals(), duals), "duals changed");
  }

  @Property(tries = 60, seed = "4")
  void aSolutionFromDriftedDualsIsExact(
      @ForAll @IntRange(min = 60, max = 200) int size,
      @ForAll @IntRange(max = 6) int decimals,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] scores = gaussian(random, size * size, 1);
    double[] duals = LinearAssignment.maximize(scores, size, size).columnDuals();
    drift(scores, gaussian(random, size * size, Math.pow(10, -decimals)));
    Assignment found =
        new LinearAssignmentSolver().maximizeDrifted(FloatBuffer.wrap(scores), size, size, duals);
    OptimalityCertificate.verify(scores, size, size, true, found);
    double optimum = LinearAssignment.maximize(scores, size, size).objective();
    assertEquals(optimum, found.objective(), 1e-9 * (1 + Math.abs(optimum)));
  }

  @Example
  void scoresOfAnotherSizeAreRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new DriftedAssignment()
                .isBest(FloatBuffer.wrap(new float[8]), Permutation.identity(3), new double[3]));
  }
}
