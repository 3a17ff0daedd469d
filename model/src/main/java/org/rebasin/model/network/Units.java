package org.rebasin.model.network;

/**
 * The units along one axis of an activation or a parameter: what a permutation reorders.
 *
 * @param id which units these are; two axes with the same id hold the same units in the same order
 * @param count how many units there are
 * @param block consecutive elements of the axis that belong to one unit: 1, but for an axis that a
 *     flattening made, where each channel is a block of height × width elements
 */
public record Units(int id, int count, int block) {
  /** The length of the axis. */
  public int length() {
    return count * block;
  }

  /** The same units, each spread over {@code factor} times as many elements. */
  public Units spread(int factor) {
    return new Units(id, count, block * factor);
  }
}
