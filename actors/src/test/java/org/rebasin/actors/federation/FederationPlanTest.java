package org.rebasin.actors.federation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rebasin.actors.federation.ContributionView.Outcome;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Correction;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Strategy;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskKey;
import org.rebasin.model.training.Optimizer;
import org.rebasin.model.training.Schedule;
import org.rebasin.model.training.TrainingSettings;

/** State, plan and rules by themselves, without actors. */
class FederationPlanTest {
  private static final ModelId INITIAL = ScriptedTasks.named("initial");
  private final ScriptedTasks tasks = new ScriptedTasks();

  private Simulation begun(int buffer) {
    Simulation simulation =
        new Simulation(Simulation.settings(buffer, Optional.of(INITIAL)), tasks);
    simulation.settle();
    return simulation;
  }

  private static Contribution from(String participant, int base, String model) {
    return Simulation.contribution(participant, OptionalInt.of(base), model);
  }

  private static Contribution own(String participant, String model) {
    return Simulation.contribution(participant, OptionalInt.empty(), model);
  }

  private static List<Class<?>> kinds(Simulation simulation) {
    return new FederationPlan(simulation.known())
        .wanted().stream().<Class<?>>map(task -> task.task().getClass()).toList();
  }

  @Test
  void theInitialModelIsScreenedAndEvaluatedAndIsTheFirstVersion() {
    Simulation simulation = new Simulation(Simulation.settings(2, Optional.of(INITIAL)), tasks);
    assertEquals(List.of(Task.Screen.class), kinds(simulation));
    simulation.step();
    assertEquals(List.of(Task.Evaluate.class), kinds(simulation));
    simulation.step();
    Version first = simulation.versions().get(0);
    assertEquals(INITIAL, first.model());
    assertEquals(List.of(), first.ingredients());
    assertEquals(List.of(), kinds(simulation));
  }

  @Test
  void anInitialModelThatIsNoneClosesTheFederationWithTheReason() {
    tasks.objections.put(INITIAL, "fc1.weight holds NaN at 3");
    Simulation simulation = begun(2);
    assertEquals(FederationStatus.CLOSED, simulation.known().status());
    String activity =
        new FederationAnswers(simulation.known(), Simulation.BOUNDS).view().activity();
    assertTrue(activity.contains("fc1.weight holds NaN at 3"), activity);
  }

  @Test
  void aContributionIsScreenedAlignedBufferedAggregatedEvaluatedAndPublished() {
    Simulation simulation = begun(2);
    Contribution a = from("a", 1, "a1");
    Contribution b = from("b", 1, "b1");
    simulation.give(a);
    assertEquals(Outcome.BUFFERED, simulation.view(a).outcome());
    simulation.accept(b);
    assertEquals(List.of(Task.Screen.class), kinds(simulation));
    simulation.step();
    assertEquals(List.of(Task.Align.class), kinds(simulation));
    simulation.step();
    assertEquals(List.of(Task.Aggregate.class), kinds(simulation));
    simulation.step();
    assertEquals(List.of(Task.Evaluate.class), kinds(simulation));
    simulation.step();
    Version second = simulation.versions().get(1);
    assertEquals(OptionalInt.of(1), second.parent());
    assertEquals(
        List.of(a.id(), b.id()), second.ingredients().stream().map(i -> i.contribution()).toList());
    assertEquals(List.of(0.5, 0.5), second.ingredients().stream().map(i -> i.weight()).toList());
    assertEquals(Outcome.MERGED, simulation.view(a).outcome());
    assertEquals(OptionalInt.of(2), simulation.view(b).version());
  }

  @Test
  void aContributionMayBeBehindAndTheNextOnesFlowOnWhileACandidateIsMade() {
    Simulation simulation = begun(1);
    simulation.give(from("a", 1, "a1"));
    simulation.give(from("b", 1, "b1"));
    assertEquals(1, simulation.versions().get(2).ingredients().get(0).staleness());
    simulation.accept(from("c", 3, "c1"));
    simulation.step();
    simulation.step();
    assertTrue(simulation.known().candidates().present().isPresent());
    Contribution next = from("d", 3, "d1");
    simulation.accept(next);
    assertEquals(List.of(Task.Aggregate.class, Task.Screen.class), kinds(simulation));
    simulation.settle();
    assertEquals(5, simulation.versions().size());
  }

