package org.rebasin.actors.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.rebasin.actors.experiment.Experiment.Scale;
import org.rebasin.actors.node.RebasinNode;
import org.rebasin.actors.report.Json;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.work.Datasets;
import org.rebasin.model.architecture.Architecture;

class ExperimentTest {
  private static final Path SHIPPED = Path.of(System.getProperty("rebasin.experiments"));
  private static final String DIGITS = "digits:train=400,test=200";

  @TempDir private Path directory;

  static List<String> shipped() {
    return Experiment.names(SHIPPED);
  }

  @Test
  void allExperimentsOfThePaperAreThere() {
    assertTrue(
        shipped()
            .containsAll(
                List.of(
                    "mnist-mlp",
                    "fashion-mlp",
                    "cifar10-mlp",
                    "cifar10-vgg16",
                    "cifar10-resnet20",
                    "cifar100-split",
                    "width",
                    "onset",
                    "many-models",
                    "federated",
                    "counterexample",
                    "imagenet-resnet50")),
        shipped().toString());
  }

  /** Whatever a file says is understood, at both scales. */
  @ParameterizedTest
  @MethodSource("shipped")
  void everyShippedDescriptionIsUnderstood(String name) {
    for (Scale scale : Scale.values()) {
      Experiment experiment = Experiment.load(SHIPPED, name, scale, Optional.of(DIGITS), List.of());
      assertFalse(experiment.title().isBlank());
      assertFalse(experiment.published().isEmpty());
      if (experiment.settings().hasPath("training")) {
        assertEquals(7, experiment.training("a", "mlp:4-2", DIGITS, 7).settings().seed());
      }
      if (experiment.settings().hasPath("methods")) {
        assertFalse(experiment.matchings().isEmpty());
      }
      experiment.correction();
      if (experiment.settings().hasPath("variants")) {
        experiment.settings().getConfigList("variants").stream()
            .map(variant -> variant.getString("architecture"))
            .forEach(text -> assertFalse(Architecture.parse(text).network().nodes().isEmpty()));
      }
    }
  }

