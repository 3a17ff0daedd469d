package org.rebasin.actors.federation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.actors.federation.ContributionView.Outcome;
import org.rebasin.actors.node.RebasinNode;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.work.Datasets;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Strategy;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.model.aggregation.AggregationSettings;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.training.Optimizer;
import org.rebasin.model.training.Schedule;
import org.rebasin.model.training.TrainingSettings;

/** Whole federations with real tasks, on a node in this process. */
class FederationOnNodeTest {
  private static final String ARCHITECTURE = "mlp:784-16-10";
  private static final String DATA = "digits:train=900,test=300";
  private static final Duration WAIT = Duration.ofMinutes(2);

  @TempDir static Path directory;
  private static ModelStore store;
  private static RebasinNode node;

  @BeforeAll
  static void start() {
    store = new ModelStore(directory);
    node = RebasinNode.start(ConfigFactory.load(), store, new Datasets());
  }

  @AfterAll
  static void stop() {
    node.close();
    store.close();
  }

  private static TrainingSettings training(long seed) {
    return new TrainingSettings(
        2, 50, Optimizer.Kind.ADAM, 1e-3, 0, 0, Schedule.Decay.CONSTANT, seed);
  }

  private static FederationSettings settings(
      Optional<ModelId> initial,
      Strategy first,
      int buffer,
      List<FederationSettings.Participant> participants) {
    return settings(initial, first, buffer, participants, AggregationSettings.FEDAVG);
  }

  private static FederationSettings settings(
      Optional<ModelId> initial,
      Strategy first,
      int buffer,
      List<FederationSettings.Participant> participants,
      AggregationSettings aggregation) {
    return new FederationSettings(
        ARCHITECTURE,
        initial,
        first,
        Optional.of(new Matching.Weight(0)),
        aggregation,
        buffer,
        0,
        Duration.ofHours(1),
        10,
        10,
        Optional.empty(),
        new FederationSettings.Gate(DATA, 0.05, 1),
        participants,
        7);
  }

  private static <T> T await(java.util.concurrent.CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(WAIT.toSeconds(), TimeUnit.SECONDS);
  }

  private static ModelId train(long seed, Optional<ModelId> start) {
    Task.Train task =
        new Task.Train("site " + seed, ARCHITECTURE, DATA, Optional.of(600), training(seed));
    return node.run(
            start.<Task>map(model -> task.from(model, 0)).orElse(task),
            TaskResult.Trained.class,
            progress -> {})
        .model();
  }

  private static Version versionAfter(FederationName name, int number) throws Exception {
    return await(
            node.federations()
                .versionOtherThan(
                    name, number == 0 ? OptionalInt.empty() : OptionalInt.of(number), WAIT))
        .orElseThrow();
  }

  private static ContributionView give(
      FederationName name, String participant, OptionalInt base, ModelId model) throws Exception {
    return await(
        node.federations()
            .contribute(name, new Contribution(participant, base, 600, model, Map.of())));
  }

  /** Two rounds of three sites from unrelated seeds; the versions. */
  private static List<Version> twoRounds(FederationName name, Strategy first) throws Exception {
    await(node.federations().create(name, settings(Optional.empty(), first, 3, List.of())));
    for (int site = 1; site <= 3; site++) {
      give(name, "site-" + site, OptionalInt.empty(), train(site, Optional.empty()));
    }
    Version one = versionAfter(name, 0);
    for (int site = 1; site <= 3; site++) {
      give(name, "site-" + site, OptionalInt.of(1), train(10 + site, Optional.of(one.model())));
    }
    return List.of(one, versionAfter(name, 1));
  }

  @Test
  void versionsOfUnrelatedSeedsImproveAndAreTheSameAgain() throws Exception {
    List<Version> versions = twoRounds(new FederationName("merged"), Strategy.MERGE_MANY);
    assertTrue(
        versions.get(1).score().accuracy() > versions.get(0).score().accuracy(),
        versions.toString());
    assertEquals(OptionalInt.of(1), versions.get(1).parent());
    assertEquals(3, versions.get(1).ingredients().size());
    assertTrue(
        versions.stream()
            .flatMap(version -> version.ingredients().stream())
            .allMatch(ingredient -> ingredient.permutations().isPresent()));
    List<Version> again = twoRounds(new FederationName("again"), Strategy.MERGE_MANY);
    assertEquals(
        versions.stream().map(Version::model).toList(),
        again.stream().map(Version::model).toList());
    List<Version> other = twoRounds(new FederationName("reference"), Strategy.TO_REFERENCE);
    assertTrue(other.get(1).score().accuracy() > other.get(0).score().accuracy());
  }

