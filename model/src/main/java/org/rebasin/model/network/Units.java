package org.rebasin.model.network;

import java.util.List;

/**
 * The units along one axis of an activation or a parameter: what a permutation reorders. They come
 * in segments, one after the other: one, but for an axis that a concatenation made.
 *
 * @param segments in their order along the axis
 */
public record Units(List<Segment> segments) {
  /**
   * Units that are reordered among themselves.
   *
   * @param id which units these are; segments with the same id hold the same units in the same
   *     order
   * @param count how many units there are
   * @param block consecutive elements of the axis that belong to one unit: 1, but for an axis that
   *     a flattening made, where each channel is a block of height × width elements
   */
  public record Segment(int id, int count, int block) {
    /** Elements of the axis. */
    public int length() {
      return Math.multiplyExact(count, block);
    }
  }

  /** Copies the list. */
  public Units {
    segments = List.copyOf(segments);
  }

  /** Units of one kind, an element each. */
  public static Units of(int id, int count) {
    return new Units(List.of(new Segment(id, count, 1)));
  }

  /** Several axes joined into one. */
  public static Units concatenation(List<Units> parts) {
    return new Units(parts.stream().flatMap(part -> part.segments().stream()).toList());
  }

  /** The length of the axis. */
  public int length() {
    return segments.stream().mapToInt(Segment::length).sum();
  }

  /** The same units, each spread over {@code factor} times as many elements. */
  public Units spread(int factor) {
    return new Units(
        segments.stream()
            .map(s -> new Segment(s.id(), s.count(), Math.multiplyExact(s.block(), factor)))
            .toList());
  }
}
