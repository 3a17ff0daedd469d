package org.rebasin.model.merge;

import java.util.ArrayList;
import java.util.List;
import org.rebasin.model.data.Batch;
import org.rebasin.model.network.BatchNorm;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.ChannelMoments;
import org.rebasin.model.tensor.Weights;

/**
 * Gives a merged network the running statistics of its own batch normalisations: those that were
 * merged belong to activations it does not have (Git Re-Basin, section 5; Izmailov et al., 2018).
 * While batches run through, each is normalised by its own statistics; the means and variances of
 * all samples together become the running ones.
 *
 * <p>Owns its activations, not the weights; close it. For one thread at a time.
 */
public final class BatchNormRecalibration implements AutoCloseable {
  private final Weights weights;
  private final Execution execution;
  private final List<Norm> norms = new ArrayList<>();
  private final ChannelStatistics statistics;

  /** A normalisation and the value it reads. */
  private record Norm(BatchNorm operator, int input) {}

  /**
   * Starts with no example.
   *
   * @param weights what is recalibrated
   * @param capacity the most examples in a batch; larger batches have steadier statistics
   */
  public BatchNormRecalibration(Network network, Weights weights, int capacity) {
    this.weights = weights;
    for (Network.Node node : network.nodes()) {
      if (node.operator() instanceof BatchNorm norm) {
        norms.add(new Norm(norm, node.inputs().get(0)));
      }
    }
    this.statistics = new ChannelStatistics(network, norms.stream().map(Norm::input).toList());
    this.execution = Execution.forStatistics(network, capacity);
  }

  /** Whether a network has anything to recalibrate. */
  public static boolean concerns(Network network) {
    return network.nodes().stream().anyMatch(node -> node.operator() instanceof BatchNorm);
  }

  /** Adds a batch, of this object's capacity. */
  public void add(Batch batch) {
    execution.forward(weights, batch.inputs(), batch.count());
    statistics.add(execution, batch.count());
  }

  /**
   * Writes the running statistics of all examples so far into the weights.
   *
   * @throws IllegalStateException if there was no example
   */
  public void finish() {
    for (Norm norm : norms) {
      BatchNorm operator = norm.operator();
      ChannelMoments moments = statistics.of(norm.input());
      if (moments.count() == 0) {
        throw new IllegalStateException(
            operator.runningMean() + ": expected at least one example, found none");
      }
      write(operator, moments, weights);
    }
  }

  /** Makes the given statistics a normalisation's running ones. */
  static void write(BatchNorm norm, ChannelMoments moments, Weights weights) {
    for (int channel = 0; channel < norm.channels(); channel++) {
      weights.get(norm.runningMean()).values().put(channel, (float) moments.mean(channel));
      weights
          .get(norm.runningVariance())
          .values()
          .put(channel, (float) moments.unbiasedVariance(channel));
    }
  }

  @Override
  public void close() {
    execution.close();
  }
}
