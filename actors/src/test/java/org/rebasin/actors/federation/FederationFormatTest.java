package org.rebasin.actors.federation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import akka.serialization.Serialization;
import akka.serialization.SerializationExtension;
import akka.serialization.SerializerWithStringManifest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Correction;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Strategy;
import org.rebasin.model.aggregation.AggregationSettings;
import org.rebasin.model.evaluation.Score;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.training.Optimizer;
import org.rebasin.model.training.Schedule;
import org.rebasin.model.training.TrainingSettings;

/**
 * What federations wrote into journals once is read for ever; what they tell each other arrives.
 */
class FederationFormatTest {
  private static final ActorSystem<Void> SYSTEM = ActorSystem.create(Behaviors.empty(), "format");
  private static final Serialization SERIALIZATION = SerializationExtension.get(SYSTEM);
  private static final String FIRST_VERSION = "/events/v1/federation/";
  private static final Instant AT = Instant.parse("2026-11-25T07:08:09.123456Z");
  private static final Permutations PERMUTATIONS =
      new Permutations(List.of(Permutation.of(2, 0, 1), Permutation.of(0, 1)));

  /** Where the files are written, when there is something new to be kept. */
  private static final Optional<String> WRITE_TO =
      Optional.ofNullable(System.getenv("REBASIN_WRITE_FEDERATION_SAMPLES"));

  @AfterAll
  static void stop() {
    SYSTEM.terminate();
  }

  private static ModelId model(int number) {
    return new ModelId("%064x".formatted(number));
  }

  private static FederationSettings settings() {
    TrainingSettings training =
        new TrainingSettings(
            3, 100, Optimizer.Kind.ADAMW, 1e-3, 0.01, 0.5, Schedule.Decay.COSINE, 42);
    return new FederationSettings(
        "mlp:784-16-10",
        Optional.of(model(1)),
        Strategy.CYCLE_CONSISTENT,
        Optional.of(new Matching.Activation(true, "digits")),
        new AggregationSettings(
            AggregationSettings.Rule.FEDBUFF,
            AggregationSettings.ServerOptimizer.ADAM,
            0.5,
            0.9,
            0.5,
            0.1),
        5,
        0,
        Duration.ofMinutes(10),
        20,
        10,
        Optional.of(new Correction(Correction.Kind.REPAIR, "digits", 100)),
        new FederationSettings.Gate("digits", 0.01, 0.5),
        List.of(new FederationSettings.Participant("inner", "digits:seed=3", training, 0.01, 7)),
        11);
  }

  private static Contribution contribution() {
    return new Contribution(
        "hospital-3", OptionalInt.of(1), 600, model(2), Map.of("train_loss", 0.25));
  }

  private static Version version() {
    return new Version(
        1,
        OptionalInt.empty(),
        model(3),
        Optional.of(model(4)),
        List.of(
            new Version.Ingredient(
                contribution().id(),
                "hospital-3",
                model(2),
                Optional.of(PERMUTATIONS.sha256()),
                1,
                0.5)),
        Map.of("rule", "fedbuff"),
        new Score(12.5, 90, 100),
        AT);
  }

