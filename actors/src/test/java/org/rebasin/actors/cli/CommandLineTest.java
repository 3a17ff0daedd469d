package org.rebasin.actors.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rebasin.actors.cli.RawModels.RawTensor;
import org.rebasin.actors.report.ParsedReport;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.tensor.Weights;

class CommandLineTest {
  private static final String DATA = "digits:train=300,test=200";

  @TempDir Path directory;

  private Path model(String name, long seed) {
    return RawModels.write(
        directory.resolve(name),
        RawModels.mlp(seed, "F32", List.of("fc1", "fc2", "fc3"), 784, 12, 8, 10));
  }

  private Path file(String name) {
    return directory.resolve(name);
  }

  private static void assertKeys(JsonNode document, String... keys) {
    for (String key : keys) {
      assertTrue(document.has(key), () -> key + " is missing in " + document);
    }
  }

  private static void assertAlignment(JsonNode alignment) {
    assertKeys(
        alignment,
        "method",
        "objective_before",
        "objective",
        "sweeps",
        "seconds",
        "groups",
        "seed");
    assertEquals("weight", alignment.get("method").asText());
    assertTrue(
        alignment.get("objective").asDouble() >= alignment.get("objective_before").asDouble());
    assertEquals(2, alignment.get("groups").size());
    alignment.get("groups").forEach(group -> assertKeys(group, "name", "size", "moved"));
  }

  @Test
  void trainReportsEachEpochAndWritesAModelThatEvaluates() {
    JsonNode document =
        Run.of(
                "train",
                "--architecture",
                "mlp:784-8-10",
                "--data",
                DATA,
                "--epochs",
                2,
                "--batch-size",
                50,
                "--subset",
                200,
                "--json",
                "--out",
                file("m.safetensors"))
            .done()
            .json();
    assertKeys(document, "epochs", "seconds");
    assertEquals(2, document.get("epochs").size());
    JsonNode last = document.get("epochs").get(1);
    assertKeys(
        last,
        "epoch",
        "train_loss",
        "train_accuracy",
        "test_loss",
        "test_accuracy",
        "images_per_second");
    assertEquals(2, last.get("epoch").asInt());

    JsonNode score =
        Run.of("evaluate", file("m.safetensors"), "--data", DATA, "--json").done().json();
    assertKeys(score, "loss", "accuracy", "examples", "split");
    assertEquals("test", score.get("split").asText());
    assertEquals(200, score.get("examples").asInt());
    assertEquals(last.get("test_loss").asDouble(), score.get("loss").asDouble(), 1e-6);
    assertEquals(last.get("test_accuracy").asDouble(), score.get("accuracy").asDouble());
  }

  @Test
  void evaluateTakesTheTrainingImagesToo() {
    JsonNode score =
        Run.of("evaluate", model("a", 1), "--data", DATA, "--split", "train", "--json")
            .done()
            .json();
    assertEquals("train", score.get("split").asText());
    assertEquals(300, score.get("examples").asInt());
  }

  @Test
  void alignReportsAndWritesThePermutation() throws IOException {
    JsonNode document =
        Run.of(
                "align",
                model("a", 1),
                model("b", 2),
                "--seed",
                3,
                "--restarts",
                1,
                "--json",
                "--out",
                file("out"),
                "--permutation",
                file("permutation.json"))
            .done()
            .json();
    assertAlignment(document);
    assertEquals(3, document.get("seed").asInt());
    JsonNode permutation =
        new Run(0, Files.readString(file("permutation.json")), "").json().get("groups").get(0);
    assertEquals(12, permutation.get("permutation").size());
    assertTrue(Files.exists(file("out")));
  }

  @Test
  void permuteDoesWithAFileWhatAlignDid() throws IOException {
    Path b = model("b", 2);
    Run.of(
            "align",
            model("a", 1),
            b,
            "--out",
            file("aligned"),
            "--permutation",
            file("permutation.json"))
        .done();
    JsonNode document =
        Run.of("permute", b, file("permutation.json"), "--json", "--out", file("permuted"))
            .done()
            .json();
    assertTrue(document.get("moved").asInt() > 0);
    try (ModelFile aligned = ModelFile.open(file("aligned"), Optional.empty());
        ModelFile permuted = ModelFile.open(file("permuted"), Optional.empty())) {
      Weights found = permuted.weights();
      aligned
          .weights()
          .tensors()
          .forEach(
              (name, tensor) ->
                  assertArrayEquals(tensor.toArray(), found.get(name).toArray(), name));
    }
  }

  @Test
  void permuteRefusesAnOrderOfOtherUnits() throws IOException {
    Path wrong = file("wrong.json");
    Files.writeString(wrong, "{\"groups\": [{\"name\": \"x\", \"permutation\": [1, 0]}]}");
    Run run = Run.of("permute", model("a", 1), wrong, "--out", file("out"));
    assertEquals(2, run.code());
    assertTrue(run.err().contains("expected a permutation of the 12 units"), run.err());
    assertFalse(Files.exists(file("out")));
  }

