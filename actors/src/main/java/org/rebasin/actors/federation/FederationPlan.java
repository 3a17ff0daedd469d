package org.rebasin.actors.federation;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import org.rebasin.actors.federation.FederationJournalEvent.Aligned;
import org.rebasin.actors.federation.FederationJournalEvent.AloneAggregated;
import org.rebasin.actors.federation.FederationJournalEvent.AloneEvaluated;
import org.rebasin.actors.federation.FederationJournalEvent.CandidateAggregated;
import org.rebasin.actors.federation.FederationJournalEvent.CandidateCorrected;
import org.rebasin.actors.federation.FederationJournalEvent.CandidateEvaluated;
import org.rebasin.actors.federation.FederationJournalEvent.CandidateOrdered;
import org.rebasin.actors.federation.FederationJournalEvent.Collected;
import org.rebasin.actors.federation.FederationJournalEvent.ExamplesCounted;
import org.rebasin.actors.federation.FederationJournalEvent.InitialRefused;
import org.rebasin.actors.federation.FederationJournalEvent.InitialScreened;
import org.rebasin.actors.federation.FederationJournalEvent.ParticipantFailed;
import org.rebasin.actors.federation.FederationJournalEvent.Published;
import org.rebasin.actors.federation.FederationJournalEvent.Quarantined;
import org.rebasin.actors.federation.FederationJournalEvent.Screened;
import org.rebasin.actors.federation.FederationJournalEvent.SetAside;
import org.rebasin.actors.federation.FederationJournalEvent.Trained;
import org.rebasin.actors.federation.FederationSettings.Participant;
import org.rebasin.actors.federation.FederationState.Known;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Combination;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Split;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskKey;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.model.data.Seeds;

/**
 * Which tasks a federation wants done: a function of its state and of nothing else, so that one
 * that is read from its journal goes on where it was. A task's key is the same as long as it is
 * wanted, and is never used for another.
 */
record FederationPlan(Known state) {
  /** What a participant within the cluster does, in the phase of its tasks. */
  static final String TRAINING = "train-";

  /** All tasks that are wanted now; those of a candidate first, trainings last. */
  List<WantedTask<?>> wanted() {
    List<WantedTask<?>> all = new ArrayList<>();
    if (state.status() != FederationStatus.OPEN) {
      return all;
    }
    if (awaitsInitial()) {
      all.add(initial());
      return all;
    }
    state.candidates().present().ifPresent(candidate -> all.addAll(candidate(candidate)));
    state.intake().waiting().values().forEach(one -> all.addAll(waiting(one)));
    state.settings().participants().forEach(one -> training(one).ifPresent(all::add));
    return all;
  }

  /** Whether the model to begin with is not yet the first version. */
  boolean awaitsInitial() {
    return state.settings().initial().isPresent() && state.lineage().versions().isEmpty();
  }

  private FederationSettings settings() {
    return state.settings();
  }

  private VersionMaking making() {
    return new VersionMaking(state);
  }

  private TaskKey key(String phase, int index) {
    return new TaskKey(state.identity().job(), phase, index);
  }

  private WantedTask<?> initial() {
    ModelId model = settings().initial().orElseThrow();
    BiFunction<String, Instant, FederationJournalEvent> failed =
        (cause, at) -> new InitialRefused("the initial model: " + cause, at);
    if (!state.initial().screened()) {
      return new WantedTask<>(
          key("screen-initial", 0),
          new Task.Screen(
              Optional.empty(), settings().architecture(), model, settings().normBound()),
          TaskResult.Screened.class,
          (screened, at) ->
              screened
                  .objection()
                  .map(objection -> failed.apply(objection, at))
                  .orElseGet(() -> new InitialScreened(at)),
          failed);
    }
    return new WantedTask<>(
        key("evaluate-initial", 0),
        evaluation(model),
        TaskResult.Evaluated.class,
        (evaluated, at) ->
            Double.isFinite(evaluated.score().loss())
                ? new Published(
                    new Version(
                        1,
                        OptionalInt.empty(),
                        model,
                        Optional.empty(),
                        List.of(),
                        making().settingsText(),
                        evaluated.score(),
                        at))
                : failed.apply("its loss on the held-out data is not finite", at),
        failed);
  }

  private Task.Evaluate evaluation(ModelId model) {
    return Task.Evaluate.one(model, settings().gate().data(), Split.TEST);
  }

  private List<WantedTask<?>> waiting(Waiting one) {
    return switch (one.stage()) {
      case ARRIVED -> List.of(screening(one));
      case SCREENED -> alignment(one);
      case READY -> List.of();
    };
  }

