package org.rebasin.actors.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Strategy;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.model.alignment.Alignment;
import org.rebasin.model.evaluation.Calibration;
import org.rebasin.model.evaluation.Evaluation;
import org.rebasin.model.evaluation.Score;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.Permutations;

/** The plan by itself, without actors. */
class MergePlanTest {
  private static final Matching ACTIVATION = new Matching.Activation(false, "digits");

  private static ModelId model(int number) {
    return new ModelId("%064x".formatted(number));
  }

  private static MergePlan plan(Optional<Matching> matching, boolean evaluated) {
    return new MergePlan(
        new MergeRequest(
            List.of(new MergeRequest.Stored(model(1)), new MergeRequest.Stored(model(2))),
            matching.map(
                how -> new MergeRequest.AlignmentPlan(Strategy.TO_REFERENCE, how, 5, false)),
            Optional.of(List.of(0.5, 0.5)),
            Optional.empty(),
            evaluated
                ? Optional.of(
                    new MergeRequest.EvaluationPlan("digits", true, 0, Set.of(Task.Split.TEST)))
                : Optional.empty()));
  }

  private static TaskResult result(Task task, int index) {
    if (task instanceof Task.Collect) {
      return new TaskResult.Collected(model(100 + index));
    } else if (task instanceof Task.Align) {
      Permutations identity = new Permutations(List.of(Permutation.identity(3)));
      return new TaskResult.Aligned(
          new Alignment("activation", identity, 0, 1, 1, 0, 5), List.of(), Optional.empty());
    } else if (task instanceof Task.Evaluate) {
      return new TaskResult.Evaluated(
          new Evaluation(new Score(1, index, 100), Calibration.none(10)));
    }
    return new TaskResult.Merged(model(200));
  }

  /** Does all tasks, those of a phase in the given direction. */
  private static TaskResults run(MergePlan plan, boolean backwards) {
    TaskResults results = TaskResults.NONE;
    for (var step = plan.step(results); step.isPresent(); step = plan.step(results)) {
      List<Task> tasks = step.get().tasks();
      for (int i = 0; i < tasks.size(); i++) {
        int index = backwards ? tasks.size() - 1 - i : i;
        assertEquals(step, plan.step(results), "a phase stays the same until its last result");
        results = results.with(step.get().phase(), index, result(tasks.get(index), index));
      }
    }
    return results;
  }

  @Test
  void phasesComeInOrderAndOnlyWhereTheyHaveTasks() {
    MergePlan plan = plan(Optional.of(ACTIVATION), true);
    assertEquals(MergePhase.COLLECT, plan.step(TaskResults.NONE).orElseThrow().phase());
    assertEquals(
        Set.of(MergePhase.COLLECT, MergePhase.ALIGN, MergePhase.MERGE, MergePhase.EVALUATE),
        run(plan, false).byPhase().keySet());
    assertEquals(
        MergePhase.MERGE,
        plan(Optional.empty(), false).step(TaskResults.NONE).orElseThrow().phase());
  }

  @Test
  void outcomeIsTheSameInWhateverOrderResultsCome() {
    MergePlan plan = plan(Optional.of(ACTIVATION), true);
    assertEquals(plan.outcome(run(plan, false)), plan.outcome(run(plan, true)));
  }

  @Test
  void resultsFitTheirTasksAndNoOthers() {
    MergePlan plan = plan(Optional.of(ACTIVATION), true);
    for (Map.Entry<MergePhase, Map<Integer, TaskResult>> phase :
        run(plan, false).byPhase().entrySet()) {
      Task task = plan.tasks(phase.getKey(), run(plan, false)).get(0);
      assertTrue(MergePlan.fits(task, phase.getValue().get(0)), phase.toString());
      assertFalse(
          MergePlan.fits(task, new TaskResult.Trained(model(1), List.of(), List.of(), 0)),
          phase.toString());
    }
  }

  @Test
  void resultsThatAreThereAreNotReplacedByLaterPhases() {
    TaskResults results = run(plan(Optional.of(ACTIVATION), true), false);
    assertEquals(Matching.Activation.SHARDS, results.count(MergePhase.COLLECT));
    assertEquals(
        List.of(model(100), model(101), model(102), model(103), model(200)),
        results.products().sorted((a, b) -> a.sha256().compareTo(b.sha256())).toList());
  }
}