  @ParameterizedTest
  @CsvSource({"F32, fc", "F32, ''", "F16, fc", "F16, ''"})
  void alignedModelComputesTheSameFunctionAndHoldsTheSameValues(String type, String prefix)
      throws IOException {
    // PyTorch's names: fc1, fc2, fc3 of a module's fields, or 0, 2, 4 of a sequence with ReLUs.
    List<String> layers = prefix.isEmpty() ? List.of("0", "2", "4") : List.of("fc1", "fc2", "fc3");
    Path a = RawModels.write(file("a"), RawModels.mlp(1, type, layers, 784, 12, 8, 10));
    Path b = RawModels.write(file("b"), RawModels.mlp(2, type, layers, 784, 12, 8, 10));
    Run.of("align", a, b, "--out", file("aligned")).done();
    Run.of("merge", a, b, "--out", file("merged")).done();

    List<RawTensor> before = RawModels.read(b);
    List<RawTensor> after = RawModels.read(file("aligned"));
    assertEquals(declarations(before), declarations(after));
    assertEquals(declarations(before), declarations(RawModels.read(file("merged"))));
    boolean moved = false;
    for (int i = 0; i < before.size(); i++) {
      assertArrayEquals(before.get(i).sortedBits(), after.get(i).sortedBits());
      moved |= !java.util.Arrays.equals(before.get(i).bytes(), after.get(i).bytes());
    }
    assertTrue(moved);

    JsonNode old = Run.of("evaluate", b, "--data", DATA, "--json").done().json();
    JsonNode now = Run.of("evaluate", file("aligned"), "--data", DATA, "--json").done().json();
    assertEquals(old.get("accuracy").asDouble(), now.get("accuracy").asDouble());
    assertEquals(old.get("loss").asDouble(), now.get("loss").asDouble(), 1e-6);
  }

  private static List<String> declarations(List<RawTensor> tensors) {
    return tensors.stream().map(RawTensor::declaration).toList();
  }

  @Test
  void mergeReportsModelsAlignmentsAndEvaluation() {
    JsonNode document =
        Run.of(
                "merge",
                model("a", 1),
                model("b", 2),
                model("c", 3),
                "--weights",
                "2,1,1",
                "--data",
                DATA,
                "--json",
                "--out",
                file("merged"))
            .done()
            .json();
    assertKeys(document, "models", "strategy", "alignments", "evaluation");
    assertEquals(3, document.get("models").size());
    assertEquals(0.5, document.get("models").get(0).get("weight").asDouble());
    assertEquals(2, document.get("alignments").size());
    document.get("alignments").forEach(CommandLineTest::assertAlignment);
    assertKeys(document.get("evaluation"), "merged", "parents", "naive", "ensemble");
    assertEquals(3, document.get("evaluation").get("parents").size());
    JsonNode merged = Run.of("evaluate", file("merged"), "--data", DATA, "--json").done().json();
    assertEquals(
        document.get("evaluation").get("merged").get("loss").asDouble(),
        merged.get("loss").asDouble(),
        1e-6);
  }

