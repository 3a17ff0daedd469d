package org.rebasin.actors.cli;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;
import org.rebasin.actors.job.MergeOutcome;
import org.rebasin.actors.job.MergeOutcome.Curve;
import org.rebasin.actors.work.Task.Split;

/** Draws the loss between two models, as they are and aligned, as a PNG. */
final class CurvePlot {
  private static final Color NAIVE = new Color(0xC44E52);
  private static final Color ALIGNED = new Color(0x2F6DB5);

  private CurvePlot() {}

  static void write(MergeOutcome outcome, String title, Path file) {
    XYChart chart =
        new XYChartBuilder()
            .width(900)
            .height(560)
            .title(title)
            .xAxisTitle("λ  (0: first model, 1: second model)")
            .yAxisTitle("cross-entropy loss")
            .build();
    chart.getStyler().setLegendPosition(Styler.LegendPosition.InsideNW);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setPlotBorderVisible(false);
    chart.getStyler().setXAxisMin(0.0);
    chart.getStyler().setXAxisMax(1.0);
    chart.getStyler().setYAxisMin(0.0);
    chart.getStyler().setXAxisDecimalPattern("0.0");
    chart.getStyler().setYAxisDecimalPattern("0.00");
    chart.getStyler().setBaseFont(new Font(Font.SANS_SERIF, Font.PLAIN, 14));
    add(chart, "naive", outcome.naive(), NAIVE);
    add(chart, "aligned", outcome.aligned(), ALIGNED);
    try {
      // A complete picture or none: drawn beside its place, then moved there.
      // Not a temporary file of the library's: those only their owner may read.
      Path drawn = file.toAbsolutePath().resolveSibling(".rebasin-" + UUID.randomUUID() + ".png");
      try {
        BitmapEncoder.saveBitmap(chart, drawn.toString(), BitmapEncoder.BitmapFormat.PNG);
        Files.move(
            drawn,
            file,
            java.nio.file.StandardCopyOption.REPLACE_EXISTING,
            java.nio.file.StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(drawn);
      }
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot write " + file, problem);
    }
  }

  private static void add(XYChart chart, String name, Map<Split, Curve> curves, Color color) {
    curves.forEach(
        (split, curve) -> {
          XYSeries series =
              chart.addSeries(name + ", " + split.text(), curve.lambdas(), curve.losses());
          series.setMarker(SeriesMarkers.NONE);
          series.setLineColor(color);
          series.setLineStyle(
              split == Split.TEST
                  ? new BasicStroke(2.5f)
                  : new BasicStroke(
                      2f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1f, new float[] {7, 5}, 0));
        });
  }
}
