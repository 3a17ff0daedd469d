package org.rebasin.model.data;

import java.util.Arrays;

/**
 * Where each pixel of a changed image comes from: an affine map from a place in the new image to
 * one in the old, {@code (xx · x + xy · y + x0, yx · x + yy · y + y0)}. Pixel (x, y) covers the
 * unit square whose upper left corner is (x, y).
 */
record Resampling(double xx, double xy, double x0, double yx, double yy, double y0) {
  static final Resampling IDENTITY = new Resampling(1, 0, 0, 0, 1, 0);

  /** Black pixels around an image: one before and two behind, so that no neighbour is missing. */
  private static final int BEFORE = 1;

  private static final int AROUND = 3;

  /** This, after a map of the new image's places. */
  private Resampling after(double fxx, double fxy, double fx0, double fyx, double fyy, double fy0) {
    return new Resampling(
        xx * fxx + xy * fyx,
        xx * fxy + xy * fyy,
        xx * fx0 + xy * fy0 + x0,
        yx * fxx + yy * fyx,
        yx * fxy + yy * fyy,
        yx * fx0 + yy * fy0 + y0);
  }

  /** Then shifts what is seen by so many pixels. */
  Resampling moved(double x, double y) {
    return after(1, 0, x, 0, 1, y);
  }

  /** Then enlarges a part, whose sides are shares of the image's, to the full size. */
  Resampling enlarged(double left, double top, double width, double height) {
    return after(width, 0, left, 0, height, top);
  }

  /** Then, maybe, exchanges left and right. */
  Resampling mirrored(boolean mirrored, int width) {
    return mirrored ? after(-1, 0, width, 0, 1, 0) : this;
  }

  /** Then turns the image around a point. */
  Resampling turned(double angle, double x, double y) {
    if (angle == 0) {
      return this;
    }
    double cos = StrictMath.cos(angle);
    double sin = StrictMath.sin(angle);
    return after(cos, -sin, x - cos * x + sin * y, sin, cos, y - sin * x - cos * y);
  }

  /** The memory that {@link #apply} works in, for images of one shape. */
  static final class Scratch {
    private final ImageShape shape;
    private final int stride;
    private final float[] padded;
    private final float[] column;
    private final float[] row;

    Scratch(ImageShape shape) {
      this.shape = shape;
      this.stride = shape.width() + AROUND;
      this.padded = new float[stride * (shape.height() + AROUND)];
      this.column = new float[shape.width()];
      this.row = new float[shape.width()];
    }
  }

  /**
   * Writes an image, changed and normalised: each pixel is interpolated between the four around its
   * place (bilinearly, which is exact where places fall on pixels).
   *
   * @param pixels holds the image, {@code [channels, height, width]}, from {@code start} on
   * @param target receives {@code [channels, height, width]}
   */
  void apply(
      byte[] pixels, int start, Normalization normalization, Scratch scratch, float[] target) {
    ImageShape shape = scratch.shape;
    int plane = shape.height() * shape.width();
    for (int channel = 0; channel < shape.channels(); channel++) {
      int table = normalization.tableStart(channel);
      pad(pixels, start + channel * plane, normalization.table(), table, scratch);
      for (int y = 0; y < shape.height(); y++) {
        places(y, scratch);
        interpolate(scratch, target, channel * plane + y * shape.width());
      }
    }
  }

  private static void pad(
      byte[] pixels, int start, float[] table, int tableStart, Scratch scratch) {
    float[] padded = scratch.padded;
    int width = scratch.shape.width();
    int stride = scratch.stride;
    // The interpolated values' weights sum to 1, so it does not matter that they are normalised.
    Arrays.fill(padded, table[tableStart]);
    for (int y = 0; y < scratch.shape.height(); y++) {
      int from = start + y * width;
      int to = (y + BEFORE) * stride + BEFORE;
      for (int x = 0; x < width; x++) {
        padded[to + x] = table[tableStart + (pixels[from + x] & 0xFF)];
      }
    }
  }

  /** Where a row's pixels come from, in coordinates of the padded image, kept within it. */
  private void places(int y, Scratch scratch) {
    // From a pixel's centre to the centre of the first one.
    double startX = xx * 0.5 + xy * (y + 0.5) + x0 - 0.5 + BEFORE;
    double startY = yx * 0.5 + yy * (y + 0.5) + y0 - 0.5 + BEFORE;
    float lastX = scratch.shape.width() + BEFORE;
    float lastY = scratch.shape.height() + BEFORE;
    for (int x = 0; x < scratch.column.length; x++) {
      scratch.column[x] = Math.max(0, Math.min(lastX, (float) (startX + xx * x)));
      scratch.row[x] = Math.max(0, Math.min(lastY, (float) (startY + yx * x)));
    }
  }

  private static void interpolate(Scratch scratch, float[] target, int start) {
    float[] padded = scratch.padded;
    int stride = scratch.stride;
    for (int x = 0; x < scratch.column.length; x++) {
      int column = (int) scratch.column[x];
      int row = (int) scratch.row[x];
      float right = scratch.column[x] - column;
      float down = scratch.row[x] - row;
      int at = row * stride + column;
      float upper = padded[at] + right * (padded[at + 1] - padded[at]);
      float lower = padded[at + stride] + right * (padded[at + stride + 1] - padded[at + stride]);
      target[start + x] = upper + down * (lower - upper);
    }
  }
}
