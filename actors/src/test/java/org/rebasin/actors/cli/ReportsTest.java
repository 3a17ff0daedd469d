package org.rebasin.actors.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.actors.report.ParsedReport;

/** The reports that commands write hold what the commands print. */
class ReportsTest {
  private static final String DATA = "digits:train=300,test=200";

  @TempDir private Path directory;

  private Path model(String name, long seed) {
    return RawModels.write(
        file(name), RawModels.mlp(seed, "F32", List.of("fc1", "fc2", "fc3"), 784, 12, 8, 10));
  }

  private Path file(String name) {
    return directory.resolve(name);
  }

  private static String decimal(JsonNode number) {
    return String.format(Locale.ROOT, "%.4f", number.asDouble());
  }

  private static String percent(JsonNode part) {
    return String.format(Locale.ROOT, "%.2f %%", 100 * part.asDouble());
  }

  private static void assertScore(List<String> row, JsonNode score) {
    assertEquals(
        List.of(
            decimal(score.get("loss")),
            percent(score.get("accuracy")),
            decimal(score.get("expected_calibration_error"))),
        row.subList(1, row.size()));
  }

  @Test
  void mergeReportsWhatItPrintsWhateverTheFilesAreCalled() throws IOException {
    Path a = model("<b>&\".safetensors", 1);
    Path b = model("b", 2);
    JsonNode printed =
        Run.of(
                "merge",
                a,
                b,
                "--data",
                DATA,
                "--weights",
                "3,1",
                "--seed",
                7,
                "--repair",
                "--correction-examples",
                100,
                "--json",
                "--out",
                file("merged"),
                "--report",
                file("r.html"))
            .done()
            .json();
    ParsedReport report = ParsedReport.of(file("r.html"));
    assertEquals(List.of("Merge of <b>&\".safetensors and b"), report.texts("h1"));
    JsonNode evaluation = printed.get("evaluation");
    assertScore(report.row(a.toString()), evaluation.get("parents").get(0));
    assertScore(report.row(b.toString()), evaluation.get("parents").get(1));
    assertScore(report.row("naive average"), evaluation.get("naive"));
    assertScore(report.row("merged"), evaluation.get("merged"));
    assertScore(report.row("ensemble"), evaluation.get("ensemble"));

    JsonNode alignment = printed.get("alignments").get(0);
    String text = String.join("\n", report.texts("main"));
    assertTrue(text.contains(decimal(alignment.get("objective_before"))), text);
    assertTrue(text.contains(decimal(alignment.get("objective"))), text);
    assertEquals(
        decimal(alignment.get("objective")),
        report.row(String.valueOf(alignment.get("objectives").size())).get(1));
    for (JsonNode group : alignment.get("groups")) {
      assertEquals(
          List.of(
              group.get("name").asText(), group.get("size").asText(), group.get("moved").asText()),
          report.row(group.get("name").asText()));
    }
    assertEquals(
        List.of(file("merged") + " (merged)", printed.get("sha256").asText(), ""),
        report.row(file("merged") + " (merged)"));
    printed
        .get("models")
        .forEach(model -> assertTrue(text.contains(model.get("sha256").asText()), text));
    assertEquals("mlp:784-12-8-10", report.fact("architecture"));
    assertEquals("weight", report.fact("method"));
    assertEquals("to-reference", report.fact("strategy"));
    assertEquals("7", report.fact("seed"));
    assertEquals("repair", report.fact("correction"));
    assertEquals(DATA, report.fact("data"));
    assertTrue(report.fact("Rebasin").contains("(commit "), report.fact("Rebasin"));
  }

  @Test
  void mergeOfManyAtOnceReportsTheCommonAlignment() throws IOException {
    JsonNode printed =
        Run.of(
                "merge",
                model("a", 1),
                model("b", 2),
                model("c", 3),
                "--strategy",
                "merge-many",
                "--json",
                "--out",
                file("merged"),
                "--report",
                file("r.html"))
            .done()
            .json();
    ParsedReport report = ParsedReport.of(file("r.html"));
    JsonNode common = printed.get("common_alignment");
    assertEquals("merge-many", report.fact("strategy"));
    assertEquals(
        List.of(
            decimal(common.get("objective_before")),
            decimal(common.get("objective")),
            common.get("rounds").asText()),
        report.row(common.get("method").asText()).subList(1, 4));
    assertFalse(report.texts("h2").contains("Evaluation"));
  }

