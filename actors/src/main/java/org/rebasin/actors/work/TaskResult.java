package org.rebasin.actors.work;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.rebasin.actors.store.ModelId;
import org.rebasin.model.alignment.Alignment;
import org.rebasin.model.alignment.ManyAlignment;
import org.rebasin.model.evaluation.Evaluation;
import org.rebasin.model.evaluation.Score;

/** What a task came to. */
public sealed interface TaskResult {
  /** The models that were made. */
  List<ModelId> products();

  /**
   * A trained model.
   *
   * @param snapshots the model after each epoch, if they were wanted
   */
  record Trained(ModelId model, List<EpochReport> epochs, List<ModelId> snapshots, double seconds)
      implements TaskResult {
    @Override
    public List<ModelId> products() {
      return Stream.concat(Stream.of(model), snapshots.stream()).distinct().toList();
    }
  }

  /** What a part of the data tells of two models' units, stored as tensors. */
  record Collected(ModelId moments) implements TaskResult {
    @Override
    public List<ModelId> products() {
      return List.of(moments);
    }
  }

  /** Permutations of many models into a common order. */
  record AlignedMany(ManyAlignment alignment) implements TaskResult {
    @Override
    public List<ModelId> products() {
      return List.of();
    }
  }

  /** An alignment, and the aligned model if it was asked for. */
  record Aligned(Alignment alignment, List<GroupReport> groups, Optional<ModelId> model)
      implements TaskResult {
    @Override
    public List<ModelId> products() {
      return model.stream().toList();
    }
  }

  /**
   * An alignment that was found without the models' weights.
   *
   * @param aligned whose objectives, which compare weights, are NaN
   * @param similarityBefore {@link org.rebasin.model.alignment.ActivationMatching#similarity
   *     similarity} of the model as it is
   * @param similarity of the model in its new order
   */
  record Matched(Aligned aligned, double similarityBefore, double similarity)
      implements TaskResult {
    @Override
    public List<ModelId> products() {
      return List.of();
    }
  }

  /** A merged model. */
  record Merged(ModelId model) implements TaskResult {
    @Override
    public List<ModelId> products() {
      return List.of(model);
    }
  }

  /** An evaluation. */
  record Evaluated(Evaluation evaluation) implements TaskResult {
    @Override
    public List<ModelId> products() {
      return List.of();
    }

    /** Loss and accuracy. */
    public Score score() {
      return evaluation.score();
    }
  }

  /**
   * What came of looking at a contribution.
   *
   * @param objection why it may not take part, for people; empty if it may
   * @param norm of all weights together, in the sense of Euclid; NaN if they are not all numbers,
   *     or are not those of the architecture
   * @param referenceNorm of the global model; 0 if there was none
   */
  record Screened(Optional<String> objection, double norm, double referenceNorm)
      implements TaskResult {
    @Override
    public List<ModelId> products() {
      return List.of();
    }
  }

  /** How many training images a data set has. */
  record ExamplesCounted(long examples) implements TaskResult {
    @Override
    public List<ModelId> products() {
      return List.of();
    }
  }

  /**
   * The next version of a global model.
   *
   * @param serverState what the server's optimiser remembers, stored as tensors; empty if nothing
   */
  record Aggregated(ModelId model, Optional<ModelId> serverState) implements TaskResult {
    @Override
    public List<ModelId> products() {
      return Stream.concat(Stream.of(model), serverState.stream()).toList();
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
