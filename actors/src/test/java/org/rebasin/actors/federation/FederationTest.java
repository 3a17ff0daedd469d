package org.rebasin.actors.federation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import akka.actor.typed.javadsl.Behaviors;
import akka.persistence.testkit.PersistenceTestKitPlugin;
import akka.persistence.testkit.javadsl.PersistenceTestKit;
import com.typesafe.config.ConfigFactory;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rebasin.actors.federation.ContributionView.Outcome;
import org.rebasin.actors.federation.FederationRefusedException.Reason;
import org.rebasin.actors.job.JobEnvironment;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.WorkQueue;

/** The actor, with a queue whose tasks are scripted and a journal that can be filled. */
class FederationTest {
  private static final ActorTestKit KIT =
      ActorTestKit.create(
          "federation",
          PersistenceTestKitPlugin.config()
              .withFallback(
                  ConfigFactory.parseString("akka.persistence.testkit.events.serialize = on"))
              .withFallback(ConfigFactory.load()));
  private static final PersistenceTestKit JOURNAL = PersistenceTestKit.create(KIT.system());
  private static final ModelId INITIAL = ScriptedTasks.named("initial");
  private static final AtomicInteger NAMES = new AtomicInteger();

  private final ScriptedTasks tasks = new ScriptedTasks();
  private final FederationName name = new FederationName("f" + NAMES.incrementAndGet());
  private final TestProbe<Federation.Reply> replies = KIT.createTestProbe();
  private final TestProbe<FederationIndex.Command> index = KIT.createTestProbe();

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  /** A queue that does everything at once, or nothing. */
  private ActorRef<WorkQueue.Command> queue(boolean working) {
    return KIT.spawn(
        Behaviors.receiveMessage(
            message -> {
              if (working && message instanceof WorkQueue.Submit submit) {
                submit.replyTo().tell(tasks.run(submit.key(), submit.task()));
              }
              return Behaviors.same();
            }));
  }

  private ActorRef<Federation.Command> federation(ActorRef<WorkQueue.Command> queue) {
    return federation(queue, Clock.systemUTC());
  }

  private ActorRef<Federation.Command> federation(ActorRef<WorkQueue.Command> queue, Clock clock) {
    JobEnvironment.Limits limits =
        new JobEnvironment.Limits(
            2,
            Duration.ofSeconds(30),
            Duration.ofMillis(50),
            Duration.ofMinutes(1),
            Duration.ofMillis(10),
            Duration.ofMillis(100));
    return KIT.spawn(
        Federation.create(
            name,
            new FederationEnvironment(
                queue, index.getRef(), Optional.empty(), limits, Simulation.BOUNDS, 0, clock)));
  }

  private <R extends Federation.Reply> R ask(
      ActorRef<Federation.Command> federation,
      Class<R> kind,
      Function<ActorRef<Federation.Reply>, Federation.Command> message) {
    federation.tell(message.apply(replies.getRef()));
    return assertInstanceOf(kind, replies.receiveMessage());
  }

  private ActorRef<Federation.Command> created(
      FederationSettings settings, ActorRef<WorkQueue.Command> queue) {
    ActorRef<Federation.Command> federation = federation(queue);
    ask(federation, Federation.Viewed.class, self -> new Federation.Create(settings, self));
    return federation;
  }

  private Version versionAfter(ActorRef<Federation.Command> federation, OptionalInt other) {
    return ask(
            federation,
            Federation.Versions.class,
            self -> new Federation.AwaitVersion(other, Duration.ofSeconds(20), self))
        .versions()
        .get(0);
  }

  private ContributionView give(ActorRef<Federation.Command> federation, Contribution one) {
    return ask(
            federation,
            Federation.Contributions.class,
            self -> new Federation.Contribute(one, self))
        .contributions()
        .get(0);
  }

  private Federation.Refused refused(
      ActorRef<Federation.Command> federation,
      Function<ActorRef<Federation.Reply>, Federation.Command> message) {
    return ask(federation, Federation.Refused.class, message);
  }