  @Test
  void modelsOfOneNameAreToldApart() throws IOException {
    Path b = model("b", 2);
    Run.of("merge", model("a", 1), b, b, "--out", file("merged"), "--report", file("r.html"))
        .done();
    ParsedReport report = ParsedReport.of(file("r.html"));
    assertEquals(List.of("Merge of a, b and b"), report.texts("h1"));
    assertEquals(
        List.of("permutation group", "units", "moved of " + b, "moved of " + b + " (2)"),
        report.row("permutation group"));
    assertEquals(report.row(b.toString()).get(1), report.row(b + " (2)").get(1));
  }

  @Test
  void barrierReportsEveryPointOfEveryCurve() throws IOException {
    JsonNode printed =
        Run.of(
                "barrier",
                model("a", 1),
                model("b", 2),
                "--data",
                DATA,
                "--points",
                5,
                "--json",
                "--report",
                file("r.html"))
            .done()
            .json();
    ParsedReport report = ParsedReport.of(file("r.html"));
    String text = String.join("\n", report.texts("main"));
    for (String kind : List.of("naive", "aligned")) {
      for (String split : List.of("test", "train")) {
        JsonNode curve = printed.get(kind).get(split);
        List<String> row = report.row(kind + ", " + split);
        assertEquals(decimal(curve.get("loss").get(2)), row.get(3));
        assertEquals(decimal(curve.get("barrier")), row.get(5));
        assertEquals(decimal(curve.get("barrier_midpoint")), row.get(6));
        curve.get("loss").forEach(loss -> assertTrue(text.contains(decimal(loss)), text));
        curve.get("accuracy").forEach(part -> assertTrue(text.contains(percent(part)), text));
      }
    }
    // Loss, accuracy, and the objective of the alignment.
    assertEquals(3, report.elements("svg").size());
    assertEquals(4, report.row("0.2500").size() - 1);
  }

  @Test
  void barrierWithoutAlignmentReportsTheNaiveCurveOnly() throws IOException {
    Path a = model("a", 1);
    Run.of(
            "barrier",
            a,
            a,
            "--data",
            DATA,
            "--points",
            3,
            "--method",
            "none",
            "--report",
            file("r.html"))
        .done();
    ParsedReport report = ParsedReport.of(file("r.html"));
    assertEquals("none", report.fact("method"));
    assertEquals(2, report.elements("svg").size());
    assertFalse(String.join("", report.texts("tr")).contains("aligned"));
  }

  @Test
  void reportThatCannotBeWrittenIsRefusedBeforeAnyWork() {
    Path a = model("a", 1);
    for (Path report :
        List.of(file("nowhere").resolve("r.html"), directory, file("r.txt"), a.toAbsolutePath())) {
      Run merge = Run.of("merge", a, a, "--out", file("merged"), "--report", report);
      assertEquals(2, merge.code(), merge.err());
      assertTrue(merge.err().contains(report.toString()), merge.err());
      Run barrier = Run.of("barrier", a, a, "--data", DATA, "--report", report);
      assertEquals(2, barrier.code(), barrier.err());
      assertFalse(Files.exists(file("merged")));
    }
  }

  @Test
  void experimentLeavesAReportBesideItsSummary() throws IOException {
    JsonNode found =
        Run.of("experiment", "run", "counterexample", "--json", "--out", file("out")).done().json();
    ParsedReport report = ParsedReport.of(file("out").resolve("report.html"));
    assertTrue(report.texts("h2").containsAll(List.of("Accuracy", "Published", "Plots")));
    assertTrue(String.join("", report.texts("td")).contains("75.00 %"));
    assertEquals(4, found.get("permutations").size());
    assertEquals(1, report.elements("svg").size());
    assertEquals("./rebasin experiment run counterexample --scale laptop", report.fact("command"));
    assertTrue(report.fact("Rebasin").contains("(commit "), report.fact("Rebasin"));
  }
}
