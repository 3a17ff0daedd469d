package org.rebasin.model.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rebasin.model.testing.RandomWeights;

class GemmTest {
  @ParameterizedTest
  @CsvSource({"1,1,1", "3,5,7", "31,64,9", "64,130,257", "600,70,90", "1100,40,60"})
  void productEqualsTheNaiveOneInDoubleForAllTranspositions(int m, int n, int k) {
    for (boolean transposeA : new boolean[] {false, true}) {
      for (boolean transposeB : new boolean[] {false, true}) {
        for (float beta : new float[] {0, 1}) {
          try (Tensor a = RandomWeights.gaussian(1, transposeA ? k : m, transposeA ? m : k);
              Tensor b = RandomWeights.gaussian(2, transposeB ? n : k, transposeB ? k : n);
              Tensor c = RandomWeights.gaussian(3, m, n)) {
            Matrix left = transposeA ? a.matrix().transpose() : a.matrix();
            Matrix right = transposeB ? b.matrix().transpose() : b.matrix();
            double[] expected = naive(left, right, beta, c.matrix());

            Gemm.multiply(left, right, beta, c.matrix());

            assertClose(expected, c.toArray(), k);
          }
        }
      }
    }
  }

  @Test
  void productOfPartsOfMatricesReadsAndWritesThosePartsOnly() {
    try (Tensor a = RandomWeights.gaussian(1, 20, 30);
        Tensor b = RandomWeights.gaussian(2, 25, 40);
        Tensor c = RandomWeights.gaussian(3, 50, 60)) {
      Matrix left = a.matrix().transpose().rows(4, 11).columns(3, 9);
      Matrix right = b.matrix().rows(7, 9).columns(20, 13);
      Matrix target = c.matrix().rows(30, 11).columns(40, 13);
      float[] before = c.toArray();
      double[] expected = naive(left, right, 1, target);

      Gemm.multiply(left, right, 1, target);

      float[] after = c.toArray();
      float[] part = new float[11 * 13];
      for (int r = 0; r < 50; r++) {
        for (int col = 0; col < 60; col++) {
          boolean inside = r >= 30 && r < 41 && col >= 40 && col < 53;
          if (inside) {
            part[(r - 30) * 13 + col - 40] = after[r * 60 + col];
          } else {
            assertEquals(before[r * 60 + col], after[r * 60 + col]);
          }
        }
      }
      assertClose(expected, part, 9);
    }
  }

  @Test
  void betaZeroOverwritesWhateverWasThere() {
    try (Tensor a = RandomWeights.gaussian(1, 40, 300);
        Tensor b = RandomWeights.gaussian(2, 300, 200);
        Tensor poisoned = Tensor.allocate(40, 200);
        Tensor clean = Tensor.allocate(40, 200)) {
      for (int i = 0; i < poisoned.size(); i++) {
        poisoned.values().put(i, Float.NaN);
      }
      Gemm.multiply(a.matrix(), b.matrix(), 0, poisoned.matrix());
      Gemm.multiply(a.matrix(), b.matrix(), 0, clean.matrix());

      assertArrayEquals(clean.toArray(), poisoned.toArray());
    }
  }

  @ParameterizedTest
  @CsvSource({"33,257,259", "513,64,65", "1025,80,40", "1536,30,50"})
  void productHasTheBitsOfItsTilesComputedOneByOne(int m, int n, int k) {
    try (Tensor a = RandomWeights.gaussian(1, k, m);
        Tensor b = RandomWeights.gaussian(2, k, n);
        Tensor whole = RandomWeights.gaussian(3, m, n);
        Tensor tiled = RandomWeights.gaussian(3, m, n)) {
      Matrix left = a.matrix().transpose();
      Gemm.multiply(left, b.matrix(), 1, whole.matrix());

      int tile = Gemm.tileRows(m, n, k);
      assertTrue(tile < m, "the example must have several tiles");
      for (int from = 0; from < m; from += tile) {
        int count = Math.min(tile, m - from);
        Gemm.multiplyTile(left.rows(from, count), b.matrix(), 1, tiled.matrix().rows(from, count));
      }

      assertArrayEquals(tiled.toArray(), whole.toArray());
    }
  }

