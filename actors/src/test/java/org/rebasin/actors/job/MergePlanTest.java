package org.rebasin.actors.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.Outline;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Split;
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
                    new MergeRequest.EvaluationPlan("digits", true, 0, Set.of(Split.TEST)))
                : Optional.empty()));
  }

  private static TaskResult result(Task submitted, int index) {
    Task task = submitted.itself();
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

  private static MergeRequest.Private secret(int number, String home, boolean outlined) {
    return new MergeRequest.Private(
        model(number),
        home,
        home + ":2551",
        outlined ? Optional.of(new Outline(1, "mlp:2-1", Map.of(), List.of())) : Optional.empty());
  }

  private static MergeRequest request(
      Matching matching, boolean merge, boolean keep, MergeRequest.Source... models) {
    return new MergeRequest(
        List.of(models),
        Optional.of(new MergeRequest.AlignmentPlan(Strategy.TO_REFERENCE, matching, 5, keep)),
        merge
            ? Optional.of(Collections.nCopies(models.length, 1.0 / models.length))
            : Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  @Test
  void modelsThatNeverMeetAreMatchedByTheirActivations() {
    MergePlan plan =
        new MergePlan(
            request(ACTIVATION, false, false, secret(1, "north", true), secret(2, "south", false)));
    assertEquals(Optional.empty(), new Privacy(plan.request()).refusal());
    List<Task> collections = plan.tasks(MergePhase.COLLECT, TaskResults.NONE);
    assertEquals(Matching.Activation.SHARDS, collections.size());
    for (Task task : collections) {
      assertTrue(task.itself() instanceof Task.CollectApart, task.toString());
      assertTrue(task.inputs().isEmpty(), "nothing is brought to the worker");
      assertTrue(task.mayBeDone(Optional.of("east"), home -> true));
      assertFalse(task.mayBeDone(Optional.of("south"), "south"::equals), "north is away");
    }
    TaskResults results = TaskResults.NONE;
    for (int i = 0; i < Matching.Activation.SHARDS; i++) {
      results = results.with(MergePhase.COLLECT, i, new TaskResult.Collected(model(100 + i)));
    }
    Task match = plan.tasks(MergePhase.ALIGN, results).get(0);
    assertTrue(match instanceof Task.Match, match.toString());
    assertEquals(List.of(model(100), model(101), model(102), model(103)), match.inputs());
    TaskResult.Matched matched =
        new TaskResult.Matched((TaskResult.Aligned) result(anAlignment(), 0), 1, 2);
    assertTrue(MergePlan.fits(match, matched));
    TaskResults all = results.with(MergePhase.ALIGN, 0, matched);
    assertTrue(plan.step(all).isEmpty());
    assertEquals(List.of(matched.aligned()), plan.outcome(all).alignments());
    assertEquals(Map.of(0, matched), plan.outcome(all).matched());
  }

  private static Task anAlignment() {
    return new Task.Align(model(1), model(2), ACTIVATION, List.of(), 0, false);
  }

  @Test
  void whatReadsAPrivateModelIsDoneAtItsHomeAndNothingElseIs() {
    MergePlan plan =
        new MergePlan(
            request(
                ACTIVATION,
                true,
                false,
                new MergeRequest.Stored(model(1)),
                secret(2, "south", false),
                new MergeRequest.Stored(model(3))));
    assertEquals(Optional.empty(), new Privacy(plan.request()).refusal());
    TaskResults results = run(plan, false);
    for (MergePhase phase : List.of(MergePhase.COLLECT, MergePhase.ALIGN, MergePhase.MERGE)) {
      for (Task task : plan.tasks(phase, results)) {
        boolean secret = task.inputs().contains(model(2));
        assertEquals(!secret, task.mayBeDone(Optional.of("north"), home -> true), task.toString());
        assertTrue(task.mayBeDone(Optional.of("south"), home -> true), task.toString());
      }
    }
  }

  @Test
  void modelsOfSeveralNodesMayEachBeComparedWithAPublicOne() {
    MergeRequest request =
        request(
            new Matching.Weight(0),
            false,
            false,
            new MergeRequest.Stored(model(1)),
            secret(2, "south", false),
            secret(3, "north", false));
    assertEquals(Optional.empty(), new Privacy(request).refusal());
    List<Task> tasks = new MergePlan(request).tasks(MergePhase.ALIGN, TaskResults.NONE);
    assertTrue(tasks.get(0).mayBeDone(Optional.of("south"), home -> true));
    assertFalse(tasks.get(0).mayBeDone(Optional.of("north"), home -> true));
    assertTrue(tasks.get(1).mayBeDone(Optional.of("north"), home -> true));
  }

  @Test
  void whatTakesWeightsOfTwoNodesIsRefusedByName() {
    MergeRequest.Source first = secret(1, "north", true);
    MergeRequest.Source second = secret(2, "south", false);
    for (MergeRequest request :
        List.of(
            request(ACTIVATION, true, false, first, second),
            request(ACTIVATION, false, true, first, second),
            request(new Matching.Weight(0), false, false, first, second),
            request(ACTIVATION, true, false, new MergeRequest.Stored(model(3)), first, second))) {
      String refusal = new Privacy(request).refusal().orElseThrow();
      assertTrue(refusal.contains(model(1) + " on north:2551"), refusal);
      assertTrue(refusal.contains(model(2) + " on south:2551"), refusal);
    }
  }
}
