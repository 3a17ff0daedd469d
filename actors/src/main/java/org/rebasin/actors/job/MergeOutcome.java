package org.rebasin.actors.job;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.model.evaluation.LossBarrier;
import org.rebasin.model.evaluation.Score;

/**
 * What a merge job came to.
 *
 * @param models all models, trained ones included, in the request's order
 * @param trained reports of those that were trained, in order
 * @param alignments of all models but the first, in order; empty if none was asked for
 * @param merged the merged model, if asked for
 * @param controls the evaluation of merged model, parents, naive average and ensemble, if asked for
 * @param naive the curve between the models as they are, by split
 * @param aligned the curve between the first model and the aligned second one, by split
 */
public record MergeOutcome(
    List<ModelId> models,
    List<TaskResult.Trained> trained,
    List<TaskResult.Aligned> alignments,
    Optional<ModelId> merged,
    Optional<Controls> controls,
    Map<Task.Split, Curve> naive,
    Map<Task.Split, Curve> aligned) {

  /**
   * How the merged model compares, on the test images.
   *
   * @param merged the merged model, if there is one
   * @param parents each model by itself
   * @param naive the average without alignment
   * @param ensemble the mean of the models' logits
   */
  public record Controls(
      Optional<Score> merged, List<Score> parents, Score naive, Score ensemble) {}

  /**
   * Loss and accuracy along a line.
   *
   * @param lambdas rising from 0 to 1
   * @param scores one for each
   */
  public record Curve(List<Double> lambdas, List<Score> scores) {
    /** Copies the lists. */
    public Curve {
      lambdas = List.copyOf(lambdas);
      scores = List.copyOf(scores);
    }

    /** The losses along the line. */
    public List<Double> losses() {
      return scores.stream().map(Score::loss).toList();
    }

    /** The accuracies along the line. */
    public List<Double> accuracies() {
      return scores.stream().map(Score::accuracy).toList();
    }

    /** How far the loss rises. */
    public LossBarrier barrier() {
      return LossBarrier.of(lambdas, losses());
    }
  }
}
