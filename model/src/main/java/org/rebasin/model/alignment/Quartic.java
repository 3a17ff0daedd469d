package org.rebasin.model.alignment;

import java.util.ArrayList;
import java.util.List;

/**
 * A polynomial of degree four at most, {@code c0 + c1·t + c2·t² + c3·t³ + c4·t⁴}: what the matching
 * objective is along a line on which two axes of each tensor move.
 */
record Quartic(double c0, double c1, double c2, double c3, double c4) {
  private static final int HALVINGS = 60;

  double at(double t) {
    return c0 + t * (c1 + t * (c2 + t * (c3 + t * c4)));
  }

  private double slope(double t) {
    return c1 + t * (2 * c2 + t * (3 * c3 + t * 4 * c4));
  }

  /** Where in {@code [0, 1]} it is largest; of several such places the first that is looked at. */
  double argMax() {
    // Between the roots of the second derivative the slope is monotone and has one root at most.
    List<Double> bounds = new ArrayList<>(List.of(0.0));
    inflections().stream().filter(t -> t > 0 && t < 1).sorted().forEach(bounds::add);
    bounds.add(1.0);
    double best = at(1) > at(0) ? 1 : 0;
    for (int i = 0; i + 1 < bounds.size(); i++) {
      double low = bounds.get(i);
      double high = bounds.get(i + 1);
      if (slope(low) > 0 && slope(high) < 0) {
        for (int halving = 0; halving < HALVINGS; halving++) {
          double middle = (low + high) / 2;
          if (slope(middle) > 0) {
            low = middle;
          } else {
            high = middle;
          }
        }
        best = at(low) > at(best) ? low : best;
      }
    }
    return best;
  }

  /** Roots of {@code 2·c2 + 6·c3·t + 12·c4·t²}. */
  private List<Double> inflections() {
    double a = 12 * c4;
    double b = 6 * c3;
    double c = 2 * c2;
    if (a == 0) {
      return b == 0 ? List.of() : List.of(-c / b);
    }
    double discriminant = b * b - 4 * a * c;
    if (discriminant < 0) {
      return List.of();
    }
    // The root whose terms add up first, then the other from their product: nothing cancels.
    double q = -(b + Math.copySign(Math.sqrt(discriminant), b)) / 2;
    return q == 0 ? List.of(0.0) : List.of(q / a, c / q);
  }
}
