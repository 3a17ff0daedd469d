package org.rebasin.actors.job;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.rebasin.actors.job.MergeRequest.AlignmentPlan;
import org.rebasin.actors.job.MergeRequest.EvaluationPlan;
import org.rebasin.actors.job.MergeRequest.ToTrain;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.Outline;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Strategy;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.model.permutation.Permutations;

/**
 * Which tasks a merge takes, and what their results come to: a function of the request and of what
 * has come back, and of nothing else, so that a job that is read from its journal goes on where it
 * was.
 */
record MergePlan(MergeRequest request) {
  /**
   * What a job is at.
   *
   * @param tasks all of the phase, at least one, done or not
   */
  record Step(MergePhase phase, List<Task> tasks) {}

  /** The first phase of which tasks are missing; empty when all is done. */
  Optional<Step> step(TaskResults results) {
    for (MergePhase phase : MergePhase.values()) {
      List<Task> tasks = tasks(phase, results);
      if (results.count(phase) < tasks.size()) {
        return Optional.of(new Step(phase, tasks));
      }
    }
    return Optional.empty();
  }

  /** The tasks of a phase, given the results of all phases before it. */
  List<Task> tasks(MergePhase phase, TaskResults results) {
    return switch (phase) {
      case TRAIN -> trainings();
      case COLLECT -> placed(collections(results));
      case ALIGN -> placed(alignments(results));
      case MERGE -> placed(merge(results));
      case CORRECT -> placed(correction(results));
      case EVALUATE -> placed(evaluations(results).tasks());
    };
  }

  private List<Task> placed(List<Task> tasks) {
    Privacy privacy = new Privacy(request);
    return tasks.stream().map(privacy::placed).toList();
  }

  /** Whether a result is of the kind that a task has. */
  static boolean fits(Task submitted, TaskResult result) {
    Task task = submitted.itself();
    Class<? extends TaskResult> expected;
    if (task instanceof Task.Train || task instanceof Task.TrainFrom) {
      expected = TaskResult.Trained.class;
    } else if (task instanceof Task.Collect || task instanceof Task.CollectApart) {
      expected = TaskResult.Collected.class;
    } else if (task instanceof Task.Align || task instanceof Task.AlignFrom) {
      expected = TaskResult.Aligned.class;
    } else if (task instanceof Task.Match) {
      expected = TaskResult.Matched.class;
    } else if (task instanceof Task.AlignMany) {
      expected = TaskResult.AlignedMany.class;
    } else if (task instanceof Task.Evaluate) {
      expected = TaskResult.Evaluated.class;
    } else if (task instanceof Task.Screen) {
      expected = TaskResult.Screened.class;
    } else if (task instanceof Task.Aggregate) {
      expected = TaskResult.Aggregated.class;
    } else if (task instanceof Task.CountExamples) {
      expected = TaskResult.ExamplesCounted.class;
    } else {
      expected = TaskResult.Merged.class;
    }
    return expected.isInstance(result);
  }

  /** What a job came to whose tasks are all done. */
  MergeOutcome outcome(TaskResults results) {
    List<TaskResult.Evaluated> evaluated =
        results.of(MergePhase.EVALUATE, TaskResult.Evaluated.class);
    return new MergeOutcome(
        models(results),
        trained(results),
        aligned(results),
        matched(results),
        common(results),
        merged(results),
        evaluations(results).controls(evaluated),
        evaluations(results).curves(evaluated));
  }

  private List<Task> trainings() {
    return request.models().stream()
        .filter(ToTrain.class::isInstance)
        .map(source -> (Task) ((ToTrain) source).task())
        .toList();
  }

  private static List<TaskResult.Trained> trained(TaskResults results) {
    return results.of(MergePhase.TRAIN, TaskResult.Trained.class);
  }

  private List<ModelId> models(TaskResults results) {
    List<TaskResult.Trained> trained = trained(results);
    List<ModelId> all = new ArrayList<>();
    int next = 0;
    for (MergeRequest.Source source : request.models()) {
      all.add(source.stored().isPresent() ? source.stored().get() : trained.get(next++).model());
    }
    return List.copyOf(all);
  }

  private Strategy strategy() {
    return request.alignment().map(AlignmentPlan::strategy).orElse(Strategy.TO_REFERENCE);
  }

  private List<Task> collections(TaskResults results) {
    List<Task> tasks = new ArrayList<>();
    if (request.alignment().isPresent()
        && request.alignment().get().matching() instanceof Matching.Activation activation) {
      List<ModelId> models = models(results);
      Privacy privacy = new Privacy(request);
      for (int i = 1; i < models.size(); i++) {
        Optional<Outline> apart = privacy.outlineApart(i);
        for (int shard = 0; shard < Matching.Activation.SHARDS; shard++) {
          Task.Collect collect =
              new Task.Collect(
                  models.get(0),
                  models.get(i),
                  activation.data(),
                  shard,
                  Matching.Activation.SHARDS);
          tasks.add(
              apart.<Task>map(outline -> new Task.CollectApart(collect, outline)).orElse(collect));
        }
      }
    }
    return tasks;
  }

