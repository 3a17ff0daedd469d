package org.rebasin.model.data;

/**
 * A random map of the glyphs' square (side 100) onto the canvas: turned, slanted, scaled and moved
 * as a whole, then bent smoothly by displacements at the nodes of a coarse grid. Uses nothing but
 * the four operations, which every machine computes alike.
 */
final class Deformation {
  /** Nodes of the bending grid along one side. */
  private static final int NODES = 4;

  private final double side;
  private final double xx;
  private final double xy;
  private final double yx;
  private final double yy;
  private final double moveX;
  private final double moveY;
  private final double[] bendX = new double[NODES * NODES];
  private final double[] bendY = new double[NODES * NODES];

  /**
   * Draws a deformation.
   *
   * @param side of the canvas in pixels
   */
  Deformation(int side, StableRandom random) {
    this.side = side;
    double height = random.between(DigitStyle.LEAST_HEIGHT, DigitStyle.GREATEST_HEIGHT) / 100;
    double width = height * random.between(DigitStyle.LEAST_ASPECT, DigitStyle.GREATEST_ASPECT);
    double slant = random.between(DigitStyle.LEAST_SLANT, DigitStyle.GREATEST_SLANT);
    // Half-angle formulas: the tangent is drawn, and sine and cosine follow without functions that
    // differ between platforms.
    double tangent = random.between(-DigitStyle.HALF_TURN_TANGENT, DigitStyle.HALF_TURN_TANGENT);
    double cosine = (1 - tangent * tangent) / (1 + tangent * tangent);
    double sine = 2 * tangent / (1 + tangent * tangent);
    xx = cosine * width;
    xy = (cosine * slant - sine) * height;
    yx = sine * width;
    yy = (sine * slant + cosine) * height;
    moveX = side / 2.0 + random.between(-DigitStyle.SHIFT, DigitStyle.SHIFT);
    moveY = side / 2.0 + random.between(-DigitStyle.SHIFT, DigitStyle.SHIFT);
    for (int node = 0; node < bendX.length; node++) {
      bendX[node] = random.between(-DigitStyle.BEND, DigitStyle.BEND);
      bendY[node] = random.between(-DigitStyle.BEND, DigitStyle.BEND);
    }
  }

  /** Maps {@code x, y} pairs of glyph coordinates to pixel coordinates, in place. */
  void apply(double[] points) {
    for (int i = 0; i < points.length; i += 2) {
      // The glyphs are centred at (50, 50) and slanted about it.
      double x = points[i] - 50;
      double y = points[i + 1] - 50;
      double straightX = moveX + xx * x + xy * y;
      double straightY = moveY + yx * x + yy * y;
      points[i] = straightX + bend(bendX, straightX, straightY);
      points[i + 1] = straightY + bend(bendY, straightX, straightY);
    }
  }

  private double bend(double[] displacements, double x, double y) {
    double gridX = gridCoordinate(x);
    double gridY = gridCoordinate(y);
    int column = (int) Math.min(gridX, NODES - 2);
    int row = (int) Math.min(gridY, NODES - 2);
    double alongX = smooth(gridX - column);
    double alongY = smooth(gridY - row);
    int node = row * NODES + column;
    double upper = mix(displacements[node], displacements[node + 1], alongX);
    double lower = mix(displacements[node + NODES], displacements[node + NODES + 1], alongX);
    return mix(upper, lower, alongY);
  }

  private double gridCoordinate(double pixel) {
    return Math.max(0, Math.min(NODES - 1, pixel / side * (NODES - 1)));
  }

  /** Rises from 0 to 1 with a flat start and end, so the bending has no kinks at the nodes. */
  private static double smooth(double t) {
    return t * t * (3 - 2 * t);
  }

  private static double mix(double from, double to, double t) {
    return from + (to - from) * t;
  }
}
