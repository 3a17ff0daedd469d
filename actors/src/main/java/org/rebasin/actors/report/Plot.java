package org.rebasin.actors.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.rebasin.actors.job.MergeOutcome.Curve;
import org.rebasin.actors.job.MergeOutcome.CurveKind;
import org.rebasin.actors.work.Split;

/**
 * A picture of some lines, as data.
 *
 * @param x what the horizontal axis shows
 * @param y what the vertical axis shows
 * @param lowest where the vertical axis begins; by the data if empty
 * @param series the lines; those of one color belong together
 */
public record Plot(String title, String x, String y, OptionalDouble lowest, List<Series> series) {
  /** Copies the list. */
  public Plot {
    series = List.copyOf(series);
  }

  /**
   * One line.
   *
   * @param color index into the palette
   * @param dashed whether it stands behind another of its color
   * @param marked whether its points are marked
   */
  public record Series(
      String name, List<Double> xs, List<Double> ys, int color, boolean dashed, boolean marked) {
    /** Copies the lists. */
    public Series {
      xs = List.copyOf(xs);
      ys = List.copyOf(ys);
      if (xs.isEmpty() || xs.size() != ys.size()) {
        throw new IllegalArgumentException(
            "%s: expected as many ordinates as abscissae, found %d and %d"
                .formatted(name, ys.size(), xs.size()));
      }
    }
  }

  /** The loss along the lines between two models. */
  public static Plot ofCurves(String title, Map<CurveKind, Map<Split, Curve>> curves) {
    List<Series> series = new ArrayList<>();
    curves.forEach(
        (kind, bySplit) ->
            bySplit.forEach(
                (split, curve) ->
                    series.add(
                        new Series(
                            kind.text() + ", " + split.text(),
                            curve.lambdas(),
                            curve.losses(),
                            kind.ordinal(),
                            split == Split.TRAIN,
                            false))));
    return alongLine(title, "cross-entropy loss", series);
  }

  /** Anything along the line between two models. */
  public static Plot alongLine(String title, String y, List<Series> series) {
    return new Plot(title, "λ  (0: first model, 1: second model)", y, OptionalDouble.of(0), series);
  }
}
