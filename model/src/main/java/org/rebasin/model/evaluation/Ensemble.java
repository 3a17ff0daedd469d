package org.rebasin.model.evaluation;

import java.util.List;
import org.rebasin.model.data.Batch;
import org.rebasin.model.data.LabelledImages;
import org.rebasin.model.data.Normalization;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.ElementWise;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * Several networks evaluated as one by the weighted mean of their logits: what merging into a
 * single network is compared with, at as many times its cost. Owns its activations; close it. For
 * one thread at a time.
 */
public final class Ensemble implements AutoCloseable {
  private final List<Weights> members;
  private final double[] weights;
  private final Execution execution;
  private final Batch batch;
  private final Tensor mean;

  /**
   * An ensemble of members of one network.
   *
   * @param weights how much each member counts, summing to 1
   * @throws IllegalArgumentException if the images do not fit the network
   */
  public Ensemble(Network network, List<Weights> members, double[] weights, LabelledImages images) {
    this(network, members, weights, images, Normalization.NONE);
  }

  /**
   * An ensemble of members that were all trained on images with one normalisation.
   *
   * @throws IllegalArgumentException if the images do not fit the network or the normalisation
   */
  public Ensemble(
      Network network,
      List<Weights> members,
      double[] weights,
      LabelledImages images,
      Normalization normalization) {
    Classifier.requireFit(network, images);
    normalization.requireFit(images.shape());
    this.members = List.copyOf(members);
    this.weights = weights.clone();
    int capacity = Math.min(Classifier.batchSize(network), images.size());
    this.execution = Execution.forInference(network, capacity);
    this.batch = new Batch(images.shape(), capacity, normalization);
    this.mean = Tensor.allocate(capacity, network.outputs());
  }

  /** Evaluates all images. */
  public Score evaluate(LabelledImages images) {
    return evaluate(images, 1).score();
  }

  /**
   * Evaluates all images, and the confidence in the answers with them.
   *
   * @param bins of the reliability diagram
   */
  public Evaluation evaluate(LabelledImages images, int bins) {
    Evaluation evaluation = Evaluation.none(bins);
    for (int from = 0; from < images.size(); from += execution.capacity()) {
      int count = Math.min(execution.capacity(), images.size() - from);
      batch.fill(images, from, count);
      ElementWise.scale(mean.values(), 0, 0, mean.size());
      for (int member = 0; member < members.size(); member++) {
        Tensor logits = execution.forward(members.get(member), batch.inputs(), count);
        ElementWise.addScaled(
            mean.values(), 0, (float) weights[member], logits.values(), 0, mean.size());
      }
      evaluation = evaluation.plus(Evaluation.of(bins, mean, batch.labels(), count));
    }
    return evaluation;
  }

  @Override
  public void close() {
    execution.close();
    batch.close();
    mean.close();
  }
}
