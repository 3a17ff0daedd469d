package org.rebasin.model.tensor;

import java.nio.FloatBuffer;

/**
 * Element-wise arithmetic and sums over stretches of native memory, in the calling thread. Every
 * stretch is an index and a length in elements; outputs may be one of the inputs at the same index.
 */
public final class ElementWise {
  private ElementWise() {}

  /** {@code y += alpha·x}. */
  public static void addScaled(
      FloatBuffer y, int yFrom, float alpha, FloatBuffer x, int xFrom, int length) {
    Chunks chunks = Chunks.ofThread();
    float[] p = chunks.first;
    float[] q = chunks.second;
    for (int done = 0; done < length; done += Chunks.LENGTH) {
      int n = Math.min(Chunks.LENGTH, length - done);
      y.get(yFrom + done, p, 0, n);
      x.get(xFrom + done, q, 0, n);
      for (int i = 0; i < n; i++) {
        p[i] += alpha * q[i];
      }
      y.put(yFrom + done, p, 0, n);
    }
  }

  /** {@code y = alpha·a + beta·b}. */
  public static void combine(
      FloatBuffer y, int yFrom, float alpha, FloatBuffer a, float beta, FloatBuffer b, int length) {
    Chunks chunks = Chunks.ofThread();
    float[] p = chunks.first;
    float[] q = chunks.second;
    for (int done = 0; done < length; done += Chunks.LENGTH) {
      int n = Math.min(Chunks.LENGTH, length - done);
      a.get(yFrom + done, p, 0, n);
      b.get(yFrom + done, q, 0, n);
      for (int i = 0; i < n; i++) {
        p[i] = alpha * p[i] + beta * q[i];
      }
      y.put(yFrom + done, p, 0, n);
    }
  }

  /** {@code y += alpha·(a − b)}. */
  public static void addScaledDifference(
      FloatBuffer y, float alpha, FloatBuffer a, FloatBuffer b, int from, int length) {
    Chunks chunks = Chunks.ofThread();
    float[] p = chunks.first;
    float[] q = chunks.second;
    float[] r = chunks.third;
    for (int done = 0; done < length; done += Chunks.LENGTH) {
      int n = Math.min(Chunks.LENGTH, length - done);
      y.get(from + done, p, 0, n);
      a.get(from + done, q, 0, n);
      b.get(from + done, r, 0, n);
      for (int i = 0; i < n; i++) {
        p[i] += alpha * (q[i] - r[i]);
      }
      y.put(from + done, p, 0, n);
    }
  }

  /** {@code y *= alpha}. */
  public static void scale(FloatBuffer y, int from, float alpha, int length) {
    float[] p = Chunks.ofThread().first;
    for (int done = 0; done < length; done += Chunks.LENGTH) {
      int n = Math.min(Chunks.LENGTH, length - done);
      y.get(from + done, p, 0, n);
      for (int i = 0; i < n; i++) {
        p[i] *= alpha;
      }
      y.put(from + done, p, 0, n);
    }
  }

  /** Adds {@code row[columns]} to {@code count} rows of a row-major matrix, the first one given. */
  public static void addToRows(FloatBuffer y, int firstRow, int count, int columns, float[] row) {
    float[] p = Chunks.ofThread().first;
    for (int r = firstRow; r < firstRow + count; r++) {
      for (int done = 0; done < columns; done += Chunks.LENGTH) {
        int n = Math.min(Chunks.LENGTH, columns - done);
        int at = r * columns + done;
        y.get(at, p, 0, n);
        for (int i = 0; i < n; i++) {
          p[i] += row[done + i];
        }
        y.put(at, p, 0, n);
      }
    }
  }

  /** {@code sums[c] = Σ_r x[r, c]}, rows added in their order. */
  public static void sumRows(FloatBuffer x, int rows, int columns, float[] sums) {
    float[] p = Chunks.ofThread().first;
    java.util.Arrays.fill(sums, 0, columns, 0f);
    for (int done = 0; done < columns; done += Chunks.LENGTH) {
      int n = Math.min(Chunks.LENGTH, columns - done);
      for (int r = 0; r < rows; r++) {
        x.get(r * columns + done, p, 0, n);
        for (int i = 0; i < n; i++) {
          sums[done + i] += p[i];
        }
      }
    }
  }

