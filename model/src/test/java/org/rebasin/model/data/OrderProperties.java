package org.rebasin.model.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class OrderProperties {
  @Property(seed = "1")
  void anEpochUsesEveryExampleOnce(
      @ForAll @IntRange(min = 1, max = 500) int examples,
      @ForAll @IntRange(min = 1, max = 600) int batchSize,
      @ForAll long seed,
      @ForAll @IntRange(max = 1000) int epoch) {
    BatchOrder order = BatchOrder.shuffled(examples, batchSize, seed, epoch);
    assertArrayEquals(ascending(examples), Arrays.stream(visited(order)).sorted().toArray());
  }

  @Property(seed = "1")
  void onlyTheLastBatchMayBeSmaller(
      @ForAll @IntRange(min = 1, max = 500) int examples,
      @ForAll @IntRange(min = 1, max = 600) int batchSize) {
    BatchOrder order = BatchOrder.sequential(examples, batchSize);
    for (int batch = 0; batch < order.batches() - 1; batch++) {
      assertEquals(batchSize, order.count(batch));
    }
    int last = order.count(order.batches() - 1);
    assertTrue(last >= 1 && last <= batchSize);
    assertArrayEquals(ascending(examples), visited(order));
  }

  @Property(seed = "1")
  void anEpochIsDecidedByItsSeedAndNumberAndNotByTheBatchSize(
      @ForAll long seed, @ForAll @IntRange(max = 1000) int epoch) {
    int[] order = visited(BatchOrder.shuffled(200, 7, seed, epoch));
    assertArrayEquals(order, visited(BatchOrder.shuffled(200, 30, seed, epoch)));
    assertFalse(Arrays.equals(order, visited(BatchOrder.shuffled(200, 7, seed, epoch + 1))));
    assertFalse(Arrays.equals(order, visited(BatchOrder.shuffled(200, 7, seed + 1, epoch))));
  }

  @Property(seed = "1")
  void aSubsetHoldsDifferentExamplesInAscendingOrder(
      @ForAll @IntRange(min = 1, max = 500) int examples,
      @ForAll @IntRange(min = 1, max = 500) int wanted,
      @ForAll long seed) {
    int count = Math.min(wanted, examples);
    int[] subset = RandomSubset.ofCount(examples, count, seed);
    assertEquals(count, subset.length);
    assertArrayEquals(Arrays.stream(subset).distinct().sorted().toArray(), subset);
    assertTrue(Arrays.stream(subset).allMatch(i -> i >= 0 && i < examples));
  }

  @Property(seed = "1")
  void aLargerSubsetContainsASmallerOne(
      @ForAll @IntRange(min = 2, max = 500) int examples, @ForAll long seed) {
    int[] larger = RandomSubset.ofFraction(examples, 0.7, seed);
    for (int index : RandomSubset.ofFraction(examples, 0.2, seed)) {
      assertTrue(Arrays.binarySearch(larger, index) >= 0);
    }
  }

  private static int[] visited(BatchOrder order) {
    return IntStream.range(0, order.batches())
        .mapToObj(order::batch)
        .flatMapToInt(Arrays::stream)
        .toArray();
  }

  private static int[] ascending(int count) {
    return IntStream.range(0, count).toArray();
  }
}