  @Test
  void concurrentCallersGetTheBitsOfALoneOne() throws Exception {
    ExecutorService callers = Executors.newFixedThreadPool(4);
    try (Tensor a = RandomWeights.gaussian(1, 700, 120);
        Tensor b = RandomWeights.gaussian(2, 120, 90)) {
      float[] alone = product(a, b);
      List<Future<float[]>> together = new ArrayList<>();
      for (int caller = 0; caller < 16; caller++) {
        Callable<float[]> task = () -> product(a, b);
        together.add(callers.submit(task));
      }
      for (Future<float[]> one : together) {
        assertArrayEquals(alone, one.get());
      }
    } finally {
      callers.shutdown();
    }
  }

  @Test
  void eachTileIsReportedOnceAfterItsRowsAreDone() {
    try (Tensor a = RandomWeights.gaussian(1, 1100, 64);
        Tensor b = RandomWeights.gaussian(2, 64, 64);
        Tensor c = Tensor.allocate(1100, 64);
        Tensor reference = Tensor.allocate(1100, 64)) {
      Gemm.multiply(a.matrix(), b.matrix(), 0, reference.matrix());
      int tile = Gemm.tileRows(1100, 64, 64);
      ConcurrentLinkedQueue<Integer> reported = new ConcurrentLinkedQueue<>();
      ConcurrentLinkedQueue<Integer> unfinished = new ConcurrentLinkedQueue<>();

      Gemm.multiply(
          a.matrix(),
          b.matrix(),
          0,
          c.matrix(),
          row -> {
            reported.add(row);
            for (int i = row * 64; i < Math.min(1100, row + tile) * 64; i++) {
              if (c.values().get(i) != reference.values().get(i)) {
                unfinished.add(i);
              }
            }
          });

      List<Integer> expected = new ArrayList<>();
      for (int row = 0; row < 1100; row += tile) {
        expected.add(row);
      }
      assertEquals(expected, reported.stream().sorted().toList());
      assertEquals(List.of(), List.copyOf(unfinished));
    }
  }

  @Test
  void shapesThatDoNotFitAreRefusedWithAllOfThem() {
    try (Tensor a = Tensor.allocate(2, 3);
        Tensor b = Tensor.allocate(4, 5);
        Tensor c = Tensor.allocate(2, 5)) {
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> Gemm.multiply(a.matrix(), b.matrix(), 0, c.matrix()))
              .getMessage();
      assertEquals("cannot multiply [2, 3] by [4, 5] into [2, 5]", message);
    }
  }

  @Test
  void transposedTargetIsRefused() {
    try (Tensor a = Tensor.allocate(2, 3);
        Tensor b = Tensor.allocate(3, 2);
        Tensor c = Tensor.allocate(2, 2)) {
      IllegalArgumentException refused =
          assertThrows(
              IllegalArgumentException.class,
              () -> Gemm.multiply(a.matrix(), b.matrix(), 0, c.matrix().transpose()));
      assertTrue(refused.getMessage().endsWith("into [2, 2] transposed"), refused.getMessage());
    }
  }

  private static float[] product(Tensor a, Tensor b) {
    try (Tensor c = Tensor.allocate(a.dimension(0), b.dimension(1))) {
      Gemm.multiply(a.matrix(), b.matrix(), 0, c.matrix());
      return c.toArray();
    }
  }

  private static double[] naive(Matrix a, Matrix b, double beta, Matrix c) {
    double[] product = new double[c.rows() * c.columns()];
    for (int r = 0; r < c.rows(); r++) {
      for (int col = 0; col < c.columns(); col++) {
        double sum = beta == 0 ? 0 : beta * at(c, r, col);
        for (int i = 0; i < a.columns(); i++) {
          sum += (double) at(a, r, i) * at(b, i, col);
        }
        product[r * c.columns() + col] = sum;
      }
    }
    return product;
  }

  private static float at(Matrix matrix, int row, int column) {
    int storedRow = matrix.transposed() ? column : row;
    int storedColumn = matrix.transposed() ? row : column;
    return matrix.values().get(matrix.offset() + storedRow * matrix.stride() + storedColumn);
  }

  /** Factors are standard normal: rounding stays far below one part in a million of all terms. */
  private static void assertClose(double[] expected, float[] found, int terms) {
    assertEquals(expected.length, found.length);
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], found[i], 1e-6 * (1 + terms), "element " + i);
    }
  }
}
