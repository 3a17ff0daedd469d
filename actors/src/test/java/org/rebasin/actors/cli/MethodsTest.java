package org.rebasin.actors.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rebasin.model.architecture.Architecture;
import org.rebasin.model.checkpoint.DataType;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.checkpoint.Provenance;
import org.rebasin.model.checkpoint.SafetensorsFile;
import org.rebasin.model.checkpoint.SafetensorsWriter;
import org.rebasin.model.checkpoint.TensorDeclaration;
import org.rebasin.model.data.DatasetSpecification;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.Weights;

/** All methods, strategies, corrections and forms of models, from the command line. */
class MethodsTest {
  private static final String DATA = "digits:train=300,test=200";
  private static final String MLP = "mlp:784-12-8-10";
  private static final String NORMALISED = "resnet20:width=1,norm=batch,classes=10";

  @TempDir Path directory;

  private Path file(String name) {
    return directory.resolve(name);
  }

  /** An untrained network, named as a foreign file names it: by its tensors alone. */
  private Path untrained(String name, String architecture, long seed) {
    Network network = Architecture.parse(architecture).network();
    try (Weights weights = network.initialize(seed);
        SafetensorsWriter writer =
            SafetensorsWriter.create(
                file(name),
                network.parameters().stream()
                    .map(
                        parameter ->
                            new TensorDeclaration(
                                parameter.name(),
                                DataType.F32,
                                Arrays.stream(parameter.dimensions()).asLongStream().toArray()))
                    .toList(),
                Map.of())) {
      weights
          .tensors()
          .forEach((tensor, values) -> writer.write(tensor, values.values().duplicate()));
      writer.commit();
    }
    return file(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"weight", "activation", "activation-pearson", "straight-through"})
  void everyMethodLeavesTheFunctionOfTheAlignedModel(String method) {
    Path a = untrained("a", MLP, 1);
    Path b = untrained("b", MLP, 2);
    JsonNode aligned =
        Run.of(
                "align",
                a,
                b,
                "--method",
                method,
                "--data",
                DATA,
                "--matching-epochs",
                1,
                "--matching-batch-size",
                100,
                "--json",
                "--out",
                file("aligned"))
            .done()
            .json();
    assertEquals(method, aligned.get("method").asText());
    assertEquals(2, aligned.get("groups").size());
    JsonNode before = Run.of("evaluate", b, "--data", DATA, "--json").done().json();
    JsonNode after = Run.of("evaluate", file("aligned"), "--data", DATA, "--json").done().json();
    assertEquals(before.get("loss").asDouble(), after.get("loss").asDouble(), 1e-5);
    assertTrue(after.get("expected_calibration_error").asDouble() >= 0);
  }

  /** What is merged otherwise has another origin, which tells all that the bytes depend on. */
  @Test
  void mergedFileTellsHowItsModelsWereAligned() {
    Path a = untrained("a", MLP, 1);
    Path b = untrained("b", MLP, 2);
    assertEquals(Map.of("method", "none"), alignmentTold(a, b, "none"));
    assertEquals(
        Map.of("strategy", "to-reference", "method", "weight", "seed", "7", "restarts", "0"),
        alignmentTold(a, b, "weight"));
    assertEquals(
        Map.of(
            "strategy",
            "to-reference",
            "method",
            "activation",
            "seed",
            "7",
            "data",
            DatasetSpecification.parse(DATA).text()),
        alignmentTold(a, b, "activation"));
  }

  private Map<String, String> alignmentTold(Path a, Path b, String method) {
    Run.of("merge", a, b, "--method", method, "--data", DATA, "--seed", 7, "--out", file(method))
        .done();
    Map<String, String> told = new TreeMap<>();
    try (SafetensorsFile merged = SafetensorsFile.open(file(method))) {
      JsonNode provenance = new ObjectMapper().readTree(merged.metadata().get(Provenance.KEY));
      provenance
          .get("settings")
          .fields()
          .forEachRemaining(each -> told.put(each.getKey(), each.getValue().asText()));
    } catch (JsonProcessingException problem) {
      throw new AssertionError(problem);
    }
    assertEquals("[0.5, 0.5]", told.remove("weights"));
    return told;
  }

  @ParameterizedTest
  @ValueSource(strings = {"to-reference", "merge-many", "cycle-consistent"})
  void everyStrategyMergesThreeModels(String strategy) {
    JsonNode merged =
        Run.of(
                "merge",
                untrained("a", MLP, 1),
                untrained("b", MLP, 2),
                untrained("c", MLP, 3),
                "--strategy",
                strategy,
                "--data",
                DATA,
                "--json",
                "--out",
                file("merged"))
            .done()
            .json();
    assertEquals(strategy, merged.get("strategy").asText());
    assertEquals(strategy.equals("to-reference") ? 2 : 0, merged.get("alignments").size());
    assertEquals(!strategy.equals("to-reference"), merged.has("common_alignment"));
    assertEquals(3, merged.get("evaluation").get("parents").size());
    assertTrue(merged.get("evaluation").has("merged"));
  }

