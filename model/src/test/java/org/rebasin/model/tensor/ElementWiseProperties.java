package org.rebasin.model.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.rebasin.model.testing.RandomWeights;

class ElementWiseProperties {
  private static final int TAIL = 5;

  /** Lengths around the ends of chunks, where a loop in chunks goes wrong. */
  @Provide
  Arbitrary<Integer> lengths() {
    int chunk = Chunks.LENGTH;
    return Arbitraries.of(
        0, 1, 2, 3, 4, 5, 100, chunk - 1, chunk, chunk + 1, 2 * chunk - 1, 2 * chunk, 5000);
  }

  @Property(tries = 60, seed = "1")
  void addScaledAddsWithinTheStretchOnly(
      @ForAll("lengths") int length,
      @ForAll @IntRange(max = 7) int yFrom,
      @ForAll @IntRange(max = 7) int xFrom,
      @ForAll int seed) {
    float[] y = RandomWeights.gaussians(seed, yFrom + length + TAIL);
    float[] x = RandomWeights.gaussians(seed + 1L, xFrom + length + TAIL);
    float[] expected = y.clone();
    for (int i = 0; i < length; i++) {
      expected[yFrom + i] += -0.75f * x[xFrom + i];
    }
    try (Tensor target = Tensor.of(y, y.length);
        Tensor source = Tensor.of(x, x.length)) {
      ElementWise.addScaled(target.values(), yFrom, -0.75f, source.values(), xFrom, length);
      assertArrayEquals(expected, target.toArray());
      assertArrayEquals(x, source.toArray());
    }
  }

  @Property(tries = 60, seed = "1")
  void combineWritesTheWeightedSumAlsoInPlace(
      @ForAll("lengths") int length, @ForAll @IntRange(max = 7) int from, @ForAll int seed) {
    float[] a = RandomWeights.gaussians(seed, from + length + TAIL);
    float[] b = RandomWeights.gaussians(seed + 1L, a.length);
    float[] expected = a.clone();
    for (int i = from; i < from + length; i++) {
      expected[i] = 0.25f * a[i] + 1.5f * b[i];
    }
    try (Tensor left = Tensor.of(a, a.length);
        Tensor right = Tensor.of(b, b.length)) {
      ElementWise.combine(left.values(), from, 0.25f, left.values(), 1.5f, right.values(), length);
      assertArrayEquals(expected, left.toArray());
    }
  }

  @Property(tries = 60, seed = "1")
  void scaleScalesWithinTheStretchOnly(
      @ForAll("lengths") int length, @ForAll @IntRange(max = 7) int from, @ForAll int seed) {
    float[] y = RandomWeights.gaussians(seed, from + length + TAIL);
    float[] expected = y.clone();
    for (int i = from; i < from + length; i++) {
      expected[i] *= 0.9f;
    }
    try (Tensor target = Tensor.of(y, y.length)) {
      ElementWise.scale(target.values(), from, 0.9f, length);
      assertArrayEquals(expected, target.toArray());
    }
  }

  @Property(tries = 40, seed = "1")
  void addToRowsAddsTheRowToTheGivenRowsOnly(
      @ForAll("lengths") int columns,
      @ForAll @IntRange(max = 2) int firstRow,
      @ForAll @IntRange(max = 3) int count,
      @ForAll int seed) {
    int width = Math.max(1, columns);
    float[] y = RandomWeights.gaussians(seed, 6 * width);
    float[] row = RandomWeights.gaussians(seed + 1L, width);
    float[] expected = y.clone();
    for (int i = firstRow * width; i < (firstRow + count) * width; i++) {
      expected[i] += row[i % width];
    }
    try (Tensor target = Tensor.of(y, 6, width)) {
      ElementWise.addToRows(target.values(), firstRow, count, width, row);
      assertArrayEquals(expected, target.toArray());
    }
  }

  @Property(tries = 40, seed = "1")
  void sumRowsSumsEachColumn(
      @ForAll("lengths") int columns, @ForAll @IntRange(max = 5) int rows, @ForAll int seed) {
    float[] x = RandomWeights.gaussians(seed, Math.max(1, rows * columns));
    float[] sums = new float[columns];
    Arrays.fill(sums, 77f);
    float[] expected = new float[columns];
    for (int i = 0; i < rows * columns; i++) {
      expected[i % columns] += x[i];
    }
    try (Tensor source = Tensor.of(x, x.length)) {
      ElementWise.sumRows(source.values(), rows, columns, sums);
      assertArrayEquals(expected, sums);
    }
  }

