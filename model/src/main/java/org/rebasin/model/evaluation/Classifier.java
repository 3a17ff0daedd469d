package org.rebasin.model.evaluation;

import org.rebasin.model.data.Batch;
import org.rebasin.model.data.LabelledImages;
import org.rebasin.model.data.Normalization;
import org.rebasin.model.network.CrossEntropy;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * Evaluates weights of one network on labelled images, batch by batch. Owns its activations; close
 * it. For one thread at a time.
 */
public final class Classifier implements AutoCloseable {
  /** Images of one batch: enough for the matrix products to reach their peak. */
  public static final int BATCH_SIZE = 1000;

  private final Execution execution;
  private final Batch batch;

  /**
   * An evaluator.
   *
   * @throws IllegalArgumentException if the images do not fit the network's input, or have more
   *     classes than it has outputs
   */
  public Classifier(Network network, LabelledImages images) {
    this(network, images, Normalization.NONE);
  }

  /**
   * An evaluator of networks that were trained on normalised images.
   *
   * @throws IllegalArgumentException if the images do not fit the network or the normalisation, or
   *     have more classes than the network has outputs
   */
  public Classifier(Network network, LabelledImages images, Normalization normalization) {
    requireFit(network, images);
    normalization.requireFit(images.shape());
    int capacity = Math.min(BATCH_SIZE, images.size());
    this.execution = Execution.forInference(network, capacity);
    this.batch = new Batch(images.shape(), capacity, normalization);
  }

  /** Refuses images that a network cannot read. */
  public static void requireFit(Network network, LabelledImages images) {
    if (network.inputs() != images.shape().elements() || network.outputs() < images.classes()) {
      throw new IllegalArgumentException(
          "%s reads %d values and tells %d classes apart; the images have %d values and %d classes"
              .formatted(
                  network.label(),
                  network.inputs(),
                  network.outputs(),
                  images.shape().elements(),
                  images.classes()));
    }
  }

  /** Evaluates all images. */
  public Score evaluate(Weights weights, LabelledImages images) {
    Score score = Score.NONE;
    for (int from = 0; from < images.size(); from += execution.capacity()) {
      int count = Math.min(execution.capacity(), images.size() - from);
      score = score.plus(evaluate(weights, batch.fill(images, from, count)));
    }
    return score;
  }

  /** Evaluates one batch of the capacity that this evaluator has. */
  private Score evaluate(Weights weights, Batch examples) {
    Tensor logits = execution.forward(weights, examples.inputs(), examples.count());
    CrossEntropy.Sums sums = CrossEntropy.evaluate(logits, examples.labels(), examples.count());
    return new Score(sums.lossSum(), sums.correct(), examples.count());
  }

  @Override
  public void close() {
    execution.close();
    batch.close();
  }
}
