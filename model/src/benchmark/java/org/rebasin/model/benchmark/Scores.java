package org.rebasin.model.benchmark;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Score matrices of known kinds, drawn from a seed. */
final class Scores {
  private Scores() {}

  static float[] uniform(int size) {
    SplittableRandom random = new SplittableRandom(1);
    float[] scores = new float[size * size];
    for (int k = 0; k < scores.length; k++) {
      scores[k] = (float) random.nextDouble();
    }
    return scores;
  }

  static float[] gaussian(int rows, int columns, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] scores = new float[rows * columns];
    for (int k = 0; k < scores.length; k++) {
      scores[k] = (float) random.nextGaussian();
    }
    return scores;
  }

  /** {@code W₁·W₂ᵀ} of two Gaussian matrices of a sixteenth of the rank. */
  static float[] lowRank(int size) {
    int rank = size / 16;
    float[] left = gaussian(size, rank, 2);
    float[] right = gaussian(size, rank, 3);
    float[] scores = new float[size * size];
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        float sum = 0;
        for (int p = 0; p < rank; p++) {
          sum += left[i * rank + p] * right[j * rank + p];
        }
        scores[i * size + j] = sum;
      }
    }
    return scores;
  }

  static float[] constant(int size) {
    float[] scores = new float[size * size];
    Arrays.fill(scores, 0.5f);
    return scores;
  }

  static float[] integers(int size) {
    SplittableRandom random = new SplittableRandom(4);
    float[] scores = new float[size * size];
    for (int k = 0; k < scores.length; k++) {
      scores[k] = random.nextInt(10);
    }
    return scores;
  }

  static float[] zeroRows(int size) {
    float[] scores = gaussian(size, size, 5);
    for (int i = 0; i < size; i += 3) {
      Arrays.fill(scores, i * size, (i + 1) * size, 0f);
    }
    return scores;
  }

  static float[] duplicateColumns(int size) {
    float[] scores = gaussian(size, size, 6);
    for (int i = 0; i < size; i++) {
      for (int j = 1; j < size; j += 2) {
        scores[i * size + j] = scores[i * size + j - 1];
      }
    }
    return scores;
  }
}
