package org.rebasin.model.permutation;

import java.util.Arrays;

/**
 * A four-ary min-heap over the items 0 … capacity-1 whose keys may fall. Offering and removing take
 * logarithmic time and allocate nothing.
 */
final class ColumnHeap {
  private static final int ABSENT = -1;

  private int[] items = new int[0];
  private double[] keys = new double[0];
  private int[] positions = new int[0];
  private int size;

  /** Empties the heap and makes room for the items below {@code capacity}. */
  void reset(int capacity) {
    items = RowArithmetic.atLeast(items, capacity);
    keys = RowArithmetic.atLeast(keys, capacity);
    positions = RowArithmetic.atLeast(positions, capacity);
    Arrays.fill(positions, 0, capacity, ABSENT);
    size = 0;
  }

  void clear() {
    for (int k = 0; k < size; k++) positions[items[k]] = ABSENT;
    size = 0;
  }

  boolean isEmpty() {
    return size == 0;
  }

  double smallestKey() {
    return keys[0];
  }

  /** Inserts the item, or lowers its key if it is in the heap; a present key must not rise. */
  void offer(int item, double key) {
    int at = positions[item];
    if (at == ABSENT) at = size++;
    while (at > 0) {
      int parent = (at - 1) >> 2;
      if (keys[parent] <= key) break;
      place(at, items[parent], keys[parent]);
      at = parent;
    }
    place(at, item, key);
  }

  int removeSmallest() {
    int smallest = items[0];
    positions[smallest] = ABSENT;
    size--;
    if (size > 0) sink(items[size], keys[size]);
    return smallest;
  }

  private void sink(int item, double key) {
    int at = 0;
    while (true) {
      int first = 4 * at + 1;
      if (first >= size) break;
      int child = first;
      double least = keys[first];
      int end = Math.min(first + 4, size);
      for (int k = first + 1; k < end; k++) {
        if (keys[k] < least) {
          least = keys[k];
          child = k;
        }
      }
      if (least >= key) break;
      place(at, items[child], least);
      at = child;
    }
    place(at, item, key);
  }

  private void place(int at, int item, double key) {
    items[at] = item;
    keys[at] = key;
    positions[item] = at;
  }
}
