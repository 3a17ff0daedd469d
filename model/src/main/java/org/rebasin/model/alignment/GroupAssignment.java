package org.rebasin.model.alignment;

import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.tensor.Tensor;

/** Stand-in until the assignment solver is here. */
final class GroupAssignment {
  Permutation best(int group, Tensor matrix, int moved) {
    int n = matrix.dimension(0);
    float[] s = matrix.toArray();
    double[] u = new double[n + 1];
    double[] v = new double[n + 1];
    int[] p = new int[n + 1];
    int[] way = new int[n + 1];
    for (int i = 1; i <= n; i++) {
      p[0] = i;
      int j0 = 0;
      double[] minv = new double[n + 1];
      java.util.Arrays.fill(minv, Double.MAX_VALUE);
      boolean[] used = new boolean[n + 1];
      do {
        used[j0] = true;
        int i0 = p[j0];
        int j1 = 0;
        double delta = Double.MAX_VALUE;
        for (int j = 1; j <= n; j++) {
          if (!used[j]) {
            double cur = -s[(i0 - 1) * n + j - 1] - u[i0] - v[j];
            if (cur < minv[j]) {
              minv[j] = cur;
              way[j] = j0;
            }
            if (minv[j] < delta) {
              delta = minv[j];
              j1 = j;
            }
          }
        }
        for (int j = 0; j <= n; j++) {
          if (used[j]) {
            u[p[j]] += delta;
            v[j] -= delta;
          } else {
            minv[j] -= delta;
          }
        }
        j0 = j1;
      } while (p[j0] != 0);
      do {
        int j1 = way[j0];
        p[j0] = p[j1];
        j0 = j1;
      } while (j0 != 0);
    }
    int[] out = new int[n];
    for (int j = 1; j <= n; j++) {
      out[p[j] - 1] = j - 1;
    }
    return Permutation.of(out);
  }
}
