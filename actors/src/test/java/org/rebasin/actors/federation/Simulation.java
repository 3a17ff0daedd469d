package org.rebasin.actors.federation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.rebasin.actors.federation.FederationState.Known;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.JobId;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Strategy;
import org.rebasin.model.aggregation.AggregationSettings;

/** A federation without actors: its state, its plan and its rules, and tasks that are scripted. */
final class Simulation {
  static final FederationName NAME = new FederationName("sim");
  static final JobId JOB = new JobId("01JDHX3T6ZABCDEFGHJKMNPQRS");
  static final FederationBounds BOUNDS = new FederationBounds(100, 50, 3, 2);

  final ScriptedTasks tasks;
  final List<FederationJournalEvent> journal = new ArrayList<>();
  FederationState state = new FederationState.Absent();
  Instant now = Instant.parse("2026-11-25T07:08:09Z");

  Simulation(FederationSettings settings, ScriptedTasks tasks) {
    this.tasks = tasks;
    happen(new FederationJournalEvent.Created(NAME, JOB, settings, now));
  }

  /** One that has read a journal, and has yet to decide what follows. */
  Simulation(List<FederationJournalEvent> events, ScriptedTasks tasks) {
    this.tasks = tasks;
    for (FederationJournalEvent event : events) {
      journal.add(event);
      state = state.after(event, BOUNDS);
    }
    write(List.of());
  }

  static FederationSettings settings(int buffer, Optional<ModelId> initial) {
    return settings(buffer, initial, List.of());
  }

  static FederationSettings settings(
      int buffer, Optional<ModelId> initial, List<FederationSettings.Participant> participants) {
    return new FederationSettings(
        "mlp:4-3-2",
        initial,
        Strategy.MERGE_MANY,
        Optional.of(new Matching.Weight(0)),
        AggregationSettings.FEDAVG,
        buffer,
        0,
        Duration.ofMinutes(10),
        2,
        10,
        Optional.empty(),
        new FederationSettings.Gate("digits", 0.01, 1),
        participants,
        7);
  }

  /** The same, and contributions are looked at by themselves first. */
  static FederationSettings examining(FederationSettings settings, double contributionMargin) {
    FederationSettings.Gate gate = settings.gate();
    return with(
        settings,
        settings.remembered(),
        new FederationSettings.Gate(gate.data(), gate.margin(), contributionMargin));
  }

  /** The same with memory. */
  static FederationSettings remembering(FederationSettings settings, int remembered) {
    return with(settings, remembered, settings.gate());
  }

  private static FederationSettings with(
      FederationSettings settings, int remembered, FederationSettings.Gate gate) {
    return new FederationSettings(
        settings.architecture(),
        settings.initial(),
        settings.first(),
        settings.alignment(),
        settings.aggregation(),
        settings.buffer(),
        remembered,
        settings.patience(),
        settings.pending(),
        settings.normBound(),
        settings.correction(),
        gate,
        settings.participants(),
        settings.seed());
  }

  static Contribution contribution(String participant, OptionalInt base, String model) {
    return new Contribution(participant, base, 100, ScriptedTasks.named(model), Map.of());
  }

  Known known() {
    return (Known) state;
  }

  void happen(FederationJournalEvent event) {
    write(List.of(event));
  }

  private void write(List<FederationJournalEvent> events) {
    for (FederationJournalEvent event : FederationRules.decided(state, events, BOUNDS, now)) {
      journal.add(event);
      state = state.after(event, BOUNDS);
    }
  }

  /** Lets time pass. */
  void pass(Duration time) {
    now = now.plus(time);
    write(List.of());
  }

  void accept(Contribution contribution) {
    happen(new FederationJournalEvent.Accepted(contribution, now));
  }

  /** Does one task, the first that is wanted. */
  boolean step() {
    List<WantedTask<?>> wanted = new FederationPlan(known()).wanted();
    if (wanted.isEmpty()) {
      return false;
    }
    WantedTask<?> task = wanted.get(0);
    happen(task.after(tasks.run(task.key(), task.task()), now));
    return true;
  }

  /** Does all tasks; they must come to an end. */
  void settle() {
    for (int i = 0; i < 10_000; i++) {
      if (!step()) {
        return;
      }
    }
    throw new IllegalStateException("the federation does not come to rest");
  }

  void give(Contribution contribution) {
    if (known().intake().records().find(contribution.id()).isEmpty()) {
      accept(contribution);
    }
    settle();
  }

  ContributionView view(Contribution contribution) {
    return known().intake().records().find(contribution.id()).orElseThrow();
  }

  List<Version> versions() {
    return known().lineage().versions();
  }
}
