package org.rebasin.model.data;

/**
 * A square of grey pixels that ink is put on. Pixel (x, y) covers the unit square whose upper left
 * corner is (x, y); ink is between 0 and 1, and where strokes meet the stronger one counts.
 */
final class Canvas {
  private final int side;
  private final double[] ink;

  Canvas(int side) {
    this.side = side;
    this.ink = new double[side * side];
  }

  /**
   * Draws a line whose radius changes evenly from one end to the other, with round ends. A pixel's
   * ink falls from 1 to 0 over one pixel at the edge, which is the anti-aliasing. Costs the number
   * of pixels in the line's bounding box.
   */
  void line(double x0, double y0, double r0, double x1, double y1, double r1, double strength) {
    double reach = Math.max(r0, r1) + 0.5;
    int left = clampPixel(Math.min(x0, x1) - reach);
    int right = clampPixel(Math.max(x0, x1) + reach);
    int top = clampPixel(Math.min(y0, y1) - reach);
    int bottom = clampPixel(Math.max(y0, y1) + reach);
    double dx = x1 - x0;
    double dy = y1 - y0;
    double squaredLength = dx * dx + dy * dy;
    for (int y = top; y <= bottom; y++) {
      for (int x = left; x <= right; x++) {
        double px = x + 0.5 - x0;
        double py = y + 0.5 - y0;
        double t = squaredLength == 0 ? 0 : clamp((px * dx + py * dy) / squaredLength);
        double ex = px - t * dx;
        double ey = py - t * dy;
        double inside = r0 + t * (r1 - r0) + 0.5 - Math.sqrt(ex * ex + ey * ey);
        int pixel = y * side + x;
        ink[pixel] = Math.max(ink[pixel], strength * clamp(inside));
      }
    }
  }

  /** Takes away a share of the ink within a disc: all of it for a strength of 1. */
  void erase(double centreX, double centreY, double radius, double strength) {
    for (int y = clampPixel(centreY - radius); y <= clampPixel(centreY + radius); y++) {
      for (int x = clampPixel(centreX - radius); x <= clampPixel(centreX + radius); x++) {
        double ex = x + 0.5 - centreX;
        double ey = y + 0.5 - centreY;
        double inside = clamp(radius + 0.5 - Math.sqrt(ex * ex + ey * ey));
        ink[y * side + x] *= 1 - strength * inside;
      }
    }
  }

  /**
   * Writes the pixels, {@code [side, side]}, as ink times brightness plus noise.
   *
   * @param brightness of full ink, at most 1
   * @param noise the largest amount, of 1, that a pixel is moved by
   */
  void develop(double brightness, double noise, StableRandom random, byte[] target, int start) {
    for (int i = 0; i < ink.length; i++) {
      double grey = clamp(ink[i] * brightness + random.between(-noise, noise));
      target[start + i] = (byte) (int) (grey * 255 + 0.5);
    }
  }

  private int clampPixel(double coordinate) {
    return (int) Math.max(0, Math.min(side - 1, coordinate));
  }

  private static double clamp(double value) {
    return Math.max(0, Math.min(1, value));
  }
}