  @Test
  void objectionsAndFailuresQuarantineAContributionAlone() {
    Simulation simulation = begun(1);
    tasks.objections.put(ScriptedTasks.named("nan"), "fc1.bias holds NaN at 7");
    tasks.unalignable.add(ScriptedTasks.named("odd"));
    Contribution nan = from("a", 1, "nan");
    Contribution odd = from("b", 1, "odd");
    simulation.accept(nan);
    simulation.accept(odd);
    simulation.give(from("c", 1, "fine"));
    assertEquals(Outcome.QUARANTINED, simulation.view(nan).outcome());
    assertEquals(Optional.of("fc1.bias holds NaN at 7"), simulation.view(nan).reason());
    assertEquals(
        Optional.of("the contribution could not be aligned: the worker ran out of memory"),
        simulation.view(odd).reason());
    assertEquals(2, simulation.versions().size());
  }

  @Test
  void whoeverMakesTheModelWorseIsFoundAndTheOthersAreMerged() {
    Simulation simulation = begun(3);
    tasks.harmful.add(ScriptedTasks.named("bad"));
    Contribution bad = from("b", 1, "bad");
    simulation.accept(from("a", 1, "a1"));
    simulation.accept(bad);
    simulation.give(from("c", 1, "c1"));
    assertEquals(Outcome.QUARANTINED, simulation.view(bad).outcome());
    assertEquals(
        Optional.of(
            "accuracy falls from 94.1 % to 12.0 % with this contribution alone;"
                + " at most 1.0 points allowed"),
        simulation.view(bad).reason());
    Version second = simulation.versions().get(1);
    assertEquals(
        List.of("a", "c"), second.ingredients().stream().map(i -> i.participant()).toList());
    assertTrue(
        simulation.known().log().newest().stream()
            .anyMatch(event -> event.what() instanceof FederationEvent.CandidateRefused));
  }

  @Test
  void whoeverAloneMakesTheModelMuchWorseIsFoundBeforeAnythingIsMadeOfIt() {
    Simulation simulation =
        new Simulation(
            Simulation.examining(Simulation.settings(3, Optional.of(INITIAL)), 0.5), tasks);
    simulation.settle();
    tasks.harmful.add(ScriptedTasks.named("bad"));
    Contribution bad = from("b", 1, "bad");
    simulation.accept(from("a", 1, "a1"));
    simulation.accept(bad);
    simulation.give(from("c", 1, "c1"));
    assertEquals(
        Optional.of(
            "accuracy falls from 94.1 % to 12.0 % with this contribution alone;"
                + " at most 50.0 points allowed"),
        simulation.view(bad).reason());
    assertEquals(
        List.of("a", "c"),
        simulation.versions().get(1).ingredients().stream().map(i -> i.participant()).toList());
    assertFalse(
        simulation.known().log().newest().stream()
            .anyMatch(event -> event.what() instanceof FederationEvent.CandidateRefused));
  }

  @Test
  void whatFailsTheGateButIsNotHarmfulAloneIsSetAside() {
    for (int buffer : List.of(1, 2)) {
      Simulation simulation =
          new Simulation(
              Simulation.examining(Simulation.settings(buffer, Optional.of(INITIAL)), 0.9), tasks);
      simulation.settle();
      List<Contribution> given =
          IntStream.range(0, buffer).mapToObj(i -> from("p" + i, 1, "weak" + i)).toList();
      given.forEach(one -> tasks.harmful.add(one.model()));
      given.forEach(simulation::accept);
      simulation.settle();
      for (Contribution one : given) {
        assertEquals(Outcome.SET_ASIDE, simulation.view(one).outcome());
      }
      assertEquals(1, simulation.versions().size());
    }
  }

