package org.rebasin.actors.federation;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collection;

/**
 * Which contributions there were whose records are no longer kept: the first 64 bits of their ids,
 * sorted, 8 bytes for each. That two of a million share them has a probability of 3 · 10⁻⁸.
 * Immutable.
 */
final class ContributionIds {
  static final ContributionIds NONE = new ContributionIds(new long[0]);

  private static final int HEXADECIMAL = 16;

  private final long[] sorted;

  private ContributionIds(long[] sorted) {
    this.sorted = sorted;
  }

  /** What {@link #toBytes} gave. */
  static ContributionIds of(byte[] bytes) {
    long[] ids = new long[bytes.length / Long.BYTES];
    ByteBuffer.wrap(bytes).asLongBuffer().get(ids);
    return new ContributionIds(ids);
  }

  byte[] toBytes() {
    ByteBuffer bytes = ByteBuffer.allocate(sorted.length * Long.BYTES);
    bytes.asLongBuffer().put(sorted);
    return bytes.array();
  }

  private static long first(String id) {
    return Long.parseUnsignedLong(id.substring(0, HEXADECIMAL), HEXADECIMAL);
  }

  boolean contains(String id) {
    return Arrays.binarySearch(sorted, first(id)) >= 0;
  }

  /** These and more; O(n). */
  ContributionIds with(Collection<String> ids) {
    long[] all = Arrays.copyOf(sorted, sorted.length + ids.size());
    int next = sorted.length;
    for (String id : ids) {
      all[next++] = first(id);
    }
    Arrays.sort(all);
    return new ContributionIds(all);
  }

  int count() {
    return sorted.length;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ContributionIds ids && Arrays.equals(sorted, ids.sorted);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(sorted);
  }

  @Override
  public String toString() {
    return sorted.length + " contributions";
  }
}
