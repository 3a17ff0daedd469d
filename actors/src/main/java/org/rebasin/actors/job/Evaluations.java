package org.rebasin.actors.job;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.rebasin.actors.job.MergeOutcome.Controls;
import org.rebasin.actors.job.MergeOutcome.Curve;
import org.rebasin.actors.job.MergeOutcome.CurveKind;
import org.rebasin.actors.job.MergeRequest.EvaluationPlan;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Combination;
import org.rebasin.actors.work.Correction;
import org.rebasin.actors.work.Split;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.actors.work.TaskResult.Evaluated;
import org.rebasin.model.evaluation.Score;
import org.rebasin.model.merge.Interpolation;

/**
 * The evaluations of a job: which tasks they are, and what the tasks' results mean.
 *
 * @param request what was asked for
 * @param models all models, the reference first
 * @param aligned the second model in the order of the first, if there is one
 * @param merged the merged model, if there is one
 */
record Evaluations(
    MergeRequest request,
    List<ModelId> models,
    Optional<ModelId> aligned,
    Optional<ModelId> merged) {

  /** All tasks; {@link #controls} and {@link #curves} take their results in the same order. */
  List<Task> tasks() {
    List<Task> tasks = new ArrayList<>();
    request
        .evaluation()
        .ifPresent(
            plan -> {
              tasks.addAll(controlTasks(plan));
              lines().values().forEach(line -> tasks.addAll(curveTasks(plan, line)));
            });
    return tasks;
  }

  private List<Task> controlTasks(EvaluationPlan plan) {
    List<Task> tasks = new ArrayList<>();
    if (!plan.controls()) {
      return tasks;
    }
    String data = plan.data();
    merged.ifPresent(model -> tasks.add(Task.Evaluate.one(model, data, Split.TEST)));
    models.forEach(model -> tasks.add(Task.Evaluate.one(model, data, Split.TEST)));
    for (Combination combination : List.of(Combination.WEIGHTS, Combination.LOGITS)) {
      tasks.add(
          new Task.Evaluate(models, weights(), combination, Optional.empty(), data, Split.TEST));
    }
    return tasks;
  }

  private List<Double> weights() {
    return request
        .merge()
        .orElseGet(() -> models.stream().map(model -> 1.0 / models.size()).toList());
  }

  /** What a curve ends in, and what is done at each of its points. */
  private record Line(ModelId end, Optional<Correction> correction) {}

  private Map<CurveKind, Line> lines() {
    Map<CurveKind, Line> lines = new LinkedHashMap<>();
    if (request.evaluation().map(EvaluationPlan::curvePoints).orElse(0) > 0) {
      lines.put(CurveKind.NAIVE, new Line(models.get(1), Optional.empty()));
      aligned.ifPresent(end -> lines.put(CurveKind.ALIGNED, new Line(end, Optional.empty())));
      if (request.correction().isPresent()) {
        lines.put(CurveKind.NAIVE_CORRECTED, new Line(models.get(1), request.correction()));
        aligned.ifPresent(
            end -> lines.put(CurveKind.CORRECTED, new Line(end, request.correction())));
      }
      lines.keySet().retainAll(request.evaluation().get().curveKinds());
    }
    return lines;
  }

  private List<Task> curveTasks(EvaluationPlan plan, Line line) {
    List<Task> tasks = new ArrayList<>();
    for (Split split : splits(plan)) {
      for (double lambda : Interpolation.points(plan.curvePoints())) {
        tasks.add(
            Task.Evaluate.between(
                models.get(0), line.end(), lambda, line.correction(), plan.data(), split));
      }
    }
    return tasks;
  }

  private static List<Split> splits(EvaluationPlan plan) {
    return plan.curveSplits().stream().sorted().toList();
  }

  /** The controls, if they were asked for. */
  Optional<Controls> controls(List<Evaluated> results) {
    if (!request.evaluation().map(EvaluationPlan::controls).orElse(false)) {
      return Optional.empty();
    }
    int first = merged.isPresent() ? 1 : 0;
    int last = first + models.size();
    return Optional.of(
        new Controls(
            merged.map(model -> results.get(0)),
            List.copyOf(results.subList(first, last)),
            results.get(last),
            results.get(last + 1)));
  }

  /** The curves that were asked for. */
  Map<CurveKind, Map<Split, Curve>> curves(List<Evaluated> results) {
    Map<CurveKind, Map<Split, Curve>> curves = new LinkedHashMap<>();
    if (request.evaluation().isEmpty()) {
      return curves;
    }
    EvaluationPlan plan = request.evaluation().get();
    List<Score> scores = results.stream().map(TaskResult.Evaluated::score).toList();
    int at = controlTasks(plan).size();
    for (CurveKind kind : lines().keySet()) {
      double[] points = Interpolation.points(plan.curvePoints());
      Map<Split, Curve> bySplit = new LinkedHashMap<>();
      for (Split split : splits(plan)) {
        bySplit.put(
            split,
            new Curve(
                IntStream.range(0, points.length).mapToObj(i -> points[i]).toList(),
                scores.subList(at, at + points.length)));
        at += points.length;
      }
      curves.put(kind, bySplit);
    }
    return curves;
  }
}