  @Test
  void unknownExperimentIsRefusedWithThoseThereAre() {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    Experiment.load(
                        SHIPPED, "../single", Scale.LAPTOP, Optional.empty(), List.of()))
            .getMessage();
    assertTrue(message.contains("mnist-mlp") && message.contains("'../single'"), message);
  }

  @Test
  void missingDataIsAskedFor() {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    Experiment.load(
                        SHIPPED, "mnist-mlp", Scale.LAPTOP, Optional.empty(), List.of()))
            .getMessage();
    assertEquals("experiment mnist-mlp: expected --data mnist:DIR", message);
  }

  @Test
  void counterexampleHasThreeQuartersBetweenItsEnds() throws IOException {
    JsonNode results =
        run(Experiment.load(SHIPPED, "counterexample", Scale.LAPTOP, Optional.empty(), List.of()));
    assertEquals(4, results.get("permutations").size());
    results
        .get("permutations")
        .forEach(line -> assertEquals(0.75, Figures.middle(line.get("accuracy")), 0.005));
    assertTrue(Files.size(directory.resolve("plots/counterexample.png")) > 0);
    assertTrue(Files.readString(directory.resolve("plots/counterexample.svg")).contains("<svg"));
    assertTrue(Files.readString(directory.resolve("summary.md")).contains("| 75.00 %"));
  }

  private static final String TRAINING =
      "training { epochs = 2, batch-size = 100, optimizer = adam, learning-rate = 0.001 }\n";
  private static final String COMMON =
      "title = Small\npublished = []\nscales { laptop {}, paper {} }\npoints = 3\n" + TRAINING;
  private static final String PAIR =
      COMMON
          + """
          kind = pair
          data = digits
          splits = [test]
          methods = [weight, activation, activation-pearson, straight-through]
          straight-through { epochs = 1, batch-size = 100, learning-rate = 0.01 }
          correction { kind = repair, examples = 100 }
          variants = [
            { label = "8", x = 8, architecture = "mlp:784-8-8-10" }
            { label = "16", x = 16, architecture = "mlp:784-16-16-10" }
          ]
          """;

  @Test
  void secondRunTrainsAndMeasuresNothingAgain() throws IOException {
    JsonNode first = run(described(PAIR));
    JsonNode variants = first.get("variants");
    assertEquals(2, variants.size());
    for (JsonNode variant : variants) {
      for (String method :
          List.of("weight", "activation", "activation-pearson", "straight-through")) {
        JsonNode curves = variant.get("results").get(method).get("curves");
        assertEquals(3, curves.get("aligned").get("test").get("loss").size(), method);
        assertEquals(3, curves.get("corrected").get("test").get("loss").size(), method);
        assertEquals(
            curves.get("aligned").get("test").get("loss").get(0).asDouble(),
            variant
                .get("results")
                .get("naive")
                .get("curves")
                .get("naive")
                .get("test")
                .get("loss")
                .get(0)
                .asDouble(),
            "all lines begin in the first model");
      }
    }
    assertTrue(Files.exists(directory.resolve("plots/barrier-by-width.svg")));

    Map<Path, FileTime> before = kept();
    assertEquals(first, run(described(PAIR)));
    assertEquals(before, kept());
  }

  @Test
  void stoppedRunGoesOnWithWhatIsMissing() throws IOException {
    JsonNode whole = run(described(PAIR));
    List<Path> kept = new ArrayList<>(kept().keySet());
    // As if it had been stopped before its last measurements and one of its trainings.
    Path training =
        kept.stream().filter(file -> file.toString().contains("models")).findFirst().get();
    Files.delete(training);
    for (Path point : kept.stream().filter(f -> f.toString().contains("points")).skip(3).toList()) {
      Files.delete(point);
    }
    JsonNode again = run(described(PAIR));
    for (int variant = 0; variant < 2; variant++) {
      for (String method : List.of("naive", "weight", "activation", "straight-through")) {
        assertEquals(
            whole.at("/variants/" + variant + "/results/" + method + "/curves"),
            again.at("/variants/" + variant + "/results/" + method + "/curves"),
            method);
      }
    }
  }

  @Test
  void onsetFollowsBothNetworksEpochByEpoch() throws IOException {
    JsonNode results =
        run(
            described(
                COMMON
                    + """
                    kind = onset
                    data = digits
                    variants = [{ label = net, architecture = "mlp:784-8-8-10" }]
                    """));
    assertEquals(2, results.get("net").size());
    assertEquals(2, results.get("net").get(1).get("epoch").asInt());
    assertTrue(Files.exists(directory.resolve("plots/onset.png")));
  }

  @Test
  void manyModelsAreMergedByEachStrategy() throws IOException {
    JsonNode results =
        run(
            described(
                COMMON
                    + """
                    kind = many
                    data = digits
                    models = 3
                    architecture = "mlp:784-8-8-10"
                    data-part = "train-fraction=0.5,subset-seed={model}"
                    strategies = [merge-many, cycle-consistent, to-reference]
                    """));
    assertEquals(3, results.get("parents").size());
    for (String strategy : List.of("merge-many", "cycle-consistent", "to-reference")) {
      JsonNode merged = results.get("merged").get(strategy).get("evaluation").get("merged");
      assertEquals(200, merged.get("examples").asInt());
      assertEquals(10, merged.get("reliability").size());
    }
    assertTrue(Files.exists(directory.resolve("plots/reliability.svg")));
  }

  private static final String FEDERATED =
      """
      title = Small
      published = []
      scales { laptop {}, paper {} }
      kind = federated
      data = digits
      architecture = "mlp:784-16-16-10"
      participants = 4
      seed = 1
      contributions = 3
      training { epochs = 3, batch-size = 20, optimizer = adam, learning-rate = 0.003 }
      divisions = [
        { label = alike, select = "", common-start = false, margin = 0.1, contribution-margin = 0.5 }
        { label = skewed, select = "dirichlet=0.5", common-start = true, margin = 0.1, contribution-margin = 0.5 }
      ]
      one-shot = ["weight matching", "activation matching", cycle-consistent, merge-many]
      test-select = "test=50"
      matching-select = "train=100"
      correction { kind = repair, examples = 100 }
      federation {
        divisions = [alike]
        epochs = 1
        buffer = 2
        remembered = 3
        learning-rate = 0.001
        first = merge-many
        server-rate = 1
        proximal = 0.01
        staleness-exponent = 0.5
        trimmed-fraction = 0.2
        norm-bound = 10
        timing { fastest = 4, jitter = 0.2, dropout = 0.2, absence = 2 }
        rules = [fedavg, fedbuff]
        unaligned-rules = [fedavg]
        attacked-rules = [fedavg]
      }
      malicious = [scaled]
      """;

  @Test
  void federationQuarantinesItsAttackersAndIsSimulatedAlikeEachTime() throws IOException {
    JsonNode results = run(described(FEDERATED));
    for (String division : List.of("alike", "skewed")) {
      JsonNode once = results.at("/one-shot/" + division);
      for (String way :
          List.of(
              "best participant",
              "mean of the weights",
              "weight matching",
              "activation matching",
              "cycle-consistent",
              "merge-many",
              "weight matching, REPAIR",
              "ensemble")) {
        assertEquals(200, once.get(way).get("examples").asInt(), way);
      }
    }
    JsonNode found = results.get("alike");
    assertEquals(3 + 3, found.get("central").size());
    assertEquals(
        List.of("fedavg, aligned", "fedavg, as they are", "fedbuff, aligned"),
        fieldNames(found.get("federations")));
    for (JsonNode federation : found.get("federations")) {
      JsonNode points = federation.get("points");
      assertEquals(1 + 4 * 3, points.size());
      assertTrue(points.get(12).get("time").asDouble() > points.get(1).get("time").asDouble());
      assertTrue(points.get(12).get("version").asInt() > 1);
    }
    requireScaledContributionsQuarantined(found.at("/malicious/fedavg/participants"));
    // Another run, which knows nothing of the first, comes to the same.
    Path points = directory.resolve("points");
    try (Stream<Path> files = Files.list(points)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    assertEquals(found, run(described(FEDERATED)).get("alike"));
  }

  private static void requireScaledContributionsQuarantined(JsonNode participants) {
    JsonNode malicious = participants.get("participant-1");
    assertEquals("scaled", malicious.get("attack").asText());
    assertEquals(3, malicious.at("/outcomes/quarantined").asInt());
    assertTrue(malicious.get("reasons").get(0).asText().contains("the global model's"));
    for (int honest = 2; honest <= 4; honest++) {
      assertEquals(0, participants.at("/participant-" + honest + "/outcomes/quarantined").asInt());
    }
  }

  private static List<String> fieldNames(JsonNode node) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names.stream().sorted().toList();
  }

  /** Two scales run alike where they say the same. */
  @ParameterizedTest
  @EnumSource(Scale.class)
  void scaleIsNamedInTheResults(Scale scale) throws IOException {
    JsonNode results =
        run(Experiment.load(SHIPPED, "counterexample", scale, Optional.empty(), List.of()));
    assertEquals(scale.text(), results.get("scale").asText());
  }

  private Experiment described(String text) throws IOException {
    Path definitions = Files.createDirectories(directory.resolve("definitions"));
    Files.writeString(definitions.resolve("small.conf"), text);
    return Experiment.load(definitions, "small", Scale.LAPTOP, Optional.of(DIGITS), List.of());
  }

  private JsonNode run(Experiment experiment) {
    Datasets datasets = new Datasets();
    try (ModelStore store = new ModelStore(directory);
        RebasinNode node = RebasinNode.start(ConfigFactory.load(), store, datasets)) {
      ExperimentRun.run(experiment, node, store, datasets, directory, progress -> {}, Map.of());
    }
    return Json.read(directory.resolve("results.json"));
  }

  /** When each model and measurement was written. */
  private Map<Path, FileTime> kept() throws IOException {
    Map<Path, FileTime> times = new TreeMap<>();
    for (String kind : List.of("models", "points")) {
      try (Stream<Path> files = Files.list(directory.resolve(kind))) {
        for (Path file : files.toList()) {
          times.put(file, Files.getLastModifiedTime(file));
        }
      }
    }
    return times;
  }
}