  @Test
  void mergeOfAModelWithItsPermutedCopyIsTheModel() throws IOException {
    Path a = model("a", 1);
    Run.of("align", model("b", 2), a, "--out", file("permuted")).done();
    Run.of("merge", a, file("permuted"), "--out", file("merged")).done();
    List<RawTensor> expected = RawModels.read(a);
    List<RawTensor> merged = RawModels.read(file("merged"));
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i).bytes(), merged.get(i).bytes());
    }
  }

  @Test
  void barrierTellsBothCurvesOnBothSplitsAndDrawsThem() throws IOException {
    JsonNode document =
        Run.of(
                "barrier",
                model("a", 1),
                model("b", 2),
                "--data",
                DATA,
                "--points",
                3,
                "--json",
                "--plot",
                file("curve.png"))
            .done()
            .json();
    assertKeys(document, "lambdas", "naive", "aligned", "seconds");
    assertEquals("[0.0,0.5,1.0]", document.get("lambdas").toString());
    for (String curve : List.of("naive", "aligned")) {
      for (String split : List.of("test", "train")) {
        JsonNode entry = document.get(curve).get(split);
        assertKeys(entry, "loss", "accuracy", "barrier", "barrier_midpoint");
        assertEquals(3, entry.get("loss").size());
        assertEquals(3, entry.get("accuracy").size());
      }
    }
    byte[] png = Files.readAllBytes(file("curve.png"));
    assertArrayEquals(new byte[] {(byte) 0x89, 'P', 'N', 'G'}, java.util.Arrays.copyOf(png, 4));
  }

  @Test
  void barrierWithoutAlignmentHasTheNaiveCurveOnly() {
    JsonNode document =
        Run.of(
                "barrier",
                model("a", 1),
                model("b", 2),
                "--data",
                DATA,
                "--points",
                3,
                "--method",
                "none",
                "--json")
            .done()
            .json();
    assertTrue(document.has("naive"));
    assertFalse(document.has("aligned"));
  }

  @Test
  void inspectTellsTensorsArchitectureAndGroups() {
    JsonNode document = Run.of("inspect", model("a", 1), "--json").done().json();
    assertKeys(document, "architecture", "parameters", "tensors", "groups", "provenance", "sha256");
    assertEquals("mlp:784-12-8-10", document.get("architecture").asText());
    assertEquals(784 * 12 + 12 + 12 * 8 + 8 + 8 * 10 + 10, document.get("parameters").asInt());
    assertEquals(6, document.get("tensors").size());
    assertEquals(2, document.get("groups").size());
    document.get("groups").forEach(group -> assertKeys(group, "name", "size", "axes"));
    assertKeys(document.get("groups").get(0).get("axes").get(0), "tensor", "axis");
  }

  @Test
  void assignSolvesAMatrixBothWays() {
    Path scores =
        RawModels.write(file("scores.npy"), npy(new double[][] {{7, 1, 3}, {6, 2, 9}, {8, 4, 5}}));
    JsonNode most = Run.of("assign", scores, "--json").done().json();
    assertKeys(most, "objective", "assignment", "seconds");
    assertEquals(20, most.get("objective").asDouble());
    assertEquals("[0,2,1]", most.get("assignment").toString());
    JsonNode least = Run.of("assign", scores, "--minimize", "--json").done().json();
    assertEquals(12, least.get("objective").asDouble());
  }

  /** A NumPy file of version 1.0, as NumPy's format description lays it out. */
  static byte[] npy(double[][] rows) {
    String text =
        "{'descr': '<f8', 'fortran_order': False, 'shape': (%d, %d), }"
            .formatted(rows.length, rows[0].length);
    byte[] header =
        (text + " ".repeat(117 - text.length()) + "\n").getBytes(StandardCharsets.US_ASCII);
    ByteBuffer bytes =
        ByteBuffer.allocate(10 + header.length + 8 * rows.length * rows[0].length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put((byte) 0x93)
            .put("NUMPY".getBytes(StandardCharsets.US_ASCII))
            .put((byte) 1)
            .put((byte) 0)
            .putShort((short) header.length)
            .put(header);
    for (double[] row : rows) {
      for (double value : row) {
        bytes.putDouble(value);
      }
    }
    return bytes.array();
  }

  @Test
  void demoLeavesModelsMergeCurveAndReport() throws IOException {
    JsonNode report =
        Run.of("demo", "--data", DATA, "--epochs", 1, "--out", file("tour"), "--json")
            .done()
            .json();
    assertKeys(report, "training", "alignments", "evaluation", "curves", "merged");
    try (var files = Files.list(file("tour"))) {
      assertEquals(
          List.of(
              "curve.png",
              "merged.safetensors",
              "model-1.safetensors",
              "model-2.safetensors",
              "report.html",
              "report.json"),
          files.map(path -> path.getFileName().toString()).sorted().toList());
    }
    ParsedReport html = ParsedReport.of(file("tour").resolve("report.html"));
    assertTrue(
        html.texts("h2")
            .containsAll(List.of("Evaluation", "Between the first two models", "Training")));
    assertEquals(
        String.format(
            Locale.ROOT,
            "%.4f",
            report.get("curves").get("aligned").get("test").get("barrier").asDouble()),
        html.row("aligned, test").get(5));
  }

  @Test
  void filesThatAreWrittenMayBeReadByWhomTheUserAllows() throws IOException {
    // A file made in the plain way has the permissions that the user's mask leaves.
    var expected = Files.getPosixFilePermissions(Files.createFile(file("plain")));
    assertTrue(expected.contains(PosixFilePermission.OWNER_READ));
    Run.of("merge", model("a", 1), model("b", 2), "--out", file("merged")).done();
    Run.of(
            "barrier",
            file("a"),
            file("b"),
            "--data",
            DATA,
            "--points",
            3,
            "--plot",
            file("curve.png"))
        .done();
    assertEquals(expected, Files.getPosixFilePermissions(file("merged")));
    assertEquals(expected, Files.getPosixFilePermissions(file("curve.png")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"demo", "train", "align", "merge", "evaluate", "barrier", "inspect", "assign"})
  void everyCommandHasHelp(String command) {
    Run run = Run.of(command, "--help").done();
    assertTrue(run.out().contains("Usage: rebasin " + command), run.out());
  }

  @Test
  void textForPeopleIsOnStandardOutputAndProgressIsNot() {
    Run run = Run.of("merge", model("a", 1), model("b", 2), "--out", file("merged")).done();
    assertTrue(run.out().contains("written to"), run.out());
    assertTrue(run.err().contains("merge 1/1"), run.err());
  }
}
