package org.rebasin.model.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a pen draws without being lifted: a smooth curve through points, or several that meet in
 * corners. The curves are uniform Catmull–Rom splines (Catmull and Rom, "A Class of Local
 * Interpolating Splines", 1974), so every point lies on the ink.
 *
 * @param points {@code x, y} pairs in hundredths of the unit square, y downwards
 * @param corners the numbers of the points, ends excluded, at which the direction jumps
 */
record Stroke(double[] points, List<Integer> corners) {
  /** Straight pieces that a spline between two neighbouring points is drawn with. */
  private static final int PIECES = 6;

  /** A smooth curve through the points. */
  static Stroke through(double... points) {
    return new Stroke(points, List.of());
  }

  /** This stroke, a corner at its end, and a smooth curve from there through more points. */
  Stroke then(double... more) {
    double[] joined = Arrays.copyOf(points, points.length + more.length);
    System.arraycopy(more, 0, joined, points.length, more.length);
    List<Integer> longer = new ArrayList<>(corners);
    longer.add(count() - 1);
    return new Stroke(joined, List.copyOf(longer));
  }

  private int count() {
    return points.length / 2;
  }

  /** This stroke with every coordinate moved by up to {@code amount} either way. */
  Stroke jittered(double amount, StableRandom random) {
    double[] moved = new double[points.length];
    for (int i = 0; i < moved.length; i++) {
      moved[i] = points[i] + random.between(-amount, amount);
    }
    return new Stroke(moved, corners);
  }

  /** The stroke as the {@code x, y} pairs of a polyline fine enough to look smooth. */
  double[] polyline() {
    double[] line = new double[2 * ((count() - 1) * PIECES + 1)];
    int at = 0;
    for (int i = 0; i + 1 < count(); i++) {
      // At an end or a corner the tangent points straight at the neighbour.
      int before = i == 0 || corners.contains(i) ? i : i - 1;
      int after = i + 2 == count() || corners.contains(i + 1) ? i + 1 : i + 2;
      for (int piece = 0; piece < PIECES; piece++) {
        double t = (double) piece / PIECES;
        line[at++] = spline(0, before, i, after, t);
        line[at++] = spline(1, before, i, after, t);
      }
    }
    line[at++] = points[points.length - 2];
    line[at] = points[points.length - 1];
    return line;
  }

  private double spline(int axis, int before, int i, int after, double t) {
    double p0 = points[2 * before + axis];
    double p1 = points[2 * i + axis];
    double p2 = points[2 * i + 2 + axis];
    double p3 = points[2 * after + axis];
    double a = 3 * (p1 - p2) + p3 - p0;
    double b = 2 * p0 - 5 * p1 + 4 * p2 - p3;
    return p1 + 0.5 * t * (p2 - p0 + t * (b + t * a));
  }
}