  private static Map<String, FederationJournalEvent> events() {
    Map<String, FederationJournalEvent> all = new LinkedHashMap<>();
    all.put(
        "created",
        new FederationJournalEvent.Created(Simulation.NAME, Simulation.JOB, settings(), AT));
    all.put(
        "created-without-options",
        new FederationJournalEvent.Created(
            Simulation.NAME, Simulation.JOB, Simulation.settings(2, Optional.empty()), AT));
    all.put(
        "created-remembering",
        new FederationJournalEvent.Created(
            Simulation.NAME,
            Simulation.JOB,
            Simulation.remembering(Simulation.settings(2, Optional.empty()), 3),
            AT));
    all.put("initial-screened", new FederationJournalEvent.InitialScreened(AT));
    all.put("initial-refused", new FederationJournalEvent.InitialRefused("not finite", AT));
    all.put("accepted", new FederationJournalEvent.Accepted(contribution(), AT));
    all.put("screened", new FederationJournalEvent.Screened(1, 12.5, AT));
    all.put("collected", new FederationJournalEvent.Collected(1, 3, model(5), AT));
    all.put("aligned", new FederationJournalEvent.Aligned(1, PERMUTATIONS, AT));
    all.put("quarantined", new FederationJournalEvent.Quarantined(1, "not finite", AT));
    all.put("set-aside", new FederationJournalEvent.SetAside(List.of(1, 2), "too bad", AT));
    all.put(
        "candidate-begun", new FederationJournalEvent.CandidateBegun(1, List.of(1, 2), true, AT));
    all.put(
        "candidate-ordered",
        new FederationJournalEvent.CandidateOrdered(1, List.of(PERMUTATIONS, PERMUTATIONS), AT));
    all.put(
        "candidate-aggregated",
        new FederationJournalEvent.CandidateAggregated(1, model(6), Optional.of(model(7)), AT));
    all.put("candidate-corrected", new FederationJournalEvent.CandidateCorrected(1, model(8), AT));
    all.put(
        "candidate-evaluated",
        new FederationJournalEvent.CandidateEvaluated(1, new Score(12.5, 90, 100), AT));
    all.put("candidate-refused", new FederationJournalEvent.CandidateRefused(1, 0.5, 0.75, AT));
    all.put("alone-aggregated", new FederationJournalEvent.AloneAggregated(1, 2, model(9), AT));
    all.put(
        "alone-evaluated",
        new FederationJournalEvent.AloneEvaluated(1, 2, new Score(12.5, 90, 100), AT));
    all.put("published", new FederationJournalEvent.Published(version()));
    all.put("rolled-back", new FederationJournalEvent.RolledBack(1, AT));
    all.put(
        "status-changed", new FederationJournalEvent.StatusChanged(FederationStatus.PAUSED, AT));
    all.put("examples-counted", new FederationJournalEvent.ExamplesCounted("inner", 450, AT));
    all.put(
        "training-begun",
        new FederationJournalEvent.TrainingBegun("inner", 2, OptionalInt.of(1), AT));
    all.put("trained", new FederationJournalEvent.Trained("inner", 2, contribution(), AT));
    all.put(
        "participant-failed",
        new FederationJournalEvent.ParticipantFailed("inner", "no such data", AT));
    return all;
  }

  /** A federation with something of everything in it. */
  private static FederationState state() {
    ScriptedTasks tasks = new ScriptedTasks();
    tasks.harmful.add(ScriptedTasks.named("m3"));
    Simulation simulation = new Simulation(Simulation.settings(2, Optional.empty()), tasks);
    for (int i = 1; i <= 5; i++) {
      simulation.accept(Simulation.contribution("p" + i % 2, OptionalInt.empty(), "m" + i));
      for (int step = 0; step < i; step++) {
        simulation.step();
      }
    }
    return simulation.state;
  }

  private static Map<String, Object> samples() {
    Map<String, Object> all = new LinkedHashMap<>(events());
    all.put("state", state());
    FederationIndex.Listed listed = new FederationIndex.Listed(Simulation.NAME, true);
    all.put("listed", listed);
    all.put("names", new FederationIndex.Names(List.of(listed)));
    return all;
  }

  private static SerializerWithStringManifest serializer(Object value) {
    return (SerializerWithStringManifest) SERIALIZATION.findSerializerFor(value);
  }

  @Test
  void firstVersionIsStillRead() throws IOException {
    for (Map.Entry<String, Object> sample : samples().entrySet()) {
      SerializerWithStringManifest serializer = serializer(sample.getValue());
      assertEquals(
          sample.getValue(),
          serializer.fromBinary(file(sample.getKey()), serializer.manifest(sample.getValue())),
          sample.getKey());
    }
  }

  @Test
  void whatIsWrittenTodayIsTheSame() throws IOException {
    for (Map.Entry<String, Object> sample : samples().entrySet()) {
      byte[] bytes = serializer(sample.getValue()).toBinary(sample.getValue());
      if (WRITE_TO.isPresent()) {
        Files.write(Path.of(WRITE_TO.get(), sample.getKey() + ".cbor"), bytes);
      } else {
        assertArrayEquals(file(sample.getKey()), bytes, sample.getKey());
      }
    }
  }