  private static BiFunction<String, Instant, FederationJournalEvent> quarantine(
      int number, String what) {
    return (cause, at) -> new Quarantined(number, what + cause, at);
  }

  private WantedTask<?> screening(Waiting one) {
    Optional<ModelId> global = state.lineage().currentModel();
    return new WantedTask<>(
        // Before there is a global model a contribution is looked at by itself, and again then.
        key(global.isPresent() ? "screen" : "screen-first", one.number()),
        new Task.Screen(
            global, settings().architecture(), one.contribution().model(), settings().normBound()),
        TaskResult.Screened.class,
        (screened, at) ->
            screened
                .objection()
                .<FederationJournalEvent>map(
                    objection -> new Quarantined(one.number(), objection, at))
                .orElseGet(() -> new Screened(one.number(), screened.norm(), at)),
        quarantine(one.number(), "the contribution could not be looked at: "));
  }

  private List<WantedTask<?>> alignment(Waiting one) {
    ModelId reference = one.reference().orElseThrow();
    ModelId model = one.contribution().model();
    Matching matching = settings().alignment().orElseThrow();
    // Within the first candidate contributions are aligned to one of them, later to a version.
    String suffix = state.lineage().current().isPresent() ? "" : "-first";
    List<WantedTask<?>> tasks = new ArrayList<>();
    if (matching instanceof Matching.Activation activation) {
      int shards = Matching.Activation.SHARDS;
      for (int part = 0; part < shards; part++) {
        int shard = part;
        if (!one.moments().containsKey(shard)) {
          tasks.add(
              new WantedTask<>(
                  key("collect%s-%d".formatted(suffix, one.number()), shard),
                  new Task.Collect(reference, model, activation.data(), shard, shards),
                  TaskResult.Collected.class,
                  (collected, at) -> new Collected(one.number(), shard, collected.moments(), at),
                  quarantine(one.number(), "its activations could not be measured: ")));
        }
      }
    }
    if (tasks.isEmpty()) {
      tasks.add(
          new WantedTask<>(
              key("align" + suffix, one.number()),
              new Task.Align(
                      reference,
                      model,
                      matching,
                      List.copyOf(one.moments().values()),
                      Seeds.mix(settings().seed(), one.number()),
                      false)
                  .from(one.start()),
              TaskResult.Aligned.class,
              (aligned, at) -> new Aligned(one.number(), aligned.alignment().permutations(), at),
              quarantine(one.number(), "the contribution could not be aligned: ")));
    }
    return tasks;
  }

  private List<WantedTask<?>> candidate(Candidate candidate) {
    List<Integer> members = candidate.members();
    boolean ready =
        members.stream().allMatch(one -> state.waiting(one).stage() == Waiting.Stage.READY);
    BiFunction<String, Instant, FederationJournalEvent> failed =
        (cause, at) -> new SetAside(members, "the version could not be made: " + cause, at);
    if (!ready) {
      return List.of();
    } else if (!candidate.ordered()) {
      return List.of(order(candidate, failed));
    } else if (examinesFirst(candidate)) {
      return examination(candidate);
    } else if (candidate.aggregated().isEmpty()) {
      return List.of(
          new WantedTask<>(
              key("aggregate", candidate.number()),
              making().aggregation(making().recipe(candidate, 0)),
              TaskResult.Aggregated.class,
              (made, at) ->
                  new CandidateAggregated(candidate.number(), made.model(), made.serverState(), at),
              failed));
    } else if (settings().correction().isPresent() && candidate.corrected().isEmpty()) {
      return List.of(
          new WantedTask<>(
              key("correct", candidate.number()),
              making()
                  .correction(
                      candidate.aggregated().get(),
                      making().recipe(candidate, 0).ingredients(),
                      settings().correction().get()),
              TaskResult.Merged.class,
              (corrected, at) -> new CandidateCorrected(candidate.number(), corrected.model(), at),
              failed));
    } else if (candidate.score().isEmpty()) {
      return List.of(
          new WantedTask<>(
              key("evaluate", candidate.number()),
              evaluation(candidate.model().orElseThrow()),
              TaskResult.Evaluated.class,
              (evaluated, at) -> new CandidateEvaluated(candidate.number(), evaluated.score(), at),
              failed));
    }
    return candidate.refused() ? examination(candidate) : List.of();
  }

  /** Whether each contribution is looked at by itself before they are aggregated. */
  boolean examinesFirst(Candidate candidate) {
    return !candidate.examined()
        && candidate.begun() > 1
        && candidate.parent().isPresent()
        && settings().gate().contributionMargin() < 1;
  }

