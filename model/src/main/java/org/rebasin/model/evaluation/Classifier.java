package org.rebasin.model.evaluation;

import java.util.List;
import java.util.stream.IntStream;
import org.rebasin.model.data.Batch;
import org.rebasin.model.data.ImageShape;
import org.rebasin.model.data.LabelledImages;
import org.rebasin.model.data.Normalization;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * Evaluates weights of one network on labelled images, batch by batch. Owns its activations; close
 * it. For one thread at a time.
 */
public final class Classifier implements AutoCloseable {
  /** Images of one batch at most: enough for the matrix products to reach their peak. */
  public static final int BATCH_SIZE = 1000;

  /** Activations held at once, in floats: 256 MiB. */
  private static final long ACTIVATIONS = 1L << 26;

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
    int capacity = Math.min(batchSize(network), images.size());
    this.execution = Execution.forInference(network, capacity);
    this.batch = new Batch(images.shape(), capacity, normalization);
  }

  /**
   * Images of one batch for a network: {@link #BATCH_SIZE}, or as many as keep the activations of a
   * large network within bounds.
   */
  public static int batchSize(Network network) {
    long floats =
        IntStream.rangeClosed(0, network.nodes().size())
            .mapToObj(network::shape)
            .mapToLong(
                shape -> shape.stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b))
            .sum();
    return (int) Math.max(1, Math.min(BATCH_SIZE, ACTIVATIONS / floats));
  }

  /** Refuses images that a network cannot read; one without image axes reads any of its size. */
  public static void requireFit(Network network, LabelledImages images) {
    ImageShape shape = images.shape();
    boolean sameShape =
        network.inputShape().size() == 1
            ? network.inputs() == shape.elements()
            : network.inputShape().equals(List.of(shape.channels(), shape.height(), shape.width()));
    if (!sameShape || network.outputs() < images.classes()) {
      throw new IllegalArgumentException(
          "%s reads %s and tells %d classes apart; the images have %s and %d classes"
              .formatted(
                  network.label(),
                  network.inputShape().size() == 1
                      ? network.inputs() + " values"
                      : "images " + network.inputShape(),
                  network.outputs(),
                  network.inputShape().size() == 1
                      ? shape.elements() + " values"
                      : "shape " + shape,
                  images.classes()));
    }
  }

  /** Evaluates all images. */
  public Score evaluate(Weights weights, LabelledImages images) {
    return evaluate(weights, images, 1).score();
  }

  /**
   * Evaluates all images, and the confidence in the answers with them.
   *
   * @param bins of the reliability diagram
   */
  public Evaluation evaluate(Weights weights, LabelledImages images, int bins) {
    Evaluation evaluation = Evaluation.none(bins);
    for (int from = 0; from < images.size(); from += execution.capacity()) {
      int count = Math.min(execution.capacity(), images.size() - from);
      batch.fill(images, from, count);
      Tensor logits = execution.forward(weights, batch.inputs(), count);
      evaluation = evaluation.plus(Evaluation.of(bins, logits, batch.labels(), count));
    }
    return evaluation;
  }

  @Override
  public void close() {
    execution.close();
    batch.close();
  }
}
