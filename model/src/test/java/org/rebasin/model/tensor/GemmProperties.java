package org.rebasin.model.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class GemmProperties {
  @Property(tries = 100, seed = "1")
  void productsEqualThoseOfTheDefinition(
      @ForAll @IntRange(min = 1, max = 70) int m,
      @ForAll @IntRange(min = 1, max = 70) int n,
      @ForAll @IntRange(min = 1, max = 70) int k,
      @ForAll boolean transposeA,
      @ForAll boolean transposeB,
      @ForAll boolean add,
      @ForAll long seed) {
    check(m, n, k, transposeA, transposeB, add, seed);
  }

  /** Large enough for several tiles, on several threads. */
  @Property(tries = 6, seed = "1")
  void tiledProductsEqualThoseOfTheDefinition(
      @ForAll @IntRange(min = 200, max = 1300) int m,
      @ForAll boolean transposeA,
      @ForAll long seed) {
    check(m, 130, 90, transposeA, false, true, seed);
  }

  private static void check(
      int m, int n, int k, boolean transposeA, boolean transposeB, boolean add, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    try (Tensor a = random(random, transposeA ? k : m, transposeA ? m : k);
        Tensor b = random(random, transposeB ? n : k, transposeB ? k : n);
        Tensor c = random(random, m, n)) {
      float[] before = c.toArray();
      Matrix left = transposeA ? a.matrix().transpose() : a.matrix();
      Matrix right = transposeB ? b.matrix().transpose() : b.matrix();
      Gemm.multiply(left, right, add ? 1 : 0, c.matrix());
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
          double expected = add ? before[i * n + j] : 0;
          for (int p = 0; p < k; p++) {
            expected += (double) at(left, i, p) * at(right, p, j);
          }
          assertEquals(expected, c.values().get(i * n + j), 1e-5 * k);
        }
      }
    }
  }

  @Property(tries = 5, seed = "1")
  void aResultHasTheSameBitsWhetherTilesRunSideBySideOrOneByOne(
      @ForAll @IntRange(min = 500, max = 1200) int m, @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    try (Tensor a = random(random, m, 96);
        Tensor b = random(random, 96, 64);
        Tensor together = Tensor.allocate(m, 64);
        Tensor oneByOne = Tensor.allocate(m, 64)) {
      Gemm.multiply(a.matrix(), b.matrix(), 0, together.matrix());
      int rows = Gemm.tileRows(m, 64, 96);
      for (int from = 0; from < m; from += rows) {
        int count = Math.min(rows, m - from);
        Gemm.multiplyTile(
            a.matrix().rows(from, count), b.matrix(), 0, oneByOne.matrix().rows(from, count));
      }
      assertArrayEquals(oneByOne.toArray(), together.toArray());
    }
  }

  private static float at(Matrix matrix, int row, int column) {
    return matrix
        .values()
        .get(
            matrix.offset()
                + (matrix.transposed()
                    ? column * matrix.stride() + row
                    : row * matrix.stride() + column));
  }

  private static Tensor random(SplittableRandom random, int... shape) {
    Tensor tensor = Tensor.allocate(shape);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.values().put(i, (float) random.nextDouble(-1, 1));
    }
    return tensor;
  }
}
