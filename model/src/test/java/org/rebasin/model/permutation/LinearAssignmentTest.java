package org.rebasin.model.permutation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class LinearAssignmentTest {
  /**
   * The objectives that SciPy 1.10's linear_sum_assignment finds for the matrix of {@code size}
   * rows whose element k is {@code x / 2^24}, {@code x} being the upper 24 bits of the state of the
   * generator {@code s ← (1664525·s + 1013904223) mod 2^32} after k + 1 steps from 12345.
   */
  @Test
  void objectivesAreThoseOfSciPy() {
    assertEquals(
        198.46895325183868, LinearAssignment.maximize(matrix(200), 200, 200).objective(), 1e-9);
    assertEquals(
        1.6472240686416626, LinearAssignment.minimize(matrix(200), 200, 200).objective(), 1e-9);
    assertEquals(
        698.4490256905556, LinearAssignment.maximize(matrix(700), 700, 700).objective(), 1e-9);
    assertEquals(
        1.6985320448875427, LinearAssignment.minimize(matrix(700), 700, 700).objective(), 1e-9);
  }

  private static float[] matrix(int size) {
    float[] matrix = new float[size * size];
    long state = 12345;
    for (int k = 0; k < matrix.length; k++) {
      state = (1664525 * state + 1013904223) & 0xFFFFFFFFL;
      matrix[k] = (state >>> 8) * 0x1p-24f;
    }
    return matrix;
  }

  @Test
  void scoresThatAreNotFiniteAreNamed() {
    float[] scores = new float[12];
    scores[7] = Float.NaN;
    String message =
        assertThrows(IllegalArgumentException.class, () -> LinearAssignment.maximize(scores, 3, 4))
            .getMessage();
    assertEquals(true, message.contains("1") && message.contains("3") && message.contains("NaN"));
    assertThrows(
        IllegalArgumentException.class,
        () -> LinearAssignment.minimize(new double[] {1, Double.NEGATIVE_INFINITY}, 1, 2));
    assertThrows(
        IllegalArgumentException.class, () -> LinearAssignment.minimize(new float[5], 2, 3));
  }

  @Test
  void anEmptyProblemHasAnEmptyAnswer() {
    assertEquals(0, LinearAssignment.maximize(new float[0], 0, 5).columnOfRow().length);
    assertEquals(0, LinearAssignment.maximize(new float[0], 0, 0).objective());
  }
}
