package org.rebasin.model.network;

/**
 * What an operator tells about the units on its axes, so that the permutation spec follows from the
 * graph. An operator names the units of its output and of each axis of its parameters that carries
 * units, in terms of its inputs' units or of new ones.
 */
public interface UnitAxes {
  /** The units on the channel axis of an input. */
  Units input(int index);

  /** Units that this operator makes, free to be reordered. */
  Units fresh(int count);

  /** Declares the units on the channel axis of the output. */
  void output(Units units);

  /** Declares that an axis of a parameter carries units. */
  void parameter(String name, int axis, Units units);

  /**
   * Declares that two kinds of units are one: reordered together or not at all.
   *
   * @throws IllegalArgumentException if their segments differ
   */
  void tie(Units one, Units other);

  /** Declares that units keep their places, because the operator treats them by their number. */
  void fix(Units units);
}