  private FederationView view(ActorRef<Federation.Command> federation) {
    return ask(federation, Federation.Viewed.class, Federation.View::new).view();
  }

  private static Contribution from(String participant, int base, String model) {
    return Simulation.contribution(participant, OptionalInt.of(base), model);
  }

  @Test
  void versionsComeOfContributionsAndTheirEventsAreTold() {
    ActorRef<Federation.Command> federation =
        created(Simulation.settings(2, Optional.of(INITIAL)), queue(true));
    assertEquals(INITIAL, versionAfter(federation, OptionalInt.empty()).model());
    give(federation, from("a", 1, "a1"));
    give(federation, from("b", 1, "b1"));
    Version second = versionAfter(federation, OptionalInt.of(1));
    assertEquals(2, second.number());
    Federation.Happened happened =
        ask(federation, Federation.Happened.class, self -> new Federation.EventsAfter(0, self));
    assertEquals(
        IntStream.rangeClosed(1, happened.events().size()).asLongStream().boxed().toList(),
        happened.events().stream().map(FederationEvent::sequence).toList());
    index.expectMessageClass(FederationIndex.Tell.class);
  }

  @Test
  void theSameContributionAgainChangesNothing() {
    ActorRef<Federation.Command> federation =
        created(Simulation.settings(3, Optional.of(INITIAL)), queue(true));
    versionAfter(federation, OptionalInt.empty());
    Contribution one = from("a", 1, "a1");
    String id = give(federation, one).id();
    assertEquals(id, give(federation, one).id());
    assertEquals(
        1L, view(federation).contributions().values().stream().mapToLong(Long::longValue).sum());
  }

  @Test
  void creatingItAgainWithOtherSettingsIsAConflict() {
    FederationSettings settings = Simulation.settings(3, Optional.empty());
    ActorRef<Federation.Command> federation = created(settings, queue(true));
    ask(federation, Federation.Viewed.class, self -> new Federation.Create(settings, self));
    FederationSettings other = Simulation.settings(4, Optional.empty());
    assertEquals(
        Reason.CONFLICT, refused(federation, self -> new Federation.Create(other, self)).reason());
  }

  @Test
  void whatIsNotThereIsUnknown() {
    ActorRef<Federation.Command> federation = federation(queue(true));
    assertEquals(Reason.UNKNOWN, refused(federation, Federation.View::new).reason());
    ask(
        federation,
        Federation.Viewed.class,
        self -> new Federation.Create(Simulation.settings(3, Optional.empty()), self));
    assertEquals(
        Reason.INVALID,
        refused(federation, self -> new Federation.Contribute(from("a", 4, "a1"), self)).reason());
    assertEquals(
        Reason.UNKNOWN, refused(federation, self -> new Federation.Rollback(1, self)).reason());
    assertEquals(
        List.of(),
        ask(
                federation,
                Federation.Contributions.class,
                self -> new Federation.FindContribution("0".repeat(32), self))
            .contributions());
  }

  @Test
  void whileItIsPausedOrClosedNothingIsTaken() {
    ActorRef<Federation.Command> federation =
        created(Simulation.settings(3, Optional.of(INITIAL)), queue(true));
    versionAfter(federation, OptionalInt.empty());
    for (FederationStatus status : List.of(FederationStatus.PAUSED, FederationStatus.CLOSED)) {
      ask(federation, Federation.Viewed.class, self -> new Federation.Turn(status, self));
      Federation.Refused refused =
          refused(federation, self -> new Federation.Contribute(from("a", 1, "a1"), self));
      assertEquals(Reason.CONFLICT, refused.reason());
      assertTrue(refused.message().endsWith("is " + status.text()), refused.message());
    }
    assertEquals(
        Reason.CONFLICT,
        refused(federation, self -> new Federation.Turn(FederationStatus.OPEN, self)).reason());
    Federation.Happened happened =
        ask(federation, Federation.Happened.class, self -> new Federation.EventsAfter(0, self));
    assertTrue(happened.ended());
  }