  /** {@code y = x} where {@code x > 0}, else {@code slope·x}; {@code 0 ≤ slope < 1}. */
  public static void leakyRelu(FloatBuffer x, FloatBuffer y, int from, int length, float slope) {
    float[] p = Chunks.ofThread().first;
    for (int done = 0; done < length; done += Chunks.LENGTH) {
      int n = Math.min(Chunks.LENGTH, length - done);
      x.get(from + done, p, 0, n);
      if (slope == 0f) {
        for (int i = 0; i < n; i++) {
          p[i] = Math.max(p[i], 0f);
        }
      } else {
        for (int i = 0; i < n; i++) {
          p[i] = Math.max(p[i], slope * p[i]);
        }
      }
      y.put(from + done, p, 0, n);
    }
  }

  /**
   * The gradient of {@link #leakyRelu}, from its output {@code y}: {@code dx = dy} where {@code y >
   * 0}, else {@code slope·dy}; added to {@code dx} if {@code accumulate}.
   */
  public static void leakyReluGradient(
      FloatBuffer y,
      FloatBuffer dy,
      FloatBuffer dx,
      int from,
      int length,
      float slope,
      boolean accumulate) {
    Chunks chunks = Chunks.ofThread();
    float[] p = chunks.first;
    float[] q = chunks.second;
    for (int done = 0; done < length; done += Chunks.LENGTH) {
      int n = Math.min(Chunks.LENGTH, length - done);
      y.get(from + done, p, 0, n);
      dy.get(from + done, q, 0, n);
      // A comparison would be a branch, wrong half of the time; this becomes vector instructions.
      // The smallest positive number times 2^157 is above 1.
      for (int i = 0; i < n; i++) {
        q[i] *= Math.max(Math.min(p[i] * 0x1p127f * 0x1p30f, 1f), slope);
      }
      if (accumulate) {
        dx.get(from + done, p, 0, n);
        for (int i = 0; i < n; i++) {
          q[i] += p[i];
        }
      }
      dx.put(from + done, q, 0, n);
    }
  }

  /** {@code Σ a·b} in double, added in a fixed order. */
  public static double dot(FloatBuffer a, int aFrom, FloatBuffer b, int bFrom, int length) {
    Chunks chunks = Chunks.ofThread();
    float[] p = chunks.first;
    float[] q = chunks.second;
    double total = 0;
    for (int done = 0; done < length; done += Chunks.LENGTH) {
      int n = Math.min(Chunks.LENGTH, length - done);
      a.get(aFrom + done, p, 0, n);
      b.get(bFrom + done, q, 0, n);
      total += dot(p, q, n);
    }
    return total;
  }

  /** {@code Σ a·b} of the first {@code length} elements, in double, added in a fixed order. */
  public static double dot(float[] a, float[] b, int length) {
    // Four sums side by side: one alone would wait for each addition to end.
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int i = 0;
    for (; i + 3 < length; i += 4) {
      s0 += (double) a[i] * b[i];
      s1 += (double) a[i + 1] * b[i + 1];
      s2 += (double) a[i + 2] * b[i + 2];
      s3 += (double) a[i + 3] * b[i + 3];
    }
    for (; i < length; i++) {
      s0 += (double) a[i] * b[i];
    }
    return (s0 + s1) + (s2 + s3);
  }

  /** The index of the first NaN or infinity among {@code length} elements, or −1. */
  public static int firstNonFinite(FloatBuffer x, int from, int length) {
    float[] p = Chunks.ofThread().first;
    for (int done = 0; done < length; done += Chunks.LENGTH) {
      int n = Math.min(Chunks.LENGTH, length - done);
      x.get(from + done, p, 0, n);
      // v − v is 0 for every finite v and NaN otherwise, so one sum tells of a whole chunk.
      float poison = 0f;
      for (int i = 0; i < n; i++) {
        poison += p[i] - p[i];
      }
      if (poison != 0f) {
        for (int i = 0; i < n; i++) {
          if (!Float.isFinite(p[i])) {
            return from + done + i;
          }
        }
      }
    }
    return -1;
  }
}
