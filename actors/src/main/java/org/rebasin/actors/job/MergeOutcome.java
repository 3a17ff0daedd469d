package org.rebasin.actors.job;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Split;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.actors.work.TaskResult.Evaluated;
import org.rebasin.model.evaluation.LossBarrier;
import org.rebasin.model.evaluation.Score;

/**
 * What a merge job came to.
 *
 * @param models all models, trained ones included, in the request's order
 * @param trained reports of those that were trained, in order
 * @param alignments of all models but the first to it, in order; empty if none was asked for
 * @param matched those of them that were found without weights, by their place, counted from 0
 * @param common the alignment of all models to a common order, if that was asked for
 * @param merged the merged model, if asked for
 * @param controls the evaluation of merged model, parents, naive average and ensemble, if asked for
 * @param curves the curves that were asked for, by split
 */
public record MergeOutcome(
    List<ModelId> models,
    List<TaskResult.Trained> trained,
    List<TaskResult.Aligned> alignments,
    Map<Integer, TaskResult.Matched> matched,
    Optional<TaskResult.AlignedMany> common,
    Optional<ModelId> merged,
    Optional<Controls> controls,
    Map<CurveKind, Map<Split, Curve>> curves) {

  /** What lies between the two ends of a curve. */
  public enum CurveKind {
    /** The models as they are. */
    NAIVE,
    /** The first model and the second, aligned. */
    ALIGNED,
    /** The models as they are, corrected at each point: what a correction does by itself. */
    NAIVE_CORRECTED,
    /** The first model and the second, aligned, corrected at each point. */
    CORRECTED;

    /** The name in documents. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** A curve by split; empty if it was not asked for. */
  public Map<Split, Curve> curve(CurveKind kind) {
    return curves.getOrDefault(kind, Map.of());
  }

  /**
   * How the merged model compares, on the test images.
   *
   * @param merged the merged model, if there is one
   * @param parents each model by itself
   * @param naive the average without alignment
   * @param ensemble the mean of the models' logits
   */
  public record Controls(
      Optional<Evaluated> merged, List<Evaluated> parents, Evaluated naive, Evaluated ensemble) {}

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
