package org.rebasin.model.data;

/**
 * How much handwriting varies. Chosen so that the digits look written by people and a network of
 * three hidden layers of 512 units, trained for a dozen epochs on the default number of images, is
 * right about 97 to 98 times in 100: hard enough for a badly merged network to show.
 */
final class DigitStyle {
  /** Height of a digit in pixels; the glyphs are about 90 of 100 units high. */
  static final double LEAST_HEIGHT = 18;

  static final double GREATEST_HEIGHT = 23;

  /** Width over height, on top of the glyph's own. */
  static final double LEAST_ASPECT = 0.75;

  static final double GREATEST_ASPECT = 1.15;

  /** Horizontal shift over height; negative leans to the right, as most hands do. */
  static final double LEAST_SLANT = -0.45;

  static final double GREATEST_SLANT = 0.2;

  /** Largest tangent of half the angle a digit is turned by: 11 degrees either way. */
  static final double HALF_TURN_TANGENT = 0.1;

  /** Largest displacement of a digit along an axis, in pixels. */
  static final double SHIFT = 1.5;

  /** Largest displacement of a node of the bending grid along an axis, in pixels. */
  static final double BEND = 1.4;

  /** Largest displacement of a point of a stroke along an axis, in hundredths of the glyph. */
  static final double JITTER = 4;

  /** Radius of the pen, in pixels. */
  static final double LEAST_RADIUS = 0.6;

  static final double GREATEST_RADIUS = 1.5;

  /** Largest share by which the pen is thicker at one end of a stroke and thinner at the other. */
  static final double PRESSURE = 0.3;

  /** Brightness of full ink. */
  static final double LEAST_BRIGHTNESS = 0.55;

  static final double GREATEST_BRIGHTNESS = 1;

  /** Largest noise of an image, and so the largest change of a pixel, of a brightness of 1. */
  static final double NOISE = 0.12;

  /** How often part of a stroke is rubbed out, and how large the rubber is, in pixels. */
  static final double ERASURE_CHANCE = 0.15;

  static final double LEAST_ERASURE = 1.2;
  static final double GREATEST_ERASURE = 2.6;

  /** Least share of the ink that rubbing takes away; the greatest is all of it. */
  static final double LEAST_RUBBING = 0.4;

  /** How often a stray mark crosses the image, and how long it may be along an axis, in pixels. */
  static final double MARK_CHANCE = 0.25;

  static final double MARK_LENGTH = 8;
  static final double MARK_RADIUS = 0.5;

  /** At most this many specks, each about a pixel large, lie on an image. */
  static final int SPECKS = 3;

  static final double SPECK_RADIUS = 0.4;

  /** Ink of marks and specks. */
  static final double LEAST_DIRT = 0.2;

  static final double GREATEST_DIRT = 0.9;

  private DigitStyle() {}
}
