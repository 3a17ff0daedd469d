package org.rebasin.model.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class CoMomentsProperties {
  /** Samples of two sides, [samples][channels]; b is made partly of a, so that they correlate. */
  private record Samples(float[][] a, float[][] b) {
    static Samples of(long seed, int samples, int channels, double mean) {
      Random random = new Random(seed);
      float[][] a = new float[samples][channels];
      float[][] b = new float[samples][channels];
      for (int s = 0; s < samples; s++) {
        for (int c = 0; c < channels; c++) {
          a[s][c] = (float) (mean * (c + 1) + random.nextGaussian());
          b[s][c] = (float) (a[s][(c + 1) % channels] + 0.5 * random.nextGaussian() - mean);
        }
      }
      return new Samples(a, b);
    }

    int channels() {
      return a[0].length;
    }

    double coMoment(int i, int j) {
      double meanA = 0;
      double meanB = 0;
      for (int s = 0; s < a.length; s++) {
        meanA += a[s][i] / (double) a.length;
        meanB += b[s][j] / (double) a.length;
      }
      double sum = 0;
      for (int s = 0; s < a.length; s++) {
        sum += (a[s][i] - meanA) * (b[s][j] - meanB);
      }
      return sum;
    }

    CoMoments moments(int from, int to, int batch) {
      CoMoments moments = new CoMoments(channels());
      try (CoMoments.Workspace workspace = new CoMoments.Workspace(channels())) {
        for (int at = from; at < to; at += batch) {
          int count = Math.min(batch, to - at);
          try (Tensor first = matrix(a, at, count);
              Tensor second = matrix(b, at, count)) {
            moments.add(first.values(), second.values(), count, workspace);
          }
        }
      }
      return moments;
    }

    private static Tensor matrix(float[][] rows, int from, int count) {
      Tensor tensor = Tensor.allocate(count, rows[0].length);
      for (int r = 0; r < count; r++) {
        tensor.values().put(r * rows[0].length, rows[from + r]);
      }
      return tensor;
    }
  }

  @Property(tries = 40, seed = "1")
  void momentsAreThoseOfTheDefinitionInDoubleWhateverTheMeansAndTheBatches(
      @ForAll @IntRange(min = 0, max = 1000) int seed,
      @ForAll @IntRange(min = 2, max = 300) int samples,
      @ForAll @IntRange(min = 1, max = 20) int channels,
      @ForAll @IntRange(min = 1, max = 120) int batch,
      @ForAll @IntRange(min = 0, max = 300) int mean) {
    Samples data = Samples.of(seed, samples, channels, mean);
    try (CoMoments moments = data.moments(0, samples, batch)) {
      assertEquals(samples, moments.count());
      for (int i = 0; i < channels; i++) {
        double[] row = moments.coMoments(i);
        for (int j = 0; j < channels; j++) {
          // The deviations are 1 and about 1.1.
          assertEquals(data.coMoment(i, j), row[j], 1e-5 * samples);
          assertEquals(row[j], moments.coMoment(i, j));
        }
        Samples own = new Samples(data.a(), data.a());
        assertEquals(own.coMoment(i, i), moments.first().squares(i), 1e-5 * samples);
        own = new Samples(data.b(), data.b());
        assertEquals(own.coMoment(i, i), moments.second().squares(i), 1e-5 * samples);
      }
    }
  }

  @Property(tries = 40, seed = "2")
  void partsComputedApartCombineToTheWhole(
      @ForAll @IntRange(min = 0, max = 1000) int seed,
      @ForAll @IntRange(min = 1, max = 100) int first,
      @ForAll @IntRange(min = 1, max = 100) int second,
      @ForAll @IntRange(min = 1, max = 20) int channels) {
    Samples data = Samples.of(seed, first + second, channels, 10);
    try (CoMoments whole = data.moments(0, first + second, 64);
        CoMoments one = data.moments(0, first, 30);
        CoMoments other = data.moments(first, first + second, 30);
        CoMoments none = new CoMoments(channels)) {
      one.combine(none);
      none.combine(other);
      one.combine(none);
      assertEquals(whole.count(), one.count());
      for (int i = 0; i < channels; i++) {
        assertEquals(whole.first().mean(i), one.first().mean(i), 1e-5);
        assertEquals(whole.second().variance(i), one.second().variance(i), 1e-5);
        assertArrayEquals(whole.coMoments(i), one.coMoments(i), 1e-5 * (first + second));
      }
    }
  }

  @Property(tries = 20, seed = "3")
  void theOrderOfThePartsMattersToRoundingOnly(
      @ForAll @IntRange(min = 0, max = 1000) int seed,
      @ForAll @IntRange(min = 1, max = 30) int channels) {
    Samples data = Samples.of(seed, 90, channels, 5);
    List<double[]> rows = new ArrayList<>();
    for (int[] order : new int[][] {{0, 1, 2}, {2, 0, 1}}) {
      try (CoMoments sum = new CoMoments(channels)) {
        for (int part : order) {
          try (CoMoments moments = data.moments(30 * part, 30 * part + 30, 30)) {
            sum.combine(moments);
          }
        }
        rows.add(sum.coMoments(0));
      }
    }
    assertArrayEquals(rows.get(0), rows.get(1), 1e-9 * 90);
  }

  @Property(tries = 20, seed = "4")
  void storedMomentsGoOnAsIfTheyHadNeverBeenStored(
      @ForAll @IntRange(min = 0, max = 1000) int seed,
      @ForAll @IntRange(min = 1, max = 30) int channels) {
    Samples data = Samples.of(seed, 120, channels, 3);
    try (CoMoments moments = data.moments(0, 70, 20);
        CoMoments rest = data.moments(70, 120, 20);
        CoMoments read = CoMoments.of(channels, moments.tensors()::get)) {
      assertSame(moments, read);
      moments.combine(rest);
      read.combine(rest);
      assertSame(moments, read);
    }
  }

  private static void assertSame(CoMoments expected, CoMoments found) {
    Map<String, Tensor> one = expected.tensors();
    Map<String, Tensor> other = found.tensors();
    one.forEach((name, t) -> assertArrayEquals(t.toArray(), other.get(name).toArray(), name));
  }

  @Example
  void moreSamplesThanAreAddedInSinglePrecisionKeepTheirPrecision() {
    Random random = new Random(5);
    int samples = 70_000;
    double[] exact = new double[3];
    long before = NativeMemory.bytes();
    try (CoMoments moments = new CoMoments(2);
        CoMoments.Workspace workspace = new CoMoments.Workspace(2);
        Tensor a = Tensor.allocate(samples, 2);
        Tensor b = Tensor.allocate(samples, 2)) {
      for (int round = 0; round < 3; round++) {
        for (int s = 0; s < samples; s++) {
          float x = (float) random.nextGaussian();
          float y = (float) (x + random.nextGaussian());
          a.values().put(2 * s, 1000 + x).put(2 * s + 1, x);
          b.values().put(2 * s, y).put(2 * s + 1, 5);
          exact[0] += x;
          exact[1] += y;
          exact[2] += (double) x * y;
        }
        moments.add(a.values(), b.values(), samples, workspace);
      }
      int all = 3 * samples;
      assertEquals(all, moments.count());
      double expected = exact[2] - exact[0] * exact[1] / all;
      assertEquals(expected, moments.coMoment(1, 0), 2e-6 * all);
      // 1000 + x is rounded to 6e-5, at random.
      assertEquals(expected, moments.coMoment(0, 0), 2e-6 * all);
      assertEquals(0, moments.coMoment(0, 1));
      assertEquals(5, moments.second().mean(1));
    }
    assertEquals(before, NativeMemory.bytes());
  }

  @Example
  void momentsOfOtherWidthsAndTensorsOfOtherShapesAreRefused() {
    try (CoMoments three = new CoMoments(3);
        CoMoments four = new CoMoments(4)) {
      assertEquals(
          "expected moments of 3 channels, found 4",
          assertThrows(IllegalArgumentException.class, () -> three.combine(four)).getMessage());
      Map<String, Tensor> tensors = new LinkedHashMap<>(three.tensors());
      assertEquals(
          "mean_a: expected shape [2, 4], found [2, 3]",
          assertThrows(IllegalArgumentException.class, () -> CoMoments.of(4, tensors::get))
              .getMessage());
    }
  }
}
