package org.rebasin.actors.node;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rebasin.actors.store.Labels;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.Outline;
import org.rebasin.actors.stream.StreamProtocol;
import org.rebasin.actors.wire.WireClasses;
import org.rebasin.actors.wire.WireProtocol;
import org.rebasin.actors.work.Combination;
import org.rebasin.actors.work.Correction;
import org.rebasin.actors.work.Ingredient;
import org.rebasin.actors.work.JobId;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Preparation;
import org.rebasin.actors.work.Progress;
import org.rebasin.actors.work.QueueLoad;
import org.rebasin.actors.work.Role;
import org.rebasin.actors.work.Split;
import org.rebasin.actors.work.Strategy;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskFailure;
import org.rebasin.actors.work.TaskKey;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.actors.work.WorkQueue;
import org.rebasin.actors.work.Worker;
import org.rebasin.model.aggregation.AggregationSettings;
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

/**
 * The classes that nodes send each other, by number. A number once given stays: new classes take
 * new numbers, in their package's range.
 */
public final class NodeProtocol implements WireProtocol {
  /** Called by the serializer. */
  public NodeProtocol() {}

  @Override
  public void list(WireClasses classes) {
    listModel(classes);
    listStore(classes);
    listWork(classes);
  }

  /**
   * An alignment before it told the objective of each sweep. Its {@link Alignment} had the number
   * 102, which is not used again.
   */
  record AlignedOfVersion1(
      String method,
      Permutations permutations,
      double objectiveBefore,
      double objective,
      int sweeps,
      double seconds,
      long seed,
      List<TaskResult.GroupReport> groups,
      Optional<ModelId> model) {
    TaskResult.Aligned aligned() {
      return new TaskResult.Aligned(
          new Alignment(method, permutations, objectiveBefore, objective, sweeps, seconds, seed),
          groups,
          model);
    }
  }

  /** The merge of some models, of which only the strategy was told. */
  record MergeOfVersion1(List<Task.Member> members, List<Double> weights, Strategy strategy) {
    Task.Merge merge() {
      return new Task.Merge(members, weights, Map.of("strategy", strategy.text()));
    }
  }

  /** 100 to 199: values of the model module. */
  private static void listModel(WireClasses classes) {
    classes
        .add(100, Permutation.class, int[].class, Permutation::toArray, Permutation::of)
        .add(101, Permutations.class)
        .add(103, ManyAlignment.class)
        .add(104, Score.class)
        .add(105, Calibration.class)
        .add(106, Calibration.Bin.class)
        .add(107, Evaluation.class)
        .add(108, TrainingSettings.class)
        .add(109, Optimizer.Kind.class)
        .add(110, Schedule.Decay.class)
        .add(111, AggregationSettings.class)
        .add(112, AggregationSettings.Rule.class)
        .add(113, AggregationSettings.ServerOptimizer.class)
        .add(150, Alignment.class);
  }

  /** 200 to 299: models and their streams. */
  private static void listStore(WireClasses classes) {
    classes
        .add(200, ModelId.class)
        .add(201, Labels.class)
        .add(202, Outline.class)
        .add(203, Outline.Part.class);
    new StreamProtocol().list(classes);
  }

  /** 300 to 399: work. */
  private static void listWork(WireClasses classes) {
    classes
        .add(300, Role.class)
        .add(301, Progress.class)
        .add(302, TaskFailure.class)
        .add(303, Preparation.class)
        .add(304, Strategy.class)
        .add(305, Correction.class)
        .add(306, Correction.Kind.class)
        .add(307, Matching.Weight.class)
        .add(308, Matching.Activation.class)
        .add(309, Matching.StraightThrough.class)
        .add(310, Task.Train.class)
        .add(311, Task.Collect.class)
        .add(312, Task.Align.class)
        .add(313, Task.AlignMany.class)
        .addFormer(314, MergeOfVersion1.class, MergeOfVersion1::merge)
        .add(315, Task.Correct.class)
        .add(316, Task.Evaluate.class)
        .add(317, Task.Member.class)
        .add(318, Combination.class)
        .add(319, Split.class)
        .add(320, JobId.class)
        .add(321, TaskKey.class)
        .add(322, Task.TrainFrom.class)
        .add(323, Task.AlignFrom.class)
        .add(327, Task.CountExamples.class)
        .add(324, Task.Screen.class)
        .add(325, Task.Aggregate.class)
        .add(326, Ingredient.class)
        .add(330, TaskResult.Trained.class)
        .add(331, TaskResult.Collected.class)
        .add(332, TaskResult.AlignedMany.class)
        .addFormer(333, AlignedOfVersion1.class, AlignedOfVersion1::aligned)
        .add(334, TaskResult.Merged.class)
        .add(335, TaskResult.Evaluated.class)
        .add(336, TaskResult.EpochReport.class)
        .add(337, TaskResult.GroupReport.class)
        .add(338, TaskResult.Screened.class)
        .add(339, TaskResult.Aggregated.class)
        .add(350, TaskResult.ExamplesCounted.class)
        .add(340, WorkQueue.Submit.class)
        .add(341, WorkQueue.Withdraw.class)
        .add(342, WorkQueue.Pull.class)
        .add(343, WorkQueue.Holding.class)
        .add(344, WorkQueue.Progressed.class)
        .add(345, WorkQueue.Completed.class)
        .add(346, WorkQueue.Failed.class)
        .add(347, WorkQueue.HandedBack.class)
        .add(348, WorkQueue.Done.class)
        .add(349, WorkQueue.GivenUp.class)
        .add(360, Worker.Assigned.class)
        .add(361, Worker.Acknowledged.class)
        .add(370, Task.CollectApart.class)
        .add(371, Task.Match.class)
        .add(372, Task.Placed.class)
        .add(373, TaskResult.Matched.class)
        .add(374, WorkQueue.Stationed.class)
        .add(375, WorkQueue.Measure.class)
        .add(376, QueueLoad.class)
        .add(377, QueueLoad.Waiting.class)
        .add(378, QueueLoad.Workers.class)
        .add(380, TaskResult.Aligned.class)
        .add(381, Task.Merge.class);
  }
}
