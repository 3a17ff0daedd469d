package org.rebasin.actors.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.actors.report.HtmlReport.Facts;
import org.rebasin.actors.report.HtmlReport.Picture;
import org.rebasin.actors.report.HtmlReport.Section;
import org.rebasin.actors.report.HtmlReport.Table;
import org.rebasin.actors.report.HtmlReport.Text;

class HtmlReportTest {
  private static final String HOSTILE = "</style></title><script>alert(1)</script>&\"'<b>";

  @TempDir private Path directory;

  private static Plot plot(String title) {
    return Plot.alongLine(
        title,
        "loss",
        List.of(new Plot.Series(title, List.of(0., 1.), List.of(1., 2.), 0, true, true)));
  }

  private static HtmlReport report(Section... sections) {
    return new HtmlReport("title", "lead", List.of(sections));
  }

  @Test
  void whateverATextHoldsIsShownAndNotObeyed() {
    ParsedReport report =
        ParsedReport.of(
            new HtmlReport(
                    HOSTILE,
                    HOSTILE,
                    List.of(
                        new Section(
                            HOSTILE,
                            List.of(
                                new Text(HOSTILE),
                                new Table(HOSTILE, List.of(List.of(HOSTILE), List.of(HOSTILE))),
                                new Facts(Map.of(HOSTILE, HOSTILE)),
                                new Picture(plot(HOSTILE))))))
                .html());
    for (String name : List.of("title", "h1", "h2", "caption", "dt", "dd")) {
      assertEquals(List.of(HOSTILE), report.texts(name), name);
    }
    assertEquals(List.of(HOSTILE, HOSTILE), report.texts("p"));
    assertEquals(List.of(HOSTILE, HOSTILE), report.texts("th"));
    assertEquals(HOSTILE, report.elements("svg").get(0).getAttribute("aria-label"));
  }

  @Test
  void characterThatNoDocumentMayHoldIsReplaced() {
    String given = "a\u0000\u0007\u001b\u007f\u0085\ud800b\uffff\ud83d\ude00\n";
    ParsedReport report =
        ParsedReport.of(report(new Section("s", List.of(new Text(given)))).html());
    assertEquals("a" + "\ufffd".repeat(6) + "b\ufffd\ud83d\ude00\n", report.texts("p").get(1));
  }

  @Test
  void manyPlotsStandSideBySideWithoutSharingAnId() {
    ParsedReport report =
        ParsedReport.of(
            report(
                    new Section("a", List.of(new Picture(plot("x")), new Picture(plot("x")))),
                    new Section("b", List.of(new Picture(plot("x")))))
                .html());
    assertEquals(3, report.elements("svg").size());
    assertEquals(3, report.elements("clipPath").size());
    // Where the page is dark its paper shows through.
    assertTrue(
        report.elements("rect").stream()
            .noneMatch(rect -> rect.getAttribute("style").contains("rgb(255,255,255)")));
  }

  @Test
  void onlyColumnsOfNumbersStandToTheRight() {
    ParsedReport report =
        ParsedReport.of(
            report(
                    new Section(
                        "s",
                        List.of(
                            new Table(
                                "",
                                List.of(
                                    List.of("name", "number", "part", "word"),
                                    List.of("1", "-0.25", "97.10 %", "12a"),
                                    List.of("2", "–", "", "3"))))))
                .html());
    assertEquals(
        List.of("number", "number", "", "number", "number", ""),
        report.elements("td").stream().map(cell -> cell.getAttribute("class")).toList());
  }

  @Test
  void reportTakesThePlaceOfAnOlderOneAndLeavesNothingBeside() throws IOException {
    Path file = Files.writeString(directory.resolve("r.html"), "old");
    HtmlReport report = report(new Section("s", List.of(new Text("t"))));
    report.write(file);
    assertEquals(report.html(), Files.readString(file));
    try (var files = Files.list(directory)) {
      assertEquals(List.of(file), files.toList());
    }
    Path missing = directory.resolve("nowhere").resolve("r.html");
    assertThrows(UncheckedIOException.class, () -> report.write(missing));
  }
}
