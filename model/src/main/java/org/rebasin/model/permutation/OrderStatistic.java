package org.rebasin.model.permutation;

/**
 * The value of a given rank, by quickselect (Hoare, Algorithm 65, 1961) with a median-of-three
 * pivot: linear time on average, the same steps for the same values, no allocation.
 */
final class OrderStatistic {
  private OrderStatistic() {}

  /**
   * The value of rank {@code rank} (from 0) among the first {@code length}, which are reordered.
   */
  static float select(float[] values, int length, int rank) {
    int low = 0;
    int high = length - 1;
    while (low < high) {
      float pivot = median(values[low], values[(low + high) >>> 1], values[high]);
      int left = low;
      int right = high;
      while (left <= right) {
        while (values[left] < pivot) left++;
        while (values[right] > pivot) right--;
        if (left <= right) {
          float swapped = values[left];
          values[left++] = values[right];
          values[right--] = swapped;
        }
      }
      if (rank <= right) high = right;
      else if (rank >= left) low = left;
      else break;
    }
    return values[rank];
  }

  /** As {@link #select(float[], int, int)}, in double. */
  static double select(double[] values, int length, int rank) {
    int low = 0;
    int high = length - 1;
    while (low < high) {
      double pivot = median(values[low], values[(low + high) >>> 1], values[high]);
      int left = low;
      int right = high;
      while (left <= right) {
        while (values[left] < pivot) left++;
        while (values[right] > pivot) right--;
        if (left <= right) {
          double swapped = values[left];
          values[left++] = values[right];
          values[right--] = swapped;
        }
      }
      if (rank <= right) high = right;
      else if (rank >= left) low = left;
      else break;
    }
    return values[rank];
  }

  private static float median(float a, float b, float c) {
    return Math.max(Math.min(a, c), Math.min(Math.max(a, c), b));
  }

  private static double median(double a, double b, double c) {
    return Math.max(Math.min(a, c), Math.min(Math.max(a, c), b));
  }
}
