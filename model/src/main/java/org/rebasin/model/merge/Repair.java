package org.rebasin.model.merge;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.rebasin.model.data.Batch;
import org.rebasin.model.network.BatchNorm;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.ChannelMoments;
import org.rebasin.model.tensor.ElementWise;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * REPAIR (Jordan et al., 2022): averaging networks shrinks the variance of their activations, more
 * with each layer; so each hidden channel of the merged network is scaled and shifted until its
 * pre-activation has the mean and the deviation that the parents' have on average. The corrections
 * are folded into the weights.
 *
 * <p>What is corrected is the output of each normalisation, and of each dense or convolutional
 * layer that none follows; the logits are not. A batch normalisation gets new running statistics
 * too. Layers are corrected one after the other, each from statistics of the network as corrected
 * up to there: correcting all at once from one measurement would correct the later layers a second
 * time for what the earlier ones have made good. That takes a pass over the batches for the parents
 * and one for each layer along the longest path, which runs the network up to that layer only.
 * Statistics are those of all batches together, so the size of a batch does not matter.
 *
 * <pre>{@code
 * for (int pass = 0; pass < repair.passes(); pass++) {
 *   for (Batch batch : batches) {
 *     repair.add(batch);
 *   }
 *   repair.endPass();
 * }
 * }</pre>
 *
 * <p>Owns its activations, not the weights; close it. For one thread at a time.
 */
public final class Repair implements AutoCloseable {
  /** A channel that varies less than this part of its target cannot be scaled up to it. */
  private static final double CONSTANT = 1e-3;

  private final Network network;
  private final List<Weights> parents;
  private final double[] shares;
  private final Weights merged;
  private final int capacity;
  private final List<RepairPoint> points;
  private final int levels;

  private final List<ChannelStatistics> targets = new ArrayList<>();
  private int pass;
  private long examples;
  private Execution execution;
  private ChannelStatistics statistics;

  /**
   * What was done.
   *
   * @param repaired names of the operators whose channels were corrected
   * @param leftOut names of those that have no parameter for a scale or for a shift
   */
  public record Report(List<String> repaired, List<String> leftOut) {}

  /**
   * Starts a repair.
   *
   * @param parents the networks that were merged, aligned as they were when they were
   * @param shares how much each of them counts, summing to 1; for an interpolation 1−λ and λ
   * @param merged the merged network, which is corrected in place
   * @param capacity the most examples in a batch
   */
  public Repair(
      Network network, List<Weights> parents, double[] shares, Weights merged, int capacity) {
    if (parents.size() != shares.length) {
      throw new IllegalArgumentException(
          "expected a share for each of %d parents, found %s"
              .formatted(parents.size(), Arrays.toString(shares)));
    }
    this.network = network;
    this.parents = List.copyOf(parents);
    this.shares = shares.clone();
    this.merged = merged;
    this.capacity = capacity;
    this.points =
        RepairPoint.of(network).stream().filter(point -> point.affine().isPresent()).toList();
    this.levels = points.stream().mapToInt(RepairPoint::level).max().orElse(0);
    this.execution = Execution.forInference(network, capacity);
    List<Integer> outputs = points.stream().map(RepairPoint::output).toList();
    parents.forEach(parent -> targets.add(new ChannelStatistics(network, outputs)));
    this.statistics = new ChannelStatistics(network, List.of());
  }

  /** How often all batches are added: once for the parents, and once for each level of layers. */
  public int passes() {
    return levels == 0 ? 0 : 1 + levels;
  }

  /** What the passes correct. */
  public Report report() {
    return new Report(
        points.stream().map(RepairPoint::name).toList(),
        RepairPoint.of(network).stream()
            .filter(point -> point.affine().isEmpty())
            .map(RepairPoint::name)
            .toList());
  }