  private WantedTask<?> order(
      Candidate candidate, BiFunction<String, Instant, FederationJournalEvent> failed) {
    List<ModelId> models =
        candidate.members().stream().map(one -> state.waiting(one).contribution().model()).toList();
    return new WantedTask<>(
        key("order", candidate.number()),
        new Task.AlignMany(
            models, settings().first(), Seeds.mix(settings().seed(), candidate.number())),
        TaskResult.AlignedMany.class,
        (ordered, at) ->
            new CandidateOrdered(candidate.number(), ordered.alignment().permutations(), at),
        failed);
  }

  /**
   * Each contribution by itself, as it came: a server that goes a small part of the way would show
   * little of what it is.
   */
  private List<WantedTask<?>> examination(Candidate candidate) {
    List<WantedTask<?>> tasks = new ArrayList<>();
    for (int member : candidate.members()) {
      if (candidate.aloneScore(member).isPresent()) {
        continue;
      }
      Optional<ModelId> model = candidate.aloneModel(member);
      if (model.isEmpty()) {
        tasks.add(
            new WantedTask<>(
                key("aggregate-alone-" + candidate.number(), member),
                making().alone(candidate, member),
                TaskResult.Aggregated.class,
                (made, at) -> new AloneAggregated(candidate.number(), member, made.model(), at),
                quarantine(member, "it could not be aggregated by itself: ")));
      } else {
        tasks.add(
            new WantedTask<>(
                key("evaluate-alone-" + candidate.number(), member),
                new Task.Evaluate(
                    List.of(model.get()),
                    List.of(1.0),
                    Combination.WEIGHTS,
                    settings().correction(),
                    settings().gate().data(),
                    Split.TEST),
                TaskResult.Evaluated.class,
                (evaluated, at) ->
                    new AloneEvaluated(candidate.number(), member, evaluated.score(), at),
                quarantine(member, "it could not be evaluated by itself: ")));
      }
    }
    return tasks;
  }

  private Optional<WantedTask<?>> training(Participant participant) {
    Trainee trainee = state.trainees().get(participant.name());
    if (trainee.examples().isEmpty() && trainee.failure().isEmpty()) {
      return Optional.of(
          new WantedTask<>(
              key("count-" + participant.name(), trainee.failures()),
              new Task.CountExamples(participant.data()),
              TaskResult.ExamplesCounted.class,
              (counted, at) -> new ExamplesCounted(participant.name(), counted.examples(), at),
              (cause, at) -> new ParticipantFailed(participant.name(), cause, at)));
    }
    return trainee
        .training()
        .map(training -> training(participant, training, trainee.examples().orElseThrow()));
  }

  private WantedTask<?> training(
      Participant participant, Trainee.Training training, long examples) {
    int number = training.number();
    Task.Train task =
        new Task.Train(
            participant.name(),
            settings().architecture(),
            participant.data(),
            Optional.empty(),
            participant.training().withSeed(Seeds.mix(participant.training().seed(), number)));
    Optional<ModelId> start =
        training.base().isPresent()
            ? state.lineage().find(training.base().getAsInt()).map(Version::model)
            : Optional.empty();
    return new WantedTask<>(
        key(TRAINING + participant.name(), number),
        start.<Task>map(model -> task.from(model, participant.proximal())).orElse(task),
        TaskResult.Trained.class,
        (trained, at) ->
            new Trained(
                participant.name(),
                number,
                new Contribution(
                    participant.name(),
                    training.base(),
                    examples,
                    trained.model(),
                    metrics(trained)),
                at),
        (cause, at) -> new ParticipantFailed(participant.name(), cause, at));
  }

  private static Map<String, Double> metrics(TaskResult.Trained trained) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    if (!trained.epochs().isEmpty()) {
      TaskResult.EpochReport last = trained.epochs().get(trained.epochs().size() - 1);
      metrics.put("train_loss", last.trainLoss());
      metrics.put("train_accuracy", last.trainAccuracy());
      metrics.put("test_loss", last.testLoss());
      metrics.put("test_accuracy", last.testAccuracy());
    }
    metrics.put("seconds", trained.seconds());
    return metrics;
  }

  /** What is in the buffer and in no candidate, in order. */
  List<Waiting> buffered() {
    return state.free().stream()
        .filter(one -> one.stage() == Waiting.Stage.READY)
        .sorted(Comparator.comparingInt(Waiting::number))
        .toList();
  }
}