  @Test
  void participantsWithinTheNodeTrainContributeAndBeginAgain() throws Exception {
    List<FederationSettings.Participant> participants = new ArrayList<>();
    for (int i = 1; i <= 2; i++) {
      participants.add(
          new FederationSettings.Participant(
              "inner-" + i,
              "digits:train=900,test=300#shard=%d/2".formatted(i),
              training(i),
              0.01,
              2));
    }
    FederationName name = new FederationName("inner");
    await(
        node.federations()
            .create(name, settings(Optional.empty(), Strategy.CYCLE_CONSISTENT, 2, participants)));
    Version one = versionAfter(name, 0);
    Version two = versionAfter(name, one.number());
    assertEquals(2, two.number());
    List<ContributionView> all =
        await(node.federations().contributions(name, Optional.empty(), 10));
    assertEquals(4, all.size());
    assertTrue(all.stream().allMatch(view -> view.outcome() == Outcome.MERGED));
    assertTrue(all.stream().allMatch(view -> view.contribution().examples() == 450));
  }

  @Test
  void aContributionThatIsNotFiniteIsNamedAndTheOthersGoOn() throws Exception {
    ModelId initial = train(21, Optional.empty());
    FederationName name = new FederationName("poisoned");
    await(
        node.federations()
            .create(name, settings(Optional.of(initial), Strategy.TO_REFERENCE, 1, List.of())));
    assertEquals(initial, versionAfter(name, 0).model());
    ModelId bad;
    try (Weights weights = store.readTensors(initial)) {
      weights.get(weights.tensors().keySet().iterator().next()).values().put(0, Float.NaN);
      bad = store.write(weights, Map.of("architecture", ARCHITECTURE));
    }
    ContributionView given = give(name, "bad", OptionalInt.of(1), bad);
    give(name, "good", OptionalInt.of(1), train(22, Optional.of(initial)));
    Version two = versionAfter(name, 1);
    assertEquals(List.of("good"), two.ingredients().stream().map(i -> i.participant()).toList());
    ContributionView refused =
        await(node.federations().contribution(name, given.id())).orElseThrow();
    assertEquals(Outcome.QUARANTINED, refused.outcome());
    assertFalse(refused.reason().orElseThrow().isBlank());
  }

  private static ModelId changed(ModelId model, FloatUnaryOperator change) {
    try (Weights weights = store.readTensors(model)) {
      weights
          .tensors()
          .values()
          .forEach(
              tensor -> {
                for (int i = 0; i < tensor.size(); i++) {
                  tensor.values().put(i, change.apply(tensor.values().get(i)));
                }
              });
      return store.write(weights, Map.of("architecture", ARCHITECTURE));
    }
  }

  private interface FloatUnaryOperator {
    float apply(float value);
  }

  @Test
  void aModelThatWasTurnedAroundIsFoundAndLeftOut() throws Exception {
    ModelId initial = train(31, Optional.empty());
    FederationName name = new FederationName("attacked");
    await(
        node.federations()
            .create(name, settings(Optional.of(initial), Strategy.TO_REFERENCE, 2, List.of())));
    versionAfter(name, 0);
    ContributionView bad =
        give(name, "bad", OptionalInt.of(1), changed(initial, value -> -5 * value));
    give(name, "good", OptionalInt.of(1), train(32, Optional.of(initial)));
    Version two = versionAfter(name, 1);
    assertEquals(List.of("good"), two.ingredients().stream().map(i -> i.participant()).toList());
    String reason =
        await(node.federations().contribution(name, bad.id())).orElseThrow().reason().orElseThrow();
    assertTrue(reason.startsWith("accuracy falls from"), reason);
  }

  @Test
  void aVersionIsTheSameToTheByteWhenItIsMadeAgain() throws Exception {
    AggregationSettings buffered =
        new AggregationSettings(
            AggregationSettings.Rule.FEDBUFF,
            AggregationSettings.ServerOptimizer.MOMENTUM,
            1,
            0.5,
            0.5,
            0);
    ModelId initial = train(41, Optional.empty());
    FederationName name = new FederationName("verified");
    await(
        node.federations()
            .create(
                name,
                settings(Optional.of(initial), Strategy.TO_REFERENCE, 2, List.of(), buffered)));
    versionAfter(name, 0);
    for (int round = 1; round <= 2; round++) {
      for (int site = 1; site <= 2; site++) {
        // Those of the second round are a version behind.
        give(
            name,
            "site-" + site,
            OptionalInt.of(1),
            train(40 + 10 * round + site, Optional.of(initial)));
      }
      Version version = versionAfter(name, round);
      assertTrue(version.serverState().isPresent());
      assertEquals(round - 1, version.ingredients().get(0).staleness());
    }
    for (int version = 1; version <= 3; version++) {
      assertTrue(await(node.federations().reproduce(name, version)).same());
    }
  }
}