  private static byte[] file(String name) throws IOException {
    try (var in = FederationFormatTest.class.getResourceAsStream(FIRST_VERSION + name + ".cbor")) {
      if (in == null) {
        throw new IOException("expected a file of " + name + " in " + FIRST_VERSION);
      }
      return in.readAllBytes();
    }
  }

  @Test
  void everyKindHasAFile() {
    Set<Class<?>> kinds =
        events().values().stream().map(Object::getClass).collect(Collectors.toSet());
    Set<String> missing = new TreeSet<>();
    Arrays.stream(FederationJournalEvent.class.getPermittedSubclasses())
        .filter(kind -> !kinds.contains(kind))
        .forEach(kind -> missing.add(kind.getName()));
    assertEquals(Set.of(), missing);
  }

  @Test
  void namesOfClassesAreNotWritten() {
    samples()
        .forEach(
            (name, value) -> {
              SerializerWithStringManifest serializer = serializer(value);
              assertEquals("", serializer.manifest(value), name);
              String bytes = new String(serializer.toBinary(value), StandardCharsets.ISO_8859_1);
              assertFalse(bytes.contains("rebasin"), name);
            });
  }

  private static List<FederationMessage> messages() {
    ActorRef<Federation.Reply> asker = SYSTEM.deadLetters();
    FederationState.Known known = (FederationState.Known) state();
    FederationView view = new FederationAnswers(known, Simulation.BOUNDS).view();
    List<FederationMessage> all = new ArrayList<>();
    all.addAll(
        List.of(
            new Federation.Create(settings(), asker),
            new Federation.Contribute(contribution(), asker),
            new Federation.Turn(FederationStatus.CLOSED, asker),
            new Federation.Rollback(1, asker),
            new Federation.View(asker),
            new Federation.FindContribution("a1", asker),
            new Federation.PageContributions(Optional.of("a1"), 10, asker),
            new Federation.FindVersion(1, asker),
            new Federation.PageVersions(OptionalInt.of(3), 10, asker),
            new Federation.AwaitVersion(OptionalInt.empty(), Duration.ofSeconds(3), asker),
            new Federation.EventsAfter(7, asker),
            new Federation.NamedModels(asker),
            new Federation.Reproduce(1, asker)));
    all.addAll(
        List.of(
            new Federation.Wake(),
            new Federation.Stop(),
            new Federation.Indexed(true),
            new Federation.Viewed(view),
            new Federation.Contributions(known.intake().records().page(Optional.empty(), 10)),
            new Federation.Versions(List.of(version())),
            new Federation.Happened(known.log().newest(), true),
            new Federation.Named(Set.of(model(1))),
            new Federation.Reproduced(
                Optional.of(new Federations.Reproduction(1, model(1), model(2)))),
            new Federation.Refused(
                FederationRefusedException.Reason.FULL, "later", Duration.ofSeconds(3))));
    all.addAll(
        List.of(
            new FederationIndex.Tell(Simulation.NAME, true, SYSTEM.deadLetters()),
            new FederationIndex.Add(Simulation.NAME, SYSTEM.deadLetters()),
            new FederationIndex.AskNames(SYSTEM.deadLetters()),
            new FederationIndex.AllNames(List.of(Simulation.NAME))));
    return all;
  }

  @Test
  void everyMessageArrivesAsItWasSent() {
    for (FederationMessage message : messages()) {
      SerializerWithStringManifest serializer = serializer(message);
      byte[] bytes = SERIALIZATION.serialize(message).get();
      assertEquals(
          message,
          SERIALIZATION
              .deserialize(bytes, serializer.identifier(), serializer.manifest(message))
              .get());
    }
  }

  @Test
  void everyPublicMessageIsAmongThem() {
    Set<Class<?>> sent = messages().stream().map(Object::getClass).collect(Collectors.toSet());
    Set<Class<?>> missing =
        Stream.of(Federation.class, FederationIndex.class)
            .flatMap(actor -> Arrays.stream(actor.getDeclaredClasses()))
            .filter(Class::isRecord)
            .filter(FederationMessage.class::isAssignableFrom)
            .filter(each -> java.lang.reflect.Modifier.isPublic(each.getModifiers()))
            .filter(each -> !sent.contains(each))
            .collect(Collectors.toSet());
    assertEquals(Set.of(), missing);
  }
}
