package org.rebasin.actors.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rebasin.actors.cli.RawModels.RawTensor;

/** Everything that can be wrong with what the user gives: refused by name, and nothing written. */
class BadInputTest {
  private static final List<String> LAYERS = List.of("fc1", "fc2", "fc3");

  @TempDir Path directory;
  private Path good;

  @BeforeEach
  void makeAGoodModel() {
    good = RawModels.write(file("good"), tensors(1));
  }

  private static List<RawTensor> tensors(long seed) {
    return RawModels.mlp(seed, "F32", LAYERS, 784, 6, 4, 10);
  }

  private Path file(String name) {
    return directory.resolve(name);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.sorted().toList();
    }
  }

  /** Runs a command that must be refused with a message that has all the parts. */
  private void assertRefused(List<Object> arguments, Object... parts) throws IOException {
    List<Path> before = files();
    List<Object> withJson = new ArrayList<>(arguments);
    withJson.add("--json");
    Run run = Run.of(withJson.toArray());
    assertEquals(2, run.code(), run.err());
    String message = run.json().get("error").get("message").asText();
    assertTrue(run.json().get("error").has("kind"));
    for (Object part : parts) {
      assertTrue(message.contains(part.toString()), () -> part + " is missing in: " + message);
    }
    assertTrue(run.err().contains(message), run.err());
    assertEquals(before, files());

    Run asText = Run.of(arguments.toArray());
    assertEquals(2, asText.code());
    assertEquals("", asText.out());
    assertEquals(before, files());
  }

  private void assertModelRefused(Path bad, Object... parts) throws IOException {
    assertRefused(List.of("merge", good, bad, "--out", file("out")), parts);
    assertRefused(List.of("align", good, bad, "--out", file("out")), parts);
  }

  @Test
  void whatUsersWriteIsWhatTheyAreTold() throws IOException {
    assertRefused(
        List.of("merge", good, good, "--method", "wait", "--out", file("out")),
        "--method: expected one of weight, activation, activation-pearson, straight-through, none,"
            + " found 'wait'");
    assertRefused(List.of("experiment", "run", "mnist-mlp", "--scale", "huge"), "laptop, paper");
    assertRefused(List.of("merg", good), "'merg'", "merge");
    assertRefused(
        List.of("train", "--architecture", "foo", "--data", "digits", "--out", file("out")),
        "unknown architecture 'foo'",
        "mlp:",
        "file:PATH",
        "onnx:PATH");
    assertRefused(
        List.of("status", "--token-file", file("none")),
        "token file: expected a file that can be read, found none at " + file("none"));
    Path text = Files.writeString(file("text"), "a network of mine");
    assertRefused(List.of("inspect", text), "safetensors or .npz", "found what appears to be text");
  }

  @Test
  void notASafetensorsFile() throws IOException {
    Path bad = RawModels.write(file("bad"), "PK\3\4 what PyTorch writes, a zip archive".getBytes());
    assertModelRefused(bad, bad);
  }

  @Test
  void aFileThatIsNotThere() throws IOException {
    assertModelRefused(file("nowhere"), file("nowhere"));
  }

  @Test
  void anEmptyFile() throws IOException {
    assertModelRefused(RawModels.write(file("bad"), new byte[0]), file("bad"));
  }

  @Test
  void aTruncatedFile() throws IOException {
    byte[] bytes = Files.readAllBytes(good);
    Path bad = RawModels.write(file("bad"), Arrays.copyOf(bytes, bytes.length - 5));
    assertModelRefused(bad, bad);
  }

  @ParameterizedTest
  @ValueSource(longs = {1_000, 200_000_000, Long.MAX_VALUE, -1})
  void aHeaderLongerThanTheFileOrAnySaneBound(long length) throws IOException {
    byte[] bytes = ByteBuffer.allocate(40).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array();
    Path bad = RawModels.write(file("bad"), bytes);
    assertModelRefused(bad, bad);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0,8", "4,20", "-8,0", "8,4"})
  void overlappingOrOutOfRangeOffsets(String offsets) throws IOException {
    String header =
        """
        {"fc1.weight":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},\
        "fc2.weight":{"dtype":"F32","shape":[1,2],"data_offsets":[%s]}}"""
            .formatted(offsets);
    Path bad = RawModels.write(file("bad"), header, new byte[16]);
    assertModelRefused(bad, bad, "fc2.weight");
  }

  @Test
  void aTypeThatIsNoFloat() throws IOException {
    List<RawTensor> tensors = new ArrayList<>(tensors(2));
    RawTensor first = tensors.get(0);
    tensors.set(0, new RawTensor(first.name(), "I32", first.shape(), first.bytes()));
    Path bad = RawModels.write(file("bad"), tensors);
    assertModelRefused(bad, bad, "fc1.weight", "I32", "F32");
  }

  @Test
  void aMissingTensor() throws IOException {
    List<RawTensor> tensors = new ArrayList<>(tensors(2));
    tensors.removeIf(tensor -> tensor.name().equals("fc2.bias"));
    Path bad = RawModels.write(file("bad"), tensors);
    assertModelRefused(bad, bad, "fc2.bias");
  }

  @Test
  void shapesThatDiffer() throws IOException {
    Path bad = RawModels.write(file("bad"), RawModels.mlp(2, "F32", LAYERS, 784, 5, 4, 10));
    assertModelRefused(bad, good, bad, "fc1.weight", "[6, 784]", "[5, 784]");
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void aNumberThatIsNotFinite(float value) throws IOException {
    List<RawTensor> tensors = tensors(2);
    ByteBuffer.wrap(tensors.get(2).bytes())
        .order(ByteOrder.LITTLE_ENDIAN)
        .putFloat(4 * (2 * 6 + 5), value);
    Path bad = RawModels.write(file("bad"), tensors);
    assertModelRefused(bad, bad, "fc2.weight", "[2, 5]", value);
    assertRefused(
        List.of("evaluate", bad, "--data", "digits:train=10,test=10"), bad, "fc2.weight", "[2, 5]");
  }

  @Test
  void anArchitectureThatCannotBeTold() throws IOException {
    String header =
        """
        {"kernel":{"dtype":"F32","shape":[2,2,3],"data_offsets":[0,48]}}""";
    Path bad = RawModels.write(file("bad"), header, new byte[48]);
    assertRefused(List.of("inspect", bad), bad, "--architecture", "kernel");
    assertModelRefused(bad, bad, "--architecture", "kernel");
  }

  @Test
  void anArchitectureThatDoesNotFit() throws IOException {
    assertRefused(
        List.of("inspect", good, "--architecture", "mlp:784-7-4-10"), good, "mlp:784-7-4-10");
    assertRefused(List.of("inspect", good, "--architecture", "tree:3"), "tree:3");
  }

  @Test
  void oneModelToMerge() throws IOException {
    assertRefused(List.of("merge", good, "--out", file("out")), "two models", good);
  }

  @Test
  void weightsThatDoNotFit() throws IOException {
    for (String weights : List.of("1", "1,1,1", "1,-1", "0,0", "1,NaN", "1,many")) {
      assertRefused(
          List.of("merge", good, good, "--weights", weights, "--out", file("out")), "weights");
    }
  }

  @Test
  void unknownOptionsAndValues() throws IOException {
    assertRefused(
        List.of("merge", good, good, "--method", "magic", "--out", file("out")),
        "--method",
        "magic");
    assertRefused(List.of("merge", good, good, "--speed", "9", "--out", file("out")), "--speed");
    assertRefused(List.of("merge", good, good), "--out");
    assertRefused(
        List.of("align", good, good, "--restarts", "-1", "--out", file("out")), "--restarts", "-1");
    assertRefused(List.of("align", good, good, "--seed", "x", "--out", file("out")), "--seed", "x");
    assertRefused(
        List.of("evaluate", good, "--data", "digits", "--split", "dev"), "--split", "dev");
    assertRefused(
        List.of("barrier", good, good, "--data", "digits", "--points", "4"), "--points", "4");
    assertRefused(List.of("sing"), "sing");
    Run nothing = Run.of();
    assertEquals(2, nothing.code());
    assertTrue(nothing.err().contains("expected a command"), nothing.err());
  }

  @Test
  void settingsOfTrainingThatMakeNoSense() throws IOException {
    List<List<String>> bad =
        List.of(
            List.of("--epochs", "0"),
            List.of("--batch-size", "0"),
            List.of("--learning-rate", "-1"),
            List.of("--weight-decay", "-1"),
            List.of("--optimizer", "magic"),
            List.of("--subset", "11"),
            List.of("--subset", "0"));
    for (List<String> option : bad) {
      List<Object> arguments =
          new ArrayList<>(
              List.of(
                  "train",
                  "--architecture",
                  "mlp:784-4-10",
                  "--data",
                  "digits:train=10,test=10",
                  "--out",
                  file("out")));
      arguments.addAll(option);
      assertRefused(arguments, option.get(0).substring(2).replaceAll("-.*", ""), option.get(1));
    }
    assertRefused(
        List.of("train", "--architecture", "mlp:784", "--data", "digits", "--out", file("out")),
        "mlp:784");
  }

  @Test
  void startsOfTrainingThatMakeNoSense() throws IOException {
    List<Object> common =
        List.of("train", "--data", "digits:train=10,test=10", "--out", file("out"));
    assertRefused(common, "--architecture", "--from");
    Map<List<Object>, String> bad =
        Map.of(
            List.of("--architecture", "mlp:784-4-10", "--proximal", 0.1), "--from",
            List.of("--from", good, "--proximal", -1), "-1",
            List.of("--from", good, "--architecture", "mlp:784-9-10"), good.toString(),
            List.of("--from", good, "--normalization", "imagenet"), "normalization",
            List.of("--from", file("nothing")), "nothing");
    for (Map.Entry<List<Object>, String> each : bad.entrySet()) {
      assertRefused(
          Stream.concat(common.stream(), each.getKey().stream()).toList(), each.getValue());
    }
  }

  @Test
  void unknownData() throws IOException {
    for (String data : List.of("letters", "mnist", "digits:train=0", "digits:size=3")) {
      assertRefused(List.of("evaluate", good, "--data", data), data.replaceAll("=.*|.*:", ""));
      assertRefused(
          List.of("merge", good, good, "--data", data, "--out", file("out")),
          data.replaceAll("=.*|.*:", ""));
    }
    assertRefused(List.of("demo", "--data", "letters", "--out", file("tour")), "letters");
  }

  @Test
  void outputsThatCannotBeWritten() throws IOException {
    Path missing = file("nowhere").resolve("out");
    for (Object out : List.of(missing, directory, "/")) {
      assertRefused(List.of("merge", good, good, "--out", out), "cannot write", out);
      assertRefused(List.of("align", good, good, "--out", out), "cannot write", out);
      assertRefused(
          List.of("align", good, good, "--out", file("out"), "--permutation", out),
          "cannot write",
          out);
      assertRefused(
          List.of(
              "train",
              "--architecture",
              "mlp:784-4-10",
              "--data",
              "digits:train=10,test=10",
              "--out",
              out),
          "cannot write",
          out);
      assertRefused(
          List.of("barrier", good, good, "--data", "digits", "--plot", out), "cannot write", out);
    }
    assertRefused(List.of("demo", "--data", "digits:train=10,test=10", "--out", good), good);
  }

  @Test
  void dataThatDoesNotFitTheNetwork() throws IOException {
    Path bad = RawModels.write(file("bad"), RawModels.mlp(2, "F32", LAYERS, 20, 6, 4, 10));
    String data = "digits:train=10,test=10";
    assertRefused(List.of("evaluate", bad, "--data", data), "mlp:20-6-4-10", "784");
    assertRefused(List.of("barrier", bad, bad, "--data", data), "mlp:20-6-4-10", "784");
    assertRefused(
        List.of("merge", bad, bad, "--data", data, "--out", file("out")), "mlp:20-6-4-10", "784");
    assertRefused(
        List.of("train", "--architecture", "mlp:20-10", "--data", data, "--out", file("out")),
        "mlp:20-10",
        "784");
  }

  private void assertDataRefused(Object... parts) throws IOException {
    assertRefused(List.of("evaluate", good, "--data", "mnist:" + file("data")), parts);
    assertRefused(List.of("demo", "--data", "mnist:" + file("data"), "--out", file("tour")), parts);
  }

  private static byte[] images(int magic, int count) {
    return ByteBuffer.allocate(16 + count * 784)
        .putInt(magic)
        .putInt(count)
        .putInt(28)
        .putInt(28)
        .array();
  }

  private static byte[] labels(int magic, int count) {
    return ByteBuffer.allocate(8 + count).putInt(magic).putInt(count).array();
  }

  private void writeData() throws IOException {
    Files.createDirectory(file("data"));
    for (String part : List.of("train", "t10k")) {
      RawModels.write(file("data").resolve(part + "-images-idx3-ubyte"), images(0x803, 4));
      RawModels.write(file("data").resolve(part + "-labels-idx1-ubyte"), labels(0x801, 4));
    }
  }

  @Test
  void dataOfWhichAllIsWellIsTaken() throws IOException {
    writeData();
    assertEquals(
        4,
        Run.of("evaluate", good, "--data", "mnist:" + file("data"), "--json")
            .done()
            .json()
            .get("examples")
            .asInt());
  }

  @Test
  void dataThatIsNotThere() throws IOException {
    assertDataRefused(file("data"));
    writeData();
    Files.delete(file("data").resolve("t10k-labels-idx1-ubyte"));
    assertDataRefused(file("data"), "t10k-labels-idx1-ubyte");
  }

  @Test
  void dataWithTheWrongMagicNumber() throws IOException {
    writeData();
    Path bad = RawModels.write(file("data").resolve("train-images-idx3-ubyte"), images(0x80d, 4));
    assertDataRefused(bad);
  }

  @Test
  void truncatedData() throws IOException {
    writeData();
    Path bad =
        RawModels.write(
            file("data").resolve("t10k-images-idx3-ubyte"),
            Arrays.copyOf(images(0x803, 4), 16 + 3 * 784));
    assertDataRefused(bad);
  }

  @Test
  void asManyLabelsAsImages() throws IOException {
    writeData();
    Path bad = RawModels.write(file("data").resolve("t10k-labels-idx1-ubyte"), labels(0x801, 3));
    assertDataRefused(bad.getFileName(), "3", "4");
  }

  @Test
  void aMatrixThatIsNone() throws IOException {
    assertRefused(List.of("assign", file("nowhere.npy")), file("nowhere.npy"));
    assertRefused(List.of("assign", good), good);
    Path nan =
        RawModels.write(
            file("nan.npy"), CommandLineTest.npy(new double[][] {{1, Double.NaN}, {2, 3}}));
    assertRefused(List.of("assign", nan), "NaN");
  }
}