  @Test
  void whereAsManyWaitAsMayMoreAreToldToComeLater() {
    ActorRef<Federation.Command> federation =
        created(Simulation.settings(2, Optional.empty()), queue(false));
    for (int i = 0; i < 4; i++) {
      give(federation, Simulation.contribution("p" + i, OptionalInt.empty(), "m" + i));
    }
    Federation.Refused full =
        refused(
            federation,
            self ->
                new Federation.Contribute(
                    Simulation.contribution("q", OptionalInt.empty(), "m"), self));
    assertEquals(Reason.FULL, full.reason());
    assertTrue(full.retryAfter().compareTo(Duration.ZERO) > 0);
  }

  @Test
  void afterARollbackItGoesOnFromTheEarlierVersion() {
    ActorRef<Federation.Command> federation =
        created(Simulation.settings(1, Optional.of(INITIAL)), queue(true));
    versionAfter(federation, OptionalInt.empty());
    give(federation, from("a", 1, "a1"));
    versionAfter(federation, OptionalInt.of(1));
    ask(federation, Federation.Viewed.class, self -> new Federation.Rollback(1, self));
    assertEquals(1, view(federation).current().orElseThrow().number());
    give(federation, from("b", 1, "b1"));
    Version third = versionAfter(federation, OptionalInt.of(1));
    assertEquals(3, third.number());
    assertEquals(OptionalInt.of(1), third.parent());
  }