  @Test
  void repairChangesTheMergedModelAndSaysSo() {
    Path a = untrained("a", MLP, 1);
    Path b = untrained("b", MLP, 2);
    Run.of("merge", a, b, "--out", file("plain")).done();
    JsonNode repaired =
        Run.of(
                "merge",
                a,
                b,
                "--repair",
                "--correction-examples",
                200,
                "--data",
                DATA,
                "--json",
                "--out",
                file("repaired"))
            .done()
            .json();
    assertEquals("repair", repaired.get("correction").asText());
    JsonNode plain = Run.of("evaluate", file("plain"), "--data", DATA, "--json").done().json();
    JsonNode evaluated = repaired.get("evaluation").get("merged");
    assertFalse(plain.get("loss").asDouble() == evaluated.get("loss").asDouble());
    JsonNode provenance =
        Run.of("inspect", file("repaired"), "--json").done().json().get("provenance");
    assertEquals("correct", provenance.get("operation").asText());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "resnet18:width=4,classes=7",
        "resnet50:width=4,classes=7",
        "vgg16:width=4,norm=none,hidden=12,classes=7,image=224",
        "vgg16:width=4,norm=batch,hidden=12,classes=7,image=224"
      })
  void torchvisionsNetworksAreMergedByTheirNamesAlone(String architecture) {
    Path a = untrained("a", architecture, 1);
    Path b = untrained("b", architecture, 2);
    JsonNode merged = Run.of("merge", a, b, "--json", "--out", file("merged")).done().json();
    JsonNode alignment = merged.get("alignments").get(0);
    assertTrue(
        alignment.get("objective").asDouble() > alignment.get("objective_before").asDouble());
    JsonNode inspected = Run.of("inspect", file("merged"), "--json").done().json();
    assertTrue(
        inspected.get("architecture").asText().startsWith(architecture.replaceAll(":.*", "")),
        inspected::toString);
    assertArrayEquals(tensors(a), tensors(file("merged")));
  }

  @Test
  void averagedStatisticsAreWarnedOf() {
    Path a = untrained("a", NORMALISED, 1);
    Run run = Run.of("merge", a, untrained("b", NORMALISED, 2), "--out", file("merged")).done();
    assertTrue(run.out().contains("--recalibrate"), run.out());
  }

  @Test
  void recalibrationIsRefusedWhereNothingIsNormalised() throws IOException {
    Path a = untrained("a", MLP, 1);
    Run run =
        Run.of("merge", a, a, "--recalibrate", "--data", DATA, "--json", "--out", file("merged"));
    assertEquals(2, run.code());
    assertTrue(run.err().contains("no batch normalisation"), run.err());
    assertFalse(Files.exists(file("merged")));
  }

  @Test
  void whatNeedsDataAsksForIt() {
    Path a = untrained("a", MLP, 1);
    for (List<String> options :
        List.of(
            List.of("--method", "activation"),
            List.of("--method", "straight-through"),
            List.of("--repair"),
            List.of("--recalibrate"))) {
      Object[] arguments =
          java.util.stream.Stream.concat(
                  java.util.stream.Stream.of("merge", a, a, "--out", file("merged")),
                  options.stream())
              .toArray();
      Run run = Run.of(arguments);
      assertEquals(2, run.code(), options.toString());
      assertTrue(run.err().contains("expected --data"), run.err());
    }
  }

  @Test
  void strategiesOfManyModelsMatchWeightsOnly() {
    Path a = untrained("a", MLP, 1);
    Run run =
        Run.of(
            "merge",
            a,
            a,
            "--strategy",
            "merge-many",
            "--method",
            "activation",
            "--data",
            DATA,
            "--out",
            file("merged"));
    assertEquals(2, run.code());
    assertTrue(run.err().contains("strategy merge-many: expected method weight"), run.err());
  }

  @Test
  void normalisationIsRecordedAndAppliedOnEvaluation() {
    JsonNode trained =
        Run.of(
                "train",
                "--architecture",
                "mlp:784-8-10",
                "--data",
                DATA,
                "--epochs",
                2,
                "--normalization",
                "mean=0.2:std=0.3",
                "--augmentation",
                "crop=2",
                "--json",
                "--out",
                file("m"))
            .done()
            .json();
    JsonNode evaluated = Run.of("evaluate", file("m"), "--data", DATA, "--json").done().json();
    assertEquals(
        trained.get("epochs").get(1).get("test_loss").asDouble(),
        evaluated.get("loss").asDouble(),
        1e-6);
    try (SafetensorsFile file = SafetensorsFile.open(file("m"))) {
      assertEquals("mean=0.2:std=0.3", file.metadata().get("normalization"));
    }
  }

  @Test
  void numpyArchivesComeOutAndGoIn() {
    Path a = untrained("a", MLP, 1);
    Path b = untrained("b", MLP, 2);
    Run.of("merge", a, b, "--out", file("merged.npz")).done();
    Run.of("merge", a, b, "--out", file("merged.safetensors")).done();
    JsonNode archive =
        Run.of("evaluate", file("merged.npz"), "--data", DATA, "--json").done().json();
    JsonNode safetensors =
        Run.of("evaluate", file("merged.safetensors"), "--data", DATA, "--json").done().json();
    assertEquals(safetensors, archive);
    Run.of("merge", file("merged.npz"), file("merged.npz"), "--out", file("again")).done();
  }

  @Test
  void architectureFileDescribesACheckpoint() throws IOException {
    Files.writeString(
        file("net.txt"),
        """
        input image 1x28x28
        c1 = convolution(image, out=4, kernel=3, stride=2, padding=1)
        r1 = relu(c1)
        flat = flatten(r1)
        fc = dense(flat, out=10)
        output fc
        """);
    String architecture = "file:" + file("net.txt");
    JsonNode groups = Run.of("inspect", architecture, "--json").done().json().get("groups");
    assertEquals(1, groups.size());
    assertEquals(4, groups.get(0).get("size").asInt());
    assertEquals(
        groups, Run.of("inspect", "@" + file("net.txt"), "--json").done().json().get("groups"));
    for (int seed = 1; seed <= 2; seed++) {
      Run.of(
              "train",
              "--architecture",
              architecture,
              "--data",
              DATA,
              "--epochs",
              1,
              "--seed",
              seed,
              "--out",
              file("m" + seed))
          .done();
    }
    Files.delete(file("net.txt"));
    // What was trained is described by its own file.
    Run.of("merge", file("m1"), file("m2"), "--out", file("merged")).done();
    assertArrayEquals(
        new String[] {"c1.weight", "c1.bias", "fc.weight", "fc.bias"}, tensors(file("merged")));
  }

  @Test
  void trainingGoesOnFromAModelAsItsFileTells() {
    List<Object> fresh =
        List.of("train", "--architecture", "mlp:784-8-10", "--normalization", "mean=0.2:std=0.3");
    JsonNode first = trained("m", fresh).get("epochs").get(0);
    JsonNode second = trained("next", List.of("train", "--from", file("m"))).get("epochs").get(0);
    assertTrue(second.get("train_loss").asDouble() < first.get("test_loss").asDouble());
    JsonNode start = Run.of("inspect", file("m"), "--json").done().json();
    JsonNode next = Run.of("inspect", file("next"), "--json").done().json();
    assertEquals(start.get("architecture"), next.get("architecture"));
    assertEquals(start.get("sha256"), next.get("provenance").get("inputs").get(0));
    try (SafetensorsFile file = SafetensorsFile.open(file("next"))) {
      assertEquals("mean=0.2:std=0.3", file.metadata().get("normalization"));
    }
  }

  @Test
  void aProximalTermKeepsTrainingNearItsStart() {
    trained("m", List.of("train", "--architecture", "mlp:784-8-10"));
    List<Object> from =
        List.of("train", "--from", file("m"), "--optimizer", "sgd", "--learning-rate", 0.01);
    trained("free", from);
    trained("held", Stream.concat(from.stream(), Stream.of("--proximal", 10)).toList());
    assertTrue(distance("m", "held") < 0.5 * distance("m", "free"));
    assertTrue(distance("m", "held") > 0);
  }

  /** Of a training for one epoch; the model is in the file of that name. */
  private JsonNode trained(String name, List<Object> arguments) {
    Stream<Object> common =
        Stream.of("--data", DATA, "--epochs", 1, "--batch-size", 20, "--json", "--out", file(name));
    return Run.of(Stream.concat(arguments.stream(), common).toArray()).done().json();
  }

  private double distance(String first, String second) {
    try (ModelFile a = ModelFile.open(file(first), Optional.empty());
        ModelFile b = ModelFile.open(file(second), Optional.empty())) {
      FloatBuffer x = a.weights().get("layers.0.weight").values();
      FloatBuffer y = b.weights().get("layers.0.weight").values();
      return Math.sqrt(
          IntStream.range(0, x.capacity())
              .mapToDouble(i -> Math.pow(x.get(i) - y.get(i), 2))
              .sum());
    }
  }

  private static String[] tensors(Path path) {
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      return file.declarations().stream().map(TensorDeclaration::name).toArray(String[]::new);
    }
  }

  @Test
  void experimentsAreListedAndRun() {
    JsonNode list = Run.of("experiment", "list", "--json").done().json();
    assertTrue(list.get("experiments").size() >= 11);
    JsonNode found =
        Run.of("experiment", "run", "counterexample", "--json", "--out", file("out")).done().json();
    assertEquals(4, found.get("permutations").size());
    assertTrue(Files.exists(file("out").resolve("summary.md")));
    assertEquals(2, Run.of("experiment", "run", "nothing").code());
    assertEquals(2, Run.of("experiment").code());
  }

  @Test
  void batchNormalisedNetworkOfACheckpointIsToldByItsNames() {
    JsonNode inspected = Run.of("inspect", untrained("a", NORMALISED, 1), "--json").done().json();
    assertEquals(12, inspected.get("groups").size());
  }
}