  private List<Task> alignments(TaskResults results) {
    if (request.alignment().isEmpty()) {
      return List.of();
    }
    AlignmentPlan plan = request.alignment().get();
    List<ModelId> models = models(results);
    if (plan.strategy() != Strategy.TO_REFERENCE) {
      return List.of(new Task.AlignMany(models, plan.strategy(), plan.seed()));
    }
    List<ModelId> moments =
        results.of(MergePhase.COLLECT, TaskResult.Collected.class).stream()
            .map(TaskResult.Collected::moments)
            .toList();
    int others = models.size() - 1;
    int shards = moments.size() / others;
    return IntStream.range(0, others)
        .mapToObj(
            i -> alignment(plan, models, i + 1, moments.subList(i * shards, (i + 1) * shards)))
        .toList();
  }

  private Task alignment(AlignmentPlan plan, List<ModelId> models, int i, List<ModelId> moments) {
    ModelId reference = models.get(0);
    ModelId model = models.get(i);
    return new Privacy(request)
        .outlineApart(i)
        .<Task>map(
            outline ->
                new Task.Match(
                    reference, model, outline, (Matching.Activation) plan.matching(), moments))
        .orElseGet(
            () ->
                new Task.Align(
                    reference,
                    model,
                    plan.matching(),
                    moments,
                    plan.seed(),
                    plan.keepModels() || i == 1 && hasCurve()));
  }

  private boolean hasCurve() {
    return request.evaluation().map(EvaluationPlan::curvePoints).orElse(0) > 0;
  }

  private List<TaskResult.Aligned> aligned(TaskResults results) {
    return strategy() == Strategy.TO_REFERENCE
        ? results.of(MergePhase.ALIGN, TaskResult.class).stream()
            .map(
                result ->
                    result instanceof TaskResult.Matched matched
                        ? matched.aligned()
                        : (TaskResult.Aligned) result)
            .toList()
        : List.of();
  }

  private static Map<Integer, TaskResult.Matched> matched(TaskResults results) {
    List<TaskResult> all = results.of(MergePhase.ALIGN, TaskResult.class);
    Map<Integer, TaskResult.Matched> matched = new TreeMap<>();
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i) instanceof TaskResult.Matched found) {
        matched.put(i, found);
      }
    }
    return matched;
  }

  private Optional<TaskResult.AlignedMany> common(TaskResults results) {
    return strategy() == Strategy.TO_REFERENCE
        ? Optional.empty()
        : results.of(MergePhase.ALIGN, TaskResult.AlignedMany.class).stream().findFirst();
  }

  private List<Task> merge(TaskResults results) {
    return request
        .merge()
        .map(
            weights ->
                (Task)
                    new Task.Merge(
                        members(results),
                        weights,
                        request
                            .alignment()
                            .map(AlignmentPlan::settings)
                            .orElseGet(() -> Map.of("method", "none"))))
        .map(List::of)
        .orElse(List.of());
  }

  /** The models with what brings them into the common order. */
  private List<Task.Member> members(TaskResults results) {
    List<ModelId> models = models(results);
    List<TaskResult.Aligned> aligned = aligned(results);
    Optional<TaskResult.AlignedMany> common = common(results);
    return IntStream.range(0, models.size())
        .mapToObj(i -> new Task.Member(models.get(i), permutations(i, aligned, common)))
        .toList();
  }

  private static Optional<Permutations> permutations(
      int model, List<TaskResult.Aligned> aligned, Optional<TaskResult.AlignedMany> common) {
    if (common.isPresent()) {
      return Optional.of(common.get().alignment().permutations().get(model));
    }
    return model == 0 || aligned.isEmpty()
        ? Optional.empty()
        : Optional.of(aligned.get(model - 1).alignment().permutations());
  }

  private List<Task> correction(TaskResults results) {
    if (request.merge().isEmpty() || request.correction().isEmpty()) {
      return List.of();
    }
    return results.of(MergePhase.MERGE, TaskResult.Merged.class).stream()
        .map(
            merged ->
                (Task)
                    new Task.Correct(
                        merged.model(),
                        members(results),
                        request.merge().get(),
                        request.correction().get()))
        .toList();
  }

  /** The corrected model, or the merged one as it is. */
  private static Optional<ModelId> merged(TaskResults results) {
    MergePhase last = results.count(MergePhase.CORRECT) > 0 ? MergePhase.CORRECT : MergePhase.MERGE;
    return results.of(last, TaskResult.Merged.class).stream()
        .findFirst()
        .map(TaskResult.Merged::model);
  }

  private Evaluations evaluations(TaskResults results) {
    return new Evaluations(
        request,
        models(results),
        aligned(results).stream().findFirst().flatMap(TaskResult.Aligned::model),
        merged(results));
  }
}
