package org.rebasin.actors.report;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlotFileTest {
  @Test
  void aLossBeyondAllBoundsLeavesAGap() {
    Plot plot =
        Plot.alongLine(
            "Loss",
            "cross-entropy loss",
            List.of(
                new Plot.Series(
                    "naive",
                    List.of(0.0, 0.5, 1.0),
                    List.of(0.1, Double.POSITIVE_INFINITY, 0.2),
                    0,
                    false,
                    true)));
    assertTrue(new String(PlotFile.svg(plot), StandardCharsets.UTF_8).contains("<svg"));
  }
}
