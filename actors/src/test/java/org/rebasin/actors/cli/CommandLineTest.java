package org.rebasin.actors.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.model.checkpoint.DataType;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.checkpoint.SafetensorsWriter;
import org.rebasin.model.checkpoint.TensorDeclaration;

/** Every command as a user gives it: what it prints, what it writes, and what it refuses. */
class CommandLineTest {
  private static final String DATA = "digits:train=400,test=100";
  private static final String ARCHITECTURE = "mlp:784-24-24-10";

  @TempDir private Path directory;

  private String path(String name) {
    return directory.resolve(name).toString();
  }

  private CapturedRun train(String name, int seed) {
    return CapturedRun.of(
        "train",
        "--architecture",
        ARCHITECTURE,
        "--data",
        DATA,
        "--epochs",
        "3",
        "--batch-size",
        "50",
        "--learning-rate",
        "0.003",
        "--seed",
        String.valueOf(seed),
        "--out",
        path(name),
        "--json");
  }

  private static List<String> keys(JsonNode node) {
    List<String> keys = new ArrayList<>();
    node.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  @Test
  void networksAreTrainedAlignedMergedEvaluatedAndInspected() throws IOException {
    JsonNode trained = train("a.safetensors", 1).json();
    assertEquals(3, trained.get("epochs").size());
    assertTrue(
        keys(trained.get("epochs").get(0))
            .containsAll(
                List.of(
                    "epoch",
                    "train_loss",
                    "train_accuracy",
                    "test_loss",
                    "test_accuracy",
                    "images_per_second")));
    assertTrue(trained.get("seconds").isNumber());
    train("b.safetensors", 2).json();

    JsonNode aligned =
        CapturedRun.of(
                "align",
                path("a.safetensors"),
                path("b.safetensors"),
                "--out",
                path("c.safetensors"),
                "--permutation",
                path("p.json"),
                "--json")
            .json();
    assertTrue(aligned.get("objective").asDouble() > aligned.get("objective_before").asDouble());
    assertEquals("weight", aligned.get("method").asText());
    assertEquals(24, aligned.get("groups").get(0).get("size").asInt());
    assertTrue(keys(aligned).containsAll(List.of("sweeps", "seconds", "seed", "groups")));
    JsonNode permutation = new ObjectMapper().readTree(directory.resolve("p.json").toFile());
    assertEquals(24, permutation.get("groups").get(1).get("permutation").size());

    JsonNode before = evaluate("b.safetensors");
    JsonNode after = evaluate("c.safetensors");
    assertEquals(before.get("accuracy"), after.get("accuracy"));
    assertEquals(before.get("loss").asDouble(), after.get("loss").asDouble(), 1e-6);
    assertEquals(100, after.get("examples").asInt());
    assertEquals("test", after.get("split").asText());
    sameValuesInAnyOrder("b.safetensors", "c.safetensors");

    JsonNode merged =
        CapturedRun.of(
                "merge",
                path("a.safetensors"),
                path("b.safetensors"),
                path("c.safetensors"),
                "--weights",
                "2,1,1",
                "--data",
                DATA,
                "--out",
                path("m.safetensors"),
                "--json")
            .json();
    assertEquals("to-reference", merged.get("strategy").asText());
    assertEquals(3, merged.get("models").size());
    assertEquals(0.5, merged.get("models").get(0).get("weight").asDouble());
    assertEquals(2, merged.get("alignments").size());
    assertTrue(
        keys(merged.get("evaluation"))
            .containsAll(List.of("merged", "parents", "naive", "ensemble")));

    JsonNode inspected = CapturedRun.of("inspect", path("m.safetensors"), "--json").json();
    assertEquals(ARCHITECTURE, inspected.get("architecture").asText());
    assertEquals(784 * 24 + 24 + 24 * 24 + 24 + 24 * 10 + 10, inspected.get("parameters").asInt());
    assertEquals(2, inspected.get("groups").size());
    assertEquals(
        "layers.0.weight",
        inspected.get("groups").get(0).get("axes").get(0).get("tensor").asText());
    assertEquals("merge", inspected.get("provenance").get("operation").asText());
    assertEquals(merged.get("sha256"), inspected.get("sha256"));

    JsonNode barrier =
        CapturedRun.of(
                "barrier",
                path("a.safetensors"),
                path("b.safetensors"),
                "--data",
                DATA,
                "--points",
                "5",
                "--plot",
                path("curve.png"),
                "--json")
            .json();
    assertEquals(5, barrier.get("lambdas").size());
    for (String curve : List.of("naive", "aligned")) {
      for (String split : List.of("test", "train")) {
        JsonNode node = barrier.get(curve).get(split);
        assertEquals(5, node.get("loss").size());
        assertEquals(5, node.get("accuracy").size());
        assertTrue(node.get("barrier").isNumber() && node.get("barrier_midpoint").isNumber());
      }
    }
    byte[] picture = Files.readAllBytes(directory.resolve("curve.png"));
    assertEquals("PNG", new String(picture, 1, 3, StandardCharsets.US_ASCII));
    assertFalse(
        CapturedRun.of(
                "barrier",
                path("a.safetensors"),
                path("b.safetensors"),
                "--data",
                DATA,
                "--points",
                "3",
                "--method",
                "none",
                "--json")
            .json()
            .has("aligned"));
  }

  private JsonNode evaluate(String name) {
    return CapturedRun.of("evaluate", path(name), "--data", DATA, "--json").json();
  }

  private void sameValuesInAnyOrder(String one, String other) {
    try (ModelFile a = ModelFile.open(directory.resolve(one), Optional.empty());
        ModelFile b = ModelFile.open(directory.resolve(other), Optional.empty())) {
      a.weights()
          .tensors()
          .forEach(
              (name, tensor) -> {
                float[] left = tensor.toArray();
                float[] right = b.weights().get(name).toArray();
                Arrays.sort(left);
                Arrays.sort(right);
                assertArrayEquals(left, right, name);
              });
    }
  }

  @Test
  void theSameCommandGivesTheSameBytes() throws IOException {
    train("a.safetensors", 1).json();
    train("again.safetensors", 1).json();
    assertArrayEquals(
        Files.readAllBytes(directory.resolve("a.safetensors")),
        Files.readAllBytes(directory.resolve("again.safetensors")));
  }

  @Test
  void theDemoLeavesItsResultsAndNothingElse() throws IOException {
    CapturedRun.of(
            "demo",
            "--data",
            DATA,
            "--models",
            "3",
            "--epochs",
            "1",
            "--out",
            path("demo"),
            "--json")
        .json();
    try (Stream<Path> files = Files.list(directory.resolve("demo"))) {
      assertEquals(
          List.of(
              "curve.png",
              "merged.safetensors",
              "model-1.safetensors",
              "model-2.safetensors",
              "model-3.safetensors",
              "report.json"),
          files.map(file -> file.getFileName().toString()).sorted().toList());
    }
  }

  @Test
  void anAssignmentIsSolvedExactly() throws IOException {
    // [[4, 1, 3], [2, 0, 5], [3, 2, 2]]: at most 4 + 5 + 2, at least 1 + 2 + 2.
    Path file = directory.resolve("scores.npy");
    String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 3), }";
    ByteBuffer bytes = ByteBuffer.allocate(128 + 36).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII)).put((byte) 1);
    bytes.put((byte) 0).putShort((short) 118);
    bytes.put(
        (header + " ".repeat(117 - header.length()) + "\n").getBytes(StandardCharsets.US_ASCII));
    for (float score : new float[] {4, 1, 3, 2, 0, 5, 3, 2, 2}) {
      bytes.putFloat(score);
    }
    Files.write(file, bytes.array());
    JsonNode most = CapturedRun.of("assign", file.toString(), "--json").json();
    assertEquals(11, most.get("objective").asDouble());
    assertEquals("[0,2,1]", most.get("assignment").toString());
    assertTrue(most.get("seconds").isNumber());
    assertEquals(
        5,
        CapturedRun.of("assign", file.toString(), "--minimize", "--json")
            .json()
            .get("objective")
            .asDouble());
  }

  /** Writes a model as PyTorch-style code names its tensors. */
  private Path write(String name, DataType type, long seed, Object... namesAndShapes) {
    List<TensorDeclaration> tensors = new ArrayList<>();
    for (int i = 0; i < namesAndShapes.length; i += 2) {
      tensors.add(
          new TensorDeclaration((String) namesAndShapes[i], type, (long[]) namesAndShapes[i + 1]));
    }
    Path file = directory.resolve(name);
    SplittableRandom random = new SplittableRandom(seed);
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(file, tensors, Map.of("format", "pt"))) {
      for (TensorDeclaration tensor : tensors) {
        FloatBuffer values = FloatBuffer.allocate((int) tensor.elements());
        for (int i = 0; i < values.capacity(); i++) {
          values.put(i, (float) random.nextDouble(-1, 1));
        }
        writer.write(tensor.name(), values);
      }
      writer.commit();
    }
    return file;
  }

  private static long[] of(long... shape) {
    return shape;
  }

  @Test
  void foreignFilesAreMergedByTheirNamesAlone() {
    for (DataType type : List.of(DataType.F32, DataType.F16)) {
      Object[] names = {
        "fc1.weight", of(30, 20), "fc1.bias", of(30), "fc2.weight", of(4, 30), "fc2.bias", of(4)
      };
      Path a = write("a" + type, type, 1, names);
      Path b = write("b" + type, type, 2, names);
      CapturedRun.of("merge", a.toString(), b.toString(), "--out", path("m" + type), "--json")
          .json();
      try (ModelFile parent = ModelFile.open(a, Optional.empty());
          ModelFile merged = ModelFile.open(directory.resolve("m" + type), Optional.empty())) {
        assertEquals(parent.declarations(), merged.declarations());
        assertEquals("pt", merged.metadata().get("format"));
        assertEquals("mlp:20-30-4", merged.network().architecture());
      }
    }
  }

  /** Runs a command that must be refused: exit 2, the message on both streams, nothing written. */
  private void refused(String expected, String... command) throws IOException {
    List<Path> before = files();
    String[] withJson = Arrays.copyOf(command, command.length + 1);
    withJson[command.length] = "--json";
    CapturedRun run = CapturedRun.of(withJson);
    assertEquals(2, run.code(), run.err());
    assertTrue(run.err().contains(expected), () -> "expected " + expected + " in " + run.err());
    JsonNode error = run.document().get("error");
    assertTrue(error.get("message").asText().contains(expected));
    assertTrue(error.get("kind").isTextual());
    assertEquals(before, files());
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.sorted().toList();
    }
  }

  private String raw(String name, String header, int dataBytes) throws IOException {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + text.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(text.length).put(text);
    Files.write(directory.resolve(name), bytes.array());
    return path(name);
  }

  @Test
  void brokenModelFilesAreRefused() throws IOException {
    String good =
        write("good", DataType.F32, 1, "fc.weight", of(3, 4), "head.weight", of(2, 3)).toString();
    String out = path("out.safetensors");
    Files.writeString(directory.resolve("text"), "this is no model at all");
    refused("safetensors", "align", path("text"), good, "--out", out);
    refused("no such file", "align", path("absent"), good, "--out", out);

    byte[] bytes = Files.readAllBytes(Path.of(good));
    Files.write(directory.resolve("cut"), Arrays.copyOf(bytes, bytes.length - 5));
    refused("cut", "align", good, path("cut"), "--out", out);

    ByteBuffer longHeader = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    longHeader.putLong(1L << 40);
    Files.write(directory.resolve("long"), longHeader.array());
    refused("long", "inspect", path("long"));

    refused(
        "overlap",
        "inspect",
        raw(
            "overlap",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
            12));
    refused(
        "outside",
        "inspect",
        raw("outside", "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4));
    refused(
        "expected F32, F16 or BF16, found I64",
        "inspect",
        raw("ints", "{\"a\":{\"dtype\":\"I64\",\"shape\":[1,1],\"data_offsets\":[0,8]}}", 8));
  }

  @Test
  void modelsThatDifferAreRefusedWithBothNamed() throws IOException {
    String a =
        write("a", DataType.F32, 1, "fc1.weight", of(5, 4), "fc2.weight", of(2, 5)).toString();
    String wide =
        write("wide", DataType.F32, 1, "fc1.weight", of(6, 4), "fc2.weight", of(2, 6)).toString();
    String out = path("out.safetensors");
    refused(
        "fc1.weight: expected shape [5, 4] as in " + a + ", found [6, 4]",
        "align",
        a,
        wide,
        "--out",
        out);
    refused(wide, "merge", a, wide, "--out", out);
    String fewer = write("fewer", DataType.F32, 1, "fc1.weight", of(5, 4)).toString();
    refused("\"fc2.weight\"", "align", a, fewer, "--out", out);

    String odd =
        write("odd", DataType.F32, 1, "x.weight", of(5, 4), "y.weight", of(2, 3)).toString();
    refused("pass --architecture", "inspect", odd);
    refused("expected mlp:4-5-3, found", "inspect", a, "--architecture", "mlp:4-5-3");
    refused("expected two models or more", "merge", a, "--out", out);
  }

  @Test
  void numbersThatAreNotFiniteAreRefusedWithTheirPlace() throws IOException {
    String a =
        write("a", DataType.F32, 1, "fc1.weight", of(5, 4), "fc2.weight", of(2, 5)).toString();
    byte[] bytes = Files.readAllBytes(Path.of(a));
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(bytes.length - 8, Float.NaN);
    Files.write(directory.resolve("nan"), bytes);
    refused(
        "fc2.weight: expected finite numbers, found NaN at [1, 3] in " + path("nan"),
        "align",
        a,
        path("nan"),
        "--out",
        path("out"));
  }

  @Test
  void wrongDataIsRefused() throws IOException {
    train("a.safetensors", 1).json();
    String model = path("a.safetensors");
    refused("no-data", "evaluate", model, "--data", "mnist:" + path("no-data"));
    refused("digits", "evaluate", model, "--data", "imagenet:/nowhere");
    Path data = Files.createDirectory(directory.resolve("data"));
    refused("train-images-idx3-ubyte", "evaluate", model, "--data", "mnist:" + data);
    idx(data.resolve("train-images-idx3-ubyte.gz"), 0x803, 3, 3 * 784, 28, 28);
    idx(data.resolve("train-labels-idx1-ubyte"), 0x801, 2, 2);
    idx(data.resolve("t10k-images-idx3-ubyte"), 0x803, 1, 784, 28, 28);
    idx(data.resolve("t10k-labels-idx1-ubyte"), 0x801, 1, 1);
    refused("train-", "evaluate", model, "--data", "mnist:" + data);
    idx(data.resolve("train-labels-idx1-ubyte"), 0x801, 3, 2);
    refused("train-labels-idx1-ubyte", "evaluate", model, "--data", "mnist:" + data);
    idx(data.resolve("train-labels-idx1-ubyte"), 0x999, 3, 3);
    refused("train-labels-idx1-ubyte", "evaluate", model, "--data", "mnist:" + data);
    idx(data.resolve("train-labels-idx1-ubyte"), 0x801, 3, 3);
    assertEquals(0, CapturedRun.of("evaluate", model, "--data", "mnist:" + data, "--json").code());

    String small = write("small", DataType.F32, 1, "fc.weight", of(10, 5)).toString();
    refused("reads 5 values", "evaluate", small, "--data", DATA);
  }

  private static void idx(Path file, int magic, int count, int bytes, int... sizes)
      throws IOException {
    ByteBuffer content = ByteBuffer.allocate(8 + 4 * sizes.length + bytes);
    content.putInt(magic).putInt(count);
    for (int size : sizes) {
      content.putInt(size);
    }
    if (file.toString().endsWith(".gz")) {
      try (GZIPOutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
        out.write(content.array());
      }
    } else {
      Files.write(file, content.array());
    }
  }

  @Test
  void wrongOptionsAreRefused() throws IOException {
    String a =
        write("a", DataType.F32, 1, "fc1.weight", of(5, 4), "fc2.weight", of(2, 5)).toString();
    refused("--method", "align", a, a, "--method", "magic", "--out", path("o"));
    refused("--restarts", "align", a, a, "--restarts", "-1", "--out", path("o"));
    refused("--points", "barrier", a, a, "--data", DATA, "--points", "4");
    refused("--weights", "merge", a, a, "--weights", "1", "--out", path("o"));
    refused("positive sum", "merge", a, a, "--weights", "0,0", "--out", path("o"));
    refused("--split", "evaluate", a, "--data", DATA, "--split", "validation");
    refused("Unknown option", "inspect", a, "--nonsense");
    assertEquals(2, CapturedRun.of().code());
    refused(
        "epochs",
        "train",
        "--architecture",
        ARCHITECTURE,
        "--data",
        DATA,
        "--epochs",
        "0",
        "--out",
        path("o"));
    refused(
        "mlp:IN-HIDDEN",
        "train",
        "--architecture",
        "mlp:784-x",
        "--data",
        DATA,
        "--out",
        path("o"));
    refused(
        "--subset",
        "train",
        "--architecture",
        ARCHITECTURE,
        "--data",
        DATA,
        "--subset",
        "401",
        "--out",
        path("o"));
    refused("cannot write", "align", a, a, "--out", path("no/such/directory"));
    refused("it is a directory", "align", a, a, "--out", directory.toString());
  }
}
