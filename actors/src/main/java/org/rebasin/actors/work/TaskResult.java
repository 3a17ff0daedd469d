package org.rebasin.actors.work;

import java.util.List;
import java.util.Optional;
import org.rebasin.actors.store.ModelId;
import org.rebasin.model.alignment.Alignment;
import org.rebasin.model.alignment.ManyAlignment;
import org.rebasin.model.evaluation.Evaluation;
import org.rebasin.model.evaluation.Score;

/** What a task came to. */
public sealed interface TaskResult {
  /**
   * A trained model.
   *
   * @param snapshots the model after each epoch, if they were wanted
   */
  record Trained(ModelId model, List<EpochReport> epochs, List<ModelId> snapshots, double seconds)
      implements TaskResult {}

  /** What a part of the data tells of two models' units, stored as tensors. */
  record Collected(ModelId moments) implements TaskResult {}

  /** Permutations of many models into a common order. */
  record AlignedMany(ManyAlignment alignment) implements TaskResult {}

  /** An alignment, and the aligned model if it was asked for. */
  record Aligned(Alignment alignment, List<GroupReport> groups, Optional<ModelId> model)
      implements TaskResult {}

  /** A merged model. */
  record Merged(ModelId model) implements TaskResult {}

  /** An evaluation. */
  record Evaluated(Evaluation evaluation) implements TaskResult {
    /** Loss and accuracy. */
    public Score score() {
      return evaluation.score();
    }
  }

  /**
   * One epoch of training.
   *
   * @param epoch counted from 1
   * @param imagesPerSecond of the training steps, evaluation left out
   */
  record EpochReport(
      int epoch,
      double trainLoss,
      double trainAccuracy,
      double testLoss,
      double testAccuracy,
      double imagesPerSecond) {}

  /**
   * One permutation group of an alignment.
   *
   * @param moved units that take another slot than before
   */
  record GroupReport(String name, int size, int moved) {}
}
