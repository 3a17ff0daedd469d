package org.rebasin.model.permutation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class ColumnHeapProperties {
  private static final int CAPACITY = 40;

  @Property(tries = 500, seed = "1")
  void itemsLeaveInTheOrderOfTheLowestKeyTheyWereOffered(
      @ForAll @Size(max = 120) List<@IntRange(max = 4000) Integer> offers) {
    ColumnHeap heap = new ColumnHeap();
    heap.reset(CAPACITY);
    double[] lowest = new double[CAPACITY];
    Arrays.fill(lowest, Double.POSITIVE_INFINITY);
    for (int offer : offers) {
      int item = offer % CAPACITY;
      int key = offer / CAPACITY;
      if (key < lowest[item]) {
        lowest[item] = key;
        heap.offer(item, key);
      }
    }
    double last = Double.NEGATIVE_INFINITY;
    while (!heap.isEmpty()) {
      double key = heap.smallestKey();
      int item = heap.removeSmallest();
      assertTrue(key >= last);
      assertEquals(lowest[item], key);
      lowest[item] = Double.POSITIVE_INFINITY;
      last = key;
    }
    for (double key : lowest) assertEquals(Double.POSITIVE_INFINITY, key);
  }
}