  @Test
  void whatIsHarmlessAloneAndNotTogetherIsSetAside() {
    Simulation simulation = begun(2);
    tasks.harmfulTogether.addAll(Set.of(ScriptedTasks.named("x"), ScriptedTasks.named("y")));
    Contribution x = from("a", 1, "x");
    Contribution y = from("b", 1, "y");
    simulation.accept(x);
    simulation.give(y);
    assertEquals(Outcome.SET_ASIDE, simulation.view(x).outcome());
    assertEquals(Outcome.SET_ASIDE, simulation.view(y).outcome());
    simulation.accept(from("a", 1, "x2"));
    simulation.give(from("b", 1, "y2"));
    assertEquals(2, simulation.versions().size());
  }

  @Test
  void aloneACandidateIsItsOwnExamination() {
    Simulation simulation = begun(1);
    tasks.harmful.add(ScriptedTasks.named("bad"));
    Contribution bad = from("a", 1, "bad");
    simulation.accept(bad);
    List<Class<?>> done = new ArrayList<>();
    while (!kinds(simulation).isEmpty()) {
      done.add(kinds(simulation).get(0));
      simulation.step();
    }
    assertEquals(
        List.of(Task.Screen.class, Task.Align.class, Task.Aggregate.class, Task.Evaluate.class),
        done);
    assertEquals(Outcome.QUARANTINED, simulation.view(bad).outcome());
  }

  @Test
  void anAggregationThatFailsSetsItsContributionsAside() {
    Simulation simulation = begun(2);
    tasks.failingPhases.add("aggregate");
    Contribution a = from("a", 1, "a1");
    simulation.accept(a);
    simulation.give(from("b", 1, "b1"));
    assertEquals(Outcome.SET_ASIDE, simulation.view(a).outcome());
    assertEquals(
        Optional.of("the version could not be made: the worker ran out of luck"),
        simulation.view(a).reason());
  }

  @Test
  void patienceMakesAVersionOfFewer() {
    Simulation simulation = begun(5);
    simulation.give(from("a", 1, "a1"));
    simulation.pass(Duration.ofMinutes(9));
    simulation.settle();
    assertEquals(1, simulation.versions().size());
    simulation.pass(Duration.ofMinutes(1));
    simulation.settle();
    assertEquals(1, simulation.versions().get(1).ingredients().size());
  }

  @Test
  void theFirstVersionComesFromUnrelatedSeedsInEachWay() {
    for (Strategy strategy : Strategy.values()) {
      FederationSettings settings = Simulation.settings(3, Optional.empty());
      Simulation simulation =
          new Simulation(with(settings, strategy, new Matching.Weight(0)), tasks);
      simulation.give(own("a", "a1"));
      simulation.give(own("b", "b1"));
      Contribution early = own("c", "c1");
      simulation.accept(early);
      simulation.accept(own("d", "d1"));
      simulation.settle();
      Version first = simulation.versions().get(0);
      assertEquals(3, first.ingredients().size(), strategy.text());
      assertEquals(
          strategy == Strategy.TO_REFERENCE ? 2 : 3,
          first.ingredients().stream().filter(i -> i.permutations().isPresent()).count());
      // The one that was too late is aligned to what the others came to.
      Waiting late = simulation.known().intake().waiting().get(4);
      assertEquals(Waiting.Stage.READY, late.stage());
      assertTrue(late.permutations().isPresent());
    }
  }

  private static FederationSettings with(
      FederationSettings settings, Strategy first, Matching matching) {
    return new FederationSettings(
        settings.architecture(),
        settings.initial(),
        first,
        Optional.of(matching),
        settings.aggregation(),
        settings.buffer(),
        settings.remembered(),
        settings.patience(),
        settings.pending(),
        settings.normBound(),
        Optional.of(new Correction(Correction.Kind.RECALIBRATION, "digits", 100)),
        settings.gate(),
        settings.participants(),
        settings.seed());
  }

