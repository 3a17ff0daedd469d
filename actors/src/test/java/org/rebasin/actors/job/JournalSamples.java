package org.rebasin.actors.job;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.Outline;
import org.rebasin.actors.work.Correction;
import org.rebasin.actors.work.JobId;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Preparation;
import org.rebasin.actors.work.Split;
import org.rebasin.actors.work.Strategy;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskFailure;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.model.alignment.Alignment;
import org.rebasin.model.alignment.ManyAlignment;
import org.rebasin.model.evaluation.Calibration;
import org.rebasin.model.evaluation.Evaluation;
import org.rebasin.model.evaluation.Score;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.training.Optimizer;
import org.rebasin.model.training.Schedule;
import org.rebasin.model.training.TrainingSettings;

/** One of everything that journals hold, by the name of its file. */
final class JournalSamples {
  private static final JobId JOB = new JobId("01JDHX3T6ZABCDEFGHJKMNPQRS");
  private static final Instant AT = Instant.parse("2026-11-25T07:08:09.123456Z");
  private static final Permutations PERMUTATIONS =
      new Permutations(List.of(Permutation.of(2, 0, 1), Permutation.of(0, 1)));

  private JournalSamples() {}

  static Map<String, JournalEvent> jobEvents() {
    Map<String, JournalEvent> events = new LinkedHashMap<>();
    events.put("requested", new JournalEvent.Requested(JOB, trainAndActivation(), options(), AT));
    events.put(
        "requested-weight",
        new JournalEvent.Requested(
            JOB, stored(Strategy.MERGE_MANY, new Matching.Weight(3)), JobOptions.DEFAULT, AT));
    events.put(
        "requested-straight-through",
        new JournalEvent.Requested(
            JOB,
            stored(
                Strategy.TO_REFERENCE, new Matching.StraightThrough("mnist:data", 2, 100, 0.125)),
            JobOptions.DEFAULT,
            AT));
    events.put(
        "requested-private",
        new JournalEvent.Requested(
            JOB,
            new MergeRequest(
                List.of(
                    new MergeRequest.Private(
                        model(1),
                        "0b54",
                        "192.0.2.1:2551",
                        Optional.of(
                            new Outline(
                                1024,
                                "mlp:2-1",
                                Map.of("normalization", "mnist"),
                                List.of(
                                    new Outline.Part(
                                        "fc1.weight", "F32", List.of(1L, 2L), true))))),
                    new MergeRequest.Private(model(2), "77aa", "192.0.2.2:2551", Optional.empty())),
                Optional.of(
                    new MergeRequest.AlignmentPlan(
                        Strategy.TO_REFERENCE, new Matching.Activation(false, "mnist"), 5, false)),
                Optional.empty(),
                Optional.empty(),
                Optional.empty()),
            JobOptions.DEFAULT,
            AT));
    TaskResult trained =
        new TaskResult.Trained(
            model(1),
            List.of(new TaskResult.EpochReport(1, 0.5, 0.75, 0.625, 0.5, 1e4)),
            List.of(model(2)),
            1.5);
    events.put("task-completed-trained", completed(MergePhase.TRAIN, trained));
    events.put(
        "task-completed-collected",
        completed(MergePhase.COLLECT, new TaskResult.Collected(model(3))));
    events.put(
        "task-completed-aligned",
        completed(
            MergePhase.ALIGN,
            new TaskResult.Aligned(
                new Alignment("weight", PERMUTATIONS, 1.25, 2.5, 4, 0.01, 7),
                List.of(new TaskResult.GroupReport("fc1", 3, 3)),
                Optional.of(model(4)))));
    events.put(
        "task-completed-matched",
        completed(
            MergePhase.ALIGN,
            new TaskResult.Matched(
                new TaskResult.Aligned(
                    new Alignment("activation", PERMUTATIONS, Double.NaN, Double.NaN, 1, 0.01, 0),
                    List.of(new TaskResult.GroupReport("fc1", 3, 3)),
                    Optional.empty()),
                1.25,
                2.5)));
    events.put(
        "task-completed-aligned-by-sweeps",
        completed(
            MergePhase.ALIGN,
            new TaskResult.Aligned(
                new Alignment("weight", PERMUTATIONS, 1.25, 2.5, 2, 0.01, 7, List.of(2.0, 2.5)),
                List.of(new TaskResult.GroupReport("fc1", 3, 3)),
                Optional.of(model(4)))));
    events.put(
        "task-completed-aligned-many",
        completed(
            MergePhase.ALIGN,
            new TaskResult.AlignedMany(
                new ManyAlignment(
                    "merge-many",
                    List.of(PERMUTATIONS, PERMUTATIONS),
                    1.25,
                    2.5,
                    List.of(2.0, 2.5),
                    2,
                    0.01,
                    7))));
    events.put(
        "task-completed-merged", completed(MergePhase.MERGE, new TaskResult.Merged(model(5))));
    events.put(
        "task-completed-evaluated",
        completed(
            MergePhase.EVALUATE,
            new TaskResult.Evaluated(
                new Evaluation(
                    new Score(12.5, 90, 100),
                    new Calibration(List.of(new Calibration.Bin(100, 91.5, 90)))))));
    events.put(
        "task-completed-screened",
        completed(
            MergePhase.EVALUATE,
            new TaskResult.Screened(Optional.of("fc2.bias holds NaN at 17"), 0, 21.5)));
    events.put(
        "task-completed-aggregated",
        completed(MergePhase.MERGE, new TaskResult.Aggregated(model(6), Optional.of(model(7)))));
    events.put(
        "task-completed-examples-counted",
        completed(MergePhase.TRAIN, new TaskResult.ExamplesCounted(60000)));
    events.put(
        "task-given-up",
        new JournalEvent.TaskGivenUp(
            MergePhase.MERGE, 0, new TaskFailure(true, "shapes differ", List.of("a", "b")), AT));
    events.put("deadline-passed", new JournalEvent.DeadlinePassed(AT));
    events.put("cancelled", new JournalEvent.Cancelled(AT));
    events.put("retried", new JournalEvent.Retried(AT));
    events.put("completed", new JournalEvent.Completed(AT));
    events.put("forgotten", new JournalEvent.Forgotten(AT));
    return events;
  }