  @Property(tries = 60, seed = "1")
  void leakyReluKeepsThePositiveAndScalesTheRest(
      @ForAll("lengths") int length,
      @ForAll @IntRange(max = 7) int from,
      @ForAll("slopes") float slope,
      @ForAll int seed) {
    float[] x = RandomWeights.gaussians(seed, from + length + TAIL);
    float[] y = RandomWeights.gaussians(seed + 1L, x.length);
    float[] expected = y.clone();
    for (int i = from; i < from + length; i++) {
      expected[i] = x[i] > 0 ? x[i] : slope * x[i];
    }
    try (Tensor source = Tensor.of(x, x.length);
        Tensor target = Tensor.of(y, y.length)) {
      ElementWise.leakyRelu(source.values(), target.values(), from, length, slope);
      // With the tolerance 0 the two zeros are equal; by bits they would not be.
      assertArrayEquals(expected, target.toArray(), 0f);
    }
  }

  @Property(tries = 60, seed = "1")
  void leakyReluGradientFollowsTheSignOfTheOutput(
      @ForAll("lengths") int length,
      @ForAll @IntRange(max = 7) int from,
      @ForAll("slopes") float slope,
      @ForAll boolean accumulate,
      @ForAll int seed) {
    float[] y = RandomWeights.gaussians(seed, from + length + TAIL);
    float[] dy = RandomWeights.gaussians(seed + 1L, y.length);
    float[] dx = RandomWeights.gaussians(seed + 2L, y.length);
    float[] expected = dx.clone();
    for (int i = from; i < from + length; i++) {
      expected[i] = (accumulate ? dx[i] : 0f) + (y[i] > 0 ? dy[i] : slope * dy[i]);
    }
    try (Tensor output = Tensor.of(y, y.length);
        Tensor outputGradient = Tensor.of(dy, y.length);
        Tensor inputGradient = Tensor.of(dx, y.length)) {
      ElementWise.leakyReluGradient(
          output.values(),
          outputGradient.values(),
          inputGradient.values(),
          from,
          length,
          slope,
          accumulate);
      assertArrayEquals(expected, inputGradient.toArray(), 0f);
    }
  }

  @Provide
  Arbitrary<Float> slopes() {
    return Arbitraries.of(0f, 0.01f, 0.5f);
  }

  @Property(tries = 60, seed = "1")
  void dotSumsTheProductsOfTwoStretches(
      @ForAll("lengths") int length,
      @ForAll @IntRange(max = 7) int aFrom,
      @ForAll @IntRange(max = 7) int bFrom,
      @ForAll int seed) {
    float[] a = RandomWeights.gaussians(seed, aFrom + length + TAIL);
    float[] b = RandomWeights.gaussians(seed + 1L, bFrom + length + TAIL);
    double expected = 0;
    double magnitude = 0;
    for (int i = 0; i < length; i++) {
      double product = (double) a[aFrom + i] * b[bFrom + i];
      expected += product;
      magnitude += Math.abs(product);
    }
    try (Tensor left = Tensor.of(a, a.length);
        Tensor right = Tensor.of(b, b.length)) {
      double found = ElementWise.dot(left.values(), aFrom, right.values(), bFrom, length);
      assertEquals(expected, found, 1e-13 * magnitude);
    }
  }

  @Property(tries = 100, seed = "1")
  void firstNonFiniteFindsTheFirstOfSeveral(
      @ForAll("lengths") int length,
      @ForAll @IntRange(max = 7) int from,
      @ForAll @IntRange(max = 100) int place,
      @ForAll("nonFinite") float poison,
      @ForAll int seed) {
    float[] x = RandomWeights.gaussians(seed, from + length + TAIL);
    // Neither what is before the stretch nor what is behind it counts.
    if (from > 0) {
      x[from - 1] = Float.NaN;
    }
    x[from + length] = Float.NaN;
    try (Tensor clean = Tensor.of(x, x.length)) {
      assertEquals(-1, ElementWise.firstNonFinite(clean.values(), from, length));
    }
    if (length > 0) {
      int at = from + (int) ((long) place * (length - 1) / 100);
      x[at] = poison;
      x[from + length - 1] = at == from + length - 1 ? poison : Float.POSITIVE_INFINITY;
      try (Tensor poisoned = Tensor.of(x, x.length)) {
        assertEquals(at, ElementWise.firstNonFinite(poisoned.values(), from, length));
      }
    }
  }

  @Provide
  Arbitrary<Float> nonFinite() {
    return Arbitraries.of(Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY);
  }

  @Property(tries = 20, seed = "1")
  void hugeFiniteNumbersAreFinite(@ForAll("lengths") int length) {
    float[] x = new float[length + 1];
    Arrays.fill(x, Float.MAX_VALUE);
    try (Tensor tensor = Tensor.of(x, x.length)) {
      assertEquals(-1, ElementWise.firstNonFinite(tensor.values(), 0, x.length));
    }
  }
}