  @Test
  void activationsAreMeasuredBeforeAnAlignmentAndTheCandidateIsCorrected() {
    FederationSettings settings =
        with(
            Simulation.settings(2, Optional.empty()),
            Strategy.TO_REFERENCE,
            new Matching.Activation(false, "digits"));
    Simulation simulation = new Simulation(settings, tasks);
    simulation.give(own("a", "a1"));
    simulation.accept(own("b", "b1"));
    simulation.step();
    assertEquals(
        IntStream.range(0, Matching.Activation.SHARDS)
            .<Class<?>>mapToObj(i -> Task.Collect.class)
            .toList(),
        kinds(simulation));
    for (int i = 0; i < Matching.Activation.SHARDS; i++) {
      simulation.step();
    }
    for (Class<?> kind :
        List.of(Task.Align.class, Task.Aggregate.class, Task.Correct.class, Task.Evaluate.class)) {
      assertEquals(List.of(kind), kinds(simulation));
      simulation.step();
    }
    assertEquals(1, simulation.versions().size());
  }

  @Test
  void anAlignmentBeginsWithTheParticipantsLastPermutationsOfTheSameOrigin() {
    Simulation simulation = begun(5);
    simulation.give(own("a", "a1"));
    simulation.accept(own("a", "a2"));
    simulation.step();
    assertEquals(List.of(Task.AlignFrom.class), kinds(simulation));
    simulation.settle();
    simulation.accept(from("a", 1, "a3"));
    simulation.step();
    assertEquals(List.of(Task.Align.class), kinds(simulation));
  }

  @Test
  void afterARollbackTheNextVersionContinuesTheEarlierOneAndHasANewNumber() {
    Simulation simulation = begun(1);
    simulation.give(from("a", 1, "a1"));
    simulation.accept(from("b", 2, "b1"));
    simulation.step();
    simulation.step();
    simulation.step();
    simulation.happen(new FederationJournalEvent.RolledBack(1, simulation.now));
    simulation.settle();
    Version third = simulation.versions().get(2);
    assertEquals(3, third.number());
    assertEquals(OptionalInt.of(1), third.parent());
    assertEquals(List.of("b"), third.ingredients().stream().map(i -> i.participant()).toList());
  }

  @Test
  void nothingIsWantedWhilePausedAndAllOfItAfterwards() {
    Simulation simulation = begun(1);
    simulation.accept(from("a", 1, "a1"));
    simulation.happen(
        new FederationJournalEvent.StatusChanged(FederationStatus.PAUSED, simulation.now));
    assertEquals(List.of(), kinds(simulation));
    simulation.happen(
        new FederationJournalEvent.StatusChanged(FederationStatus.OPEN, simulation.now));
    simulation.settle();
    assertEquals(2, simulation.versions().size());
  }

  @Test
  void closingSetsAsideWhatIsInNoVersion() {
    Simulation simulation = begun(2);
    Contribution a = from("a", 1, "a1");
    simulation.give(a);
    simulation.happen(
        new FederationJournalEvent.StatusChanged(FederationStatus.CLOSED, simulation.now));
    assertEquals(Outcome.SET_ASIDE, simulation.view(a).outcome());
    assertEquals(List.of(), kinds(simulation));
  }

  @Test
  void participantsTrainFromTheNewestVersionAsOftenAsTheyAreToldTo() {
    TrainingSettings training =
        new TrainingSettings(1, 10, Optimizer.Kind.ADAM, 1e-3, 0, 0, Schedule.Decay.CONSTANT, 3);
    List<FederationSettings.Participant> participants =
        List.of(
            new FederationSettings.Participant("p", "digits:seed=1", training, 0.5, 3),
            new FederationSettings.Participant("q", "digits:seed=2", training, 0, 3));
    Simulation simulation =
        new Simulation(Simulation.settings(2, Optional.empty(), participants), tasks);
    simulation.settle();
    assertEquals(3, simulation.versions().size());
    assertEquals(3, simulation.known().trainees().get("p").done());
    assertEquals(6, simulation.known().intake().records().count());
    assertEquals(450, simulation.known().intake().records().get(1).contribution().examples());
  }