  @Test
  void modelsThatAreNeededAreNamedAndOthersAreNot() {
    ActorRef<Federation.Command> federation =
        created(Simulation.settings(1, Optional.of(INITIAL)), queue(true));
    versionAfter(federation, OptionalInt.empty());
    List<Version> versions = new ArrayList<>();
    for (int i = 1; i <= 6; i++) {
      give(federation, from("a", i, "a" + i));
      versions.add(versionAfter(federation, OptionalInt.of(i)));
    }
    Set<ModelId> named =
        ask(federation, Federation.Named.class, Federation.NamedModels::new).models();
    assertTrue(named.contains(versions.get(5).model()));
    assertTrue(named.contains(versions.get(3).model()));
    assertTrue(named.contains(versions.get(5).serverState().orElseThrow()));
    assertTrue(named.contains(ScriptedTasks.named("a6")));
    assertTrue(named.contains(INITIAL));
    assertTrue(!named.contains(ScriptedTasks.named("a1")));
    assertTrue(!named.contains(versions.get(0).model()));
    Federation.Refused refused = refused(federation, self -> new Federation.Rollback(2, self));
    assertEquals(Reason.CONFLICT, refused.reason());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2})
  void aVersionIsMadeAgainFromItsRecord(int remembered) {
    ActorRef<Federation.Command> federation =
        created(
            Simulation.remembering(Simulation.settings(1, Optional.of(INITIAL)), remembered),
            queue(true));
    versionAfter(federation, OptionalInt.empty());
    for (int i = 1; i <= 4; i++) {
      give(federation, from("p" + i % 2, i, "a" + i));
      versionAfter(federation, OptionalInt.of(i));
    }
    for (int version : List.of(1, 4, 5)) {
      Federation.Reproduced made =
          ask(
              federation,
              Federation.Reproduced.class,
              self -> new Federation.Reproduce(version, self));
      assertTrue(made.reproduction().orElseThrow().same());
    }
    assertEquals(
        Reason.CONFLICT, refused(federation, self -> new Federation.Reproduce(2, self)).reason());
    assertEquals(
        Reason.UNKNOWN, refused(federation, self -> new Federation.Reproduce(9, self)).reason());
  }

  @Test
  void whoWaitsForAnotherVersionHearsWhenThereIsNoneInTime() {
    ActorRef<Federation.Command> federation =
        created(Simulation.settings(1, Optional.empty()), queue(true));
    assertEquals(
        List.of(),
        ask(
                federation,
                Federation.Versions.class,
                self ->
                    new Federation.AwaitVersion(OptionalInt.empty(), Duration.ofMillis(10), self))
            .versions());
  }

  @Test
  void tasksAreSubmittedAgainUntilTheirEndIsHeard() {
    TestProbe<WorkQueue.Command> queue = KIT.createTestProbe();
    created(Simulation.settings(1, Optional.of(INITIAL)), queue.getRef());
    WorkQueue.Submit first = queue.expectMessageClass(WorkQueue.Submit.class);
    WorkQueue.Submit second = queue.expectMessageClass(WorkQueue.Submit.class);
    assertEquals(first.key(), second.key());
    assertEquals(first.task(), second.task());
  }

  @Test
  void noMoreTasksAreOutThanMay() {
    TestProbe<WorkQueue.Command> queue = KIT.createTestProbe();
    ActorRef<Federation.Command> federation =
        created(Simulation.settings(3, Optional.empty()), queue.getRef());
    for (int i = 0; i < 4; i++) {
      give(federation, Simulation.contribution("p" + i, OptionalInt.empty(), "m" + i));
    }
    Set<Integer> indices = new java.util.HashSet<>();
    for (int i = 0; i < 8; i++) {
      indices.add(queue.expectMessageClass(WorkQueue.Submit.class).key().index());
    }
    assertEquals(Set.of(1, 2), indices);
  }

  /** Killed behind any event it goes on to the same versions. */
  @ParameterizedTest
  @ValueSource(ints = {0, 2})
  void whateverEventItStoppedBehindItComesToTheSameVersions(int remembered) {
    tasks.harmful.add(ScriptedTasks.named("m5"));
    tasks.objections.put(ScriptedTasks.named("m7"), "fc1.bias holds NaN at 7");
    List<Contribution> scenario =
        IntStream.rangeClosed(1, 8)
            .mapToObj(i -> Simulation.contribution("p" + i % 3, OptionalInt.empty(), "m" + i))
            .toList();
    Simulation whole =
        new Simulation(
            Simulation.remembering(Simulation.settings(3, Optional.empty()), remembered), tasks);
    List<Map<Outcome, Long>> expected = new ArrayList<>();
    for (Contribution one : scenario) {
      whole.give(one);
      expected.add(counts(whole));
    }
    List<ModelId> models = whole.versions().stream().map(Version::model).toList();
    assertEquals(2, models.size());
    ActorRef<WorkQueue.Command> queue = queue(true);
    // No patience ends.
    Clock clock = Clock.fixed(whole.now, ZoneOffset.UTC);
    for (int length = 1; length <= whole.journal.size(); length++) {
      JOURNAL.clearAll();
      JOURNAL.persistForRecovery(
          "federation|" + name, List.copyOf(whole.journal.subList(0, length)));
      ActorRef<Federation.Command> federation = federation(queue, clock);
      for (int i = 0; i < scenario.size(); i++) {
        give(federation, scenario.get(i));
        Map<Outcome, Long> target = expected.get(i);
        long given = target.values().stream().mapToLong(Long::longValue).sum();
        replies.awaitAssert(
            () -> {
              Map<Outcome, Long> now = view(federation).contributions();
              if (now.values().stream().mapToLong(Long::longValue).sum() == given) {
                assertEquals(target, now);
              }
              return true;
            });
      }
      List<Version> versions =
          ask(
                  federation,
                  Federation.Versions.class,
                  self -> new Federation.PageVersions(OptionalInt.empty(), 10, self))
              .versions();
      assertEquals(
          List.of(models.get(1), models.get(0)), versions.stream().map(Version::model).toList());
      KIT.stop(federation);
    }
  }

  private static Map<Outcome, Long> counts(Simulation simulation) {
    return new FederationAnswers(simulation.known(), Simulation.BOUNDS).view().contributions();
  }
}
