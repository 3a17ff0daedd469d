package org.rebasin.actors.job;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Task;

/**
 * What a merge job is to do.
 *
 * @param models where the models come from; the first is the reference
 * @param alignment how all others are aligned to it; empty leaves them as they are
 * @param merge whether to average them, and how much each counts, summing to 1
 * @param evaluation what is to be evaluated, if anything
 */
public record MergeRequest(
    List<Source> models,
    Optional<AlignmentPlan> alignment,
    Optional<List<Double>> merge,
    Optional<EvaluationPlan> evaluation) {

  /** Checks that the parts fit. */
  public MergeRequest {
    models = List.copyOf(models);
    if (models.size() < 2) {
      throw new IllegalArgumentException("expected at least two models, found " + models.size());
    }
    merge = merge.map(List::copyOf);
    if (merge.isPresent() && merge.get().size() != models.size()) {
      throw new IllegalArgumentException(
          "expected a weight for each of %d models, found %d"
              .formatted(models.size(), merge.get().size()));
    }
  }

  /** Where a model comes from. */
  public sealed interface Source {}

  /** A model of the store. */
  public record Stored(ModelId id) implements Source {}

  /** A model to be trained first. */
  public record ToTrain(Task.Train task) implements Source {}

  /**
   * How models are aligned.
   *
   * @param restarts descents in random order, besides the greedy ones
   * @param keepModels whether the aligned models themselves are wanted
   */
  public record AlignmentPlan(Task.Method method, long seed, int restarts, boolean keepModels) {}

  /**
   * What is evaluated.
   *
   * @param data the data set's text
   * @param controls whether to evaluate the merged model, each parent, the naive average and the
   *     ensemble on the test images
   * @param curvePoints points of the curve between the first two models, naive and aligned; 0 for
   *     none
   * @param curveSplits the parts of the data set for the curve
   */
  public record EvaluationPlan(
      String data, boolean controls, int curvePoints, Set<Task.Split> curveSplits) {
    /** Copies the set. */
    public EvaluationPlan {
      curveSplits = Set.copyOf(curveSplits);
    }
  }
}