  @Test
  void aParticipantThatFailsWaitsUntilTheFederationIsResumed() {
    TrainingSettings training =
        new TrainingSettings(1, 10, Optimizer.Kind.ADAM, 1e-3, 0, 0, Schedule.Decay.CONSTANT, 3);
    tasks.failingPhases.add("train-p");
    Simulation simulation =
        new Simulation(
            Simulation.settings(
                1,
                Optional.empty(),
                List.of(new FederationSettings.Participant("p", "digits", training, 0, 1))),
            tasks);
    simulation.settle();
    assertTrue(simulation.known().trainees().get("p").failure().isPresent());
    tasks.failingPhases.clear();
    for (FederationStatus status : List.of(FederationStatus.PAUSED, FederationStatus.OPEN)) {
      simulation.happen(new FederationJournalEvent.StatusChanged(status, simulation.now));
    }
    simulation.settle();
    assertEquals(1, simulation.versions().size());
  }

  @Test
  void keysAreNeverUsedForTwoTasksAndStayWhileATaskIsWanted() {
    tasks.harmful.add(ScriptedTasks.named("m4"));
    Simulation simulation = new Simulation(Simulation.settings(2, Optional.empty()), tasks);
    java.util.Map<TaskKey, String> used = new java.util.HashMap<>();
    for (int i = 1; i <= 9; i++) {
      simulation.accept(own("p" + i % 3, "m" + i));
      do {
        for (WantedTask<?> task : new FederationPlan(simulation.known()).wanted()) {
          String text = String.valueOf(task.task());
          String before = used.putIfAbsent(task.key(), text);
          if (!(task.task() instanceof Task.Screen)) {
            assertTrue(before == null || before.equals(text), task.key() + ": " + text);
          }
        }
      } while (simulation.step());
    }
    assertTrue(simulation.versions().size() >= 3);
  }

  @Test
  void memoryStaysBoundedAndNothingCountsTwice() {
    Simulation simulation = begun(1);
    List<Contribution> all = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      Contribution one =
          from("p" + i % 7, simulation.known().lineage().current().getAsInt(), "m" + i);
      all.add(one);
      simulation.give(one);
    }
    ContributionRecords records = simulation.known().intake().records();
    assertEquals(300, records.count());
    assertTrue(records.byNumber().size() <= 110, "" + records.byNumber().size());
    assertEquals(300, records.byNumber().size() + records.older().count());
    for (Contribution one : all) {
      assertTrue(records.find(one.id()).isPresent() || records.older().contains(one.id()));
    }
    assertEquals(300L, records.outcomes().get(Outcome.MERGED));
    assertEquals(50, simulation.known().log().newest().size());
    assertEquals(2, simulation.known().lineage().recipes().size());
    long kept = simulation.versions().stream().filter(one -> !one.ingredients().isEmpty()).count();
    assertEquals(100, kept);
    // Three versions with their servers' memories, the initial model, and what two were made from.
    assertTrue(simulation.known().models(Simulation.BOUNDS).size() < 16);
    assertFalse(records.older().contains(own("x", "x").id()));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.5, 1})
  void whateverEventIsTheLastInTheJournalTheSameVersionsComeOfIt(double contributionMargin) {
    tasks.harmful.add(ScriptedTasks.named("m5"));
    tasks.objections.put(ScriptedTasks.named("m7"), "fc1.bias holds NaN at 7");
    List<Contribution> scenario =
        IntStream.rangeClosed(1, 11).mapToObj(i -> own("p" + i % 3, "m" + i)).toList();
    Simulation whole =
        new Simulation(
            Simulation.examining(Simulation.settings(3, Optional.empty()), contributionMargin),
            tasks);
    scenario.forEach(whole::give);
    assertEquals(3, whole.versions().size());
    for (int length = 1; length <= whole.journal.size(); length++) {
      Simulation again = new Simulation(whole.journal.subList(0, length), tasks);
      again.settle();
      scenario.forEach(again::give);
      assertEquals(whole.versions(), again.versions(), "after " + length);
      assertEquals(whole.known(), again.known(), "after " + length);
    }
  }
}