  /** Adds a batch, of this object's capacity, to the current pass. */
  public void add(Batch batch) {
    if (pass >= passes()) {
      throw new IllegalStateException("all " + passes() + " passes are done");
    }
    examples += batch.count();
    if (pass == 0) {
      for (int parent = 0; parent < parents.size(); parent++) {
        execution.forward(parents.get(parent), batch.inputs(), batch.count());
        targets.get(parent).add(execution, batch.count());
      }
    } else {
      execution.forward(merged, batch.inputs(), batch.count());
      statistics.add(execution, batch.count());
    }
  }

  /**
   * Ends a pass, and corrects the layers of its level.
   *
   * @throws IllegalStateException if no batch was added
   * @throws IllegalArgumentException if a statistic is not a finite number
   */
  public void endPass() {
    if (examples == 0) {
      throw new IllegalStateException(
          "pass %d of %d: expected at least one example, found none".formatted(pass, passes()));
    }
    examples = 0;
    for (RepairPoint point : ofLevel(pass)) {
      correct(point);
    }
    pass++;
    if (pass < passes()) {
      startLevel();
    }
  }

  private List<RepairPoint> ofLevel(int level) {
    return points.stream().filter(point -> point.level() == level).toList();
  }

  /** What is measured of a point in the merged network. */
  private static int measured(RepairPoint point) {
    return point.operator() instanceof BatchNorm ? point.input() : point.output();
  }

  private void startLevel() {
    List<Integer> values = ofLevel(pass).stream().map(Repair::measured).toList();
    int last = values.stream().mapToInt(Integer::intValue).max().orElseThrow();
    execution.close();
    execution =
        Execution.forInference(
            new Network(
                network.architecture(),
                network.inputShape(),
                network.nodes().subList(0, Math.max(1, last))),
            capacity);
    statistics = new ChannelStatistics(network, values);
  }

  private void correct(RepairPoint point) {
    ChannelMoments own = statistics.of(measured(point));
    RepairPoint.Affine affine = point.affine().orElseThrow();
    Tensor scale = merged.get(affine.scale());
    Tensor shift = merged.get(affine.shift());
    Optional<BatchNorm> norm =
        point.operator() instanceof BatchNorm found ? Optional.of(found) : Optional.empty();
    norm.ifPresent(found -> BatchNormRecalibration.write(found, own, merged));
    int row = scale.size() / scale.dimension(0);
    for (int channel = 0; channel < own.channels(); channel++) {
      Target target = target(point, channel);
      if (norm.isPresent()) {
        double root = Math.sqrt(own.unbiasedVariance(channel) + norm.get().epsilon());
        double size = target.scale(own.deviation(channel) / root, scale.values().get(channel));
        scale.values().put(channel, (float) size);
        shift.values().put(channel, (float) target.mean());
      } else {
        float factor = (float) target.factor(own.deviation(channel));
        ElementWise.scale(scale.values(), channel * row, factor, row);
        double centred = shift.values().get(channel) - own.mean(channel);
        shift.values().put(channel, (float) (factor * centred + target.mean()));
      }
    }
  }

  /** The parents' mean and deviation of one channel, averaged. */
  private Target target(RepairPoint point, int channel) {
    double mean = 0;
    double deviation = 0;
    for (int parent = 0; parent < shares.length; parent++) {
      ChannelMoments moments = targets.get(parent).of(point.output());
      mean += shares[parent] * moments.mean(channel);
      deviation += shares[parent] * moments.deviation(channel);
    }
    if (!Double.isFinite(mean) || !Double.isFinite(deviation)) {
      throw new IllegalArgumentException(
          "%s: expected finite statistics of the parents, found a mean of %s and a deviation of %s at channel %d"
              .formatted(point.name(), mean, deviation, channel));
    }
    return new Target(mean, deviation);
  }

  /** What a channel shall have. */
  private record Target(double mean, double deviation) {
    /** By what a channel is scaled that has a deviation of {@code own}. */
    double factor(double own) {
      return own > CONSTANT * deviation ? deviation / own : 1;
    }

    /** A normalisation's scale for a channel whose normalised deviation is {@code own}. */
    double scale(double own, double before) {
      return own > CONSTANT * deviation ? Math.copySign(deviation / own, before) : before;
    }
  }

  @Override
  public void close() {
    execution.close();
  }
}
