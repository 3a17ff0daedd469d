package org.rebasin.model.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

class SelectionProperties {
  @Property(tries = 60, seed = "1")
  void bothPartsOfASplitHoldEveryExampleOnce(
      @ForAll long seed,
      @ForAll @DoubleRange(max = 1) double lowLabels,
      @ForAll @IntRange(min = 1, max = 12) int classes,
      @ForAll @IntRange(min = 1, max = 200) int size) {
    LabelledImages images = labelled(size, classes, seed);
    int[] a = new LabelSplit(lowLabels, LabelSplit.Part.A, seed).of(images);
    int[] b = new LabelSplit(lowLabels, LabelSplit.Part.B, seed).of(images);
    assertEveryExampleOnce(size, Stream.of(a, b));
  }

  @Property(tries = 60, seed = "1")
  void aSplitTakesItsShareOfEachLowerClassAndTheRestOfItOfEachOther(
      @ForAll long seed,
      @ForAll @DoubleRange(max = 1) double lowLabels,
      @ForAll @IntRange(min = 2, max = 10) int classes) {
    LabelledImages images = labelled(300, classes, seed);
    int[] all = histogram(images, IntStream.range(0, 300).toArray());
    int[] a = histogram(images, new LabelSplit(lowLabels, LabelSplit.Part.A, seed).of(images));
    for (int label = 0; label < classes; label++) {
      double share = label < classes / 2.0 ? lowLabels : 1 - lowLabels;
      assertEquals(share * all[label], a[label], 0.5 + 1e-9);
    }
  }

  @Property(tries = 60, seed = "1")
  void allShardsHoldEveryExampleOnce(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 12) int count,
      @ForAll @DoubleRange(min = 0.01, max = 1000) double alpha,
      @ForAll boolean skewed,
      @ForAll @IntRange(min = 1, max = 200) int size) {
    LabelledImages images = labelled(size, 5, seed);
    OptionalDouble concentration = skewed ? OptionalDouble.of(alpha) : OptionalDouble.empty();
    assertEveryExampleOnce(
        size,
        IntStream.rangeClosed(1, count)
            .mapToObj(number -> new Shard(number, count, concentration, seed).of(images)));
  }

  @Property(tries = 40, seed = "1")
  void shardsWithoutSkewAreOfOneSize(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 20) int count) {
    LabelledImages images = labelled(101, 5, seed);
    for (int number = 1; number <= count; number++) {
      int size = new Shard(number, count, OptionalDouble.empty(), seed).of(images).length;
      assertTrue(size == 101 / count || size == 101 / count + 1, "found " + size);
    }
  }

  @Property(tries = 20, seed = "1")
  void aSelectionChoosesTheSameEachTime(@ForAll long seed) {
    LabelledImages images = labelled(200, 4, seed);
    Selection selection =
        Selection.parse(
            "x",
            "split=a,low-labels=0.3,shard=2/3,dirichlet=5,train-fraction=0.5,subset-seed=" + seed);
    LabelledImages once = selection.ofTrain(images);
    LabelledImages again = Selection.parse("x", selection.text()).ofTrain(images);
    assertEquals(once.size(), again.size());
    for (int i = 0; i < once.size(); i++) {
      assertArrayEquals(once.pixels(i), again.pixels(i));
    }
  }

  @Property(tries = 20, seed = "1")
  void dirichletProportionsHaveTheirMeanAndVariance(
      @ForAll long seed, @ForAll @DoubleRange(min = 0.05, max = 20) double alpha) {
    int parts = 4;
    int draws = 2000;
    StableRandom random = new StableRandom(seed);
    double sum = 0;
    double squares = 0;
    for (int draw = 0; draw < draws; draw++) {
      double[] proportions = SymmetricDirichlet.draw(alpha, parts, random);
      assertEquals(1, Arrays.stream(proportions).sum(), 1e-12);
      sum += proportions[1];
      squares += proportions[1] * proportions[1];
    }
    double mean = sum / draws;
    double variance = squares / draws - mean * mean;
    // Of Dirichlet(α, …, α) over k parts: mean 1/k, variance (k − 1) / (k² (kα + 1)).
    double expected = (parts - 1) / (parts * parts * (parts * alpha + 1));
    assertEquals(1.0 / parts, mean, 6 * Math.sqrt(expected / draws));
    assertEquals(expected, variance, 0.25 * expected);
  }

  private static void assertEveryExampleOnce(int size, Stream<int[]> parts) {
    int[] together = parts.flatMapToInt(Arrays::stream).sorted().toArray();
    assertArrayEquals(IntStream.range(0, size).toArray(), together);
  }

  private static int[] histogram(LabelledImages images, int[] numbers) {
    int[] counts = new int[images.classes()];
    for (int number : numbers) {
      counts[images.label(number)]++;
    }
    return counts;
  }

  /** Images of two pixels that tell their number, with random labels. */
  private static LabelledImages labelled(int size, int classes, long seed) {
    StableRandom random = new StableRandom(seed);
    byte[] pixels = new byte[2 * size];
    byte[] labels = new byte[size];
    for (int i = 0; i < size; i++) {
      pixels[2 * i] = (byte) i;
      pixels[2 * i + 1] = (byte) (i >> 8);
      labels[i] = (byte) random.nextInt(classes);
    }
    return LabelledImages.of(new ImageShape(1, 1, 2), classes, pixels, labels);
  }
}
