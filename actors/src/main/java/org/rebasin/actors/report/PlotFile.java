package org.rebasin.actors.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws plots into files, as PNG or, by the name's ending, SVG. */
public final class PlotFile {
  /** Told apart by people of any colour vision (Okabe and Ito). */
  private static final Color[] PALETTE = {
    new Color(0xD55E00),
    new Color(0x0072B2),
    new Color(0x009E73),
    new Color(0xCC79A7),
    new Color(0xE69F00),
    new Color(0x56B4E9),
    new Color(0x000000),
  };

  /** The next one each time that the palette begins again. */
  private static final Marker[] MARKERS = {
    SeriesMarkers.CIRCLE, SeriesMarkers.DIAMOND, SeriesMarkers.SQUARE, SeriesMarkers.TRIANGLE_UP
  };

  private PlotFile() {}

  /** Writes a plot, complete or not at all. */
  public static void write(Plot plot, Path file) {
    boolean vector = file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".svg");
    // Not a temporary file of the library's: those only their owner may read.
    Path drawn =
        file.toAbsolutePath()
            .resolveSibling(".rebasin-" + UUID.randomUUID() + (vector ? ".svg" : ".png"));
    try {
      try {
        if (vector) {
          VectorGraphicsEncoder.saveVectorGraphic(
              chart(plot), drawn.toString(), VectorGraphicsEncoder.VectorGraphicsFormat.SVG);
        } else {
          BitmapEncoder.saveBitmap(chart(plot), drawn.toString(), BitmapEncoder.BitmapFormat.PNG);
        }
        Files.move(
            drawn, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(drawn);
      }
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot write " + file, problem);
    }
  }

  /** A plot as an SVG document, letters as paths. */
  static byte[] svg(Plot plot) {
    ByteArrayOutputStream drawn = new ByteArrayOutputStream();
    try {
      VectorGraphicsEncoder.saveVectorGraphic(
          chart(plot), drawn, VectorGraphicsEncoder.VectorGraphicsFormat.SVG);
    } catch (IOException impossible) {
      throw new IllegalStateException("memory takes what is written to it", impossible);
    }
    return drawn.toByteArray();
  }

  private static XYChart chart(Plot plot) {
    XYChart chart =
        new XYChartBuilder()
            .width(900)
            .height(560)
            .title(plot.title())
            .xAxisTitle(plot.x())
            .yAxisTitle(plot.y())
            .build();
    chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideE);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setPlotBorderVisible(false);
    plot.lowest().ifPresent(chart.getStyler()::setYAxisMin);
    chart.getStyler().setYAxisDecimalPattern("0.00");
    chart.getStyler().setXAxisDecimalPattern("0.##");
    chart.getStyler().setBaseFont(new Font(Font.SANS_SERIF, Font.PLAIN, 14));
    for (Plot.Series series : plot.series()) {
      add(chart, series);
    }
    return chart;
  }

  private static void add(XYChart chart, Plot.Series line) {
    // A loss that is beyond all bounds leaves a gap, as one that is no number does.
    List<Double> ys = line.ys().stream().map(y -> Double.isInfinite(y) ? Double.NaN : y).toList();
    XYSeries series = chart.addSeries(line.name(), line.xs(), ys);
    Color color = PALETTE[line.color() % PALETTE.length];
    series.setLineColor(color);
    series.setMarkerColor(color);
    series.setMarker(
        line.marked()
            ? MARKERS[line.color() / PALETTE.length % MARKERS.length]
            : SeriesMarkers.NONE);
    series.setLineStyle(
        line.dashed()
            ? new BasicStroke(
                2f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1f, new float[] {7, 5}, 0)
            : new BasicStroke(2.5f));
  }
}