  static Map<String, JobIndex.Event> indexEvents() {
    Map<String, JobIndex.Event> events = new LinkedHashMap<>();
    events.put("job-added", new JobIndex.JobAdded(JOB, trainAndActivation(), options(), AT));
    events.put("job-started", new JobIndex.JobStarted(JOB));
    events.put(
        "job-changed",
        new JobIndex.JobChanged(JOB, JobStatus.SUCCEEDED, Optional.of(AT), Set.of(model(5))));
    events.put("job-forgotten", new JobIndex.JobForgotten(JOB));
    return events;
  }

  /** The state that a job's events come to. */
  static JobState jobState() {
    JobState state = new JobState.Absent();
    for (String name :
        List.of("requested", "task-completed-trained", "task-completed-collected", "cancelled")) {
      state = state.after(jobEvents().get(name));
    }
    return state;
  }

  static JobIndexState.Snapshot indexState() {
    JobIndexState state = new JobIndexState();
    return state.apply(indexEvents().get("job-added")).snapshot();
  }

  private static JournalEvent completed(MergePhase phase, TaskResult result) {
    return new JournalEvent.TaskCompleted(phase, 0, 2, result, AT);
  }

  private static MergeRequest trainAndActivation() {
    TrainingSettings settings =
        new TrainingSettings(
            3, 100, Optimizer.Kind.ADAMW, 1e-3, 0.01, 0.5, Schedule.Decay.COSINE, 42);
    return new MergeRequest(
        List.of(
            new MergeRequest.ToTrain(
                new Task.Train(
                    "model 1",
                    "mlp:784-16-10",
                    "digits",
                    Optional.of(600),
                    settings,
                    Preparation.NONE,
                    true)),
            new MergeRequest.Stored(model(9))),
        Optional.of(
            new MergeRequest.AlignmentPlan(
                Strategy.TO_REFERENCE, new Matching.Activation(true, "digits"), 5, true)),
        Optional.of(List.of(0.25, 0.75)),
        Optional.of(new Correction(Correction.Kind.REPAIR, "digits", 100)),
        Optional.of(
            new MergeRequest.EvaluationPlan(
                "digits", true, 25, Set.of(Split.TEST), Set.of(MergeOutcome.CurveKind.NAIVE))));
  }

  private static MergeRequest stored(Strategy strategy, Matching matching) {
    return new MergeRequest(
        List.of(new MergeRequest.Stored(model(1)), new MergeRequest.Stored(model(2))),
        Optional.of(new MergeRequest.AlignmentPlan(strategy, matching, 5, false)),
        Optional.of(List.of(0.5, 0.5)),
        Optional.empty(),
        Optional.empty());
  }

  private static JobOptions options() {
    return new JobOptions(3, Optional.of(Duration.ofHours(2)), Optional.of("key"), "nightly");
  }

  private static ModelId model(int number) {
    return new ModelId("%064x".formatted(number));
  }
}
