package org.rebasin.model.training;

import java.util.Optional;
import org.rebasin.model.network.CrossEntropy;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * One network in training: takes batches one after the other and changes its weights. Owns the
 * weights, gradients, activations and the optimiser's state; close it. For one thread at a time.
 */
public final class TrainingRun implements AutoCloseable {
  private final Weights weights;
  private final Weights gradients;
  private final Execution execution;
  private final Optimizer optimizer;
  private final Schedule schedule;
  private final Optional<ProximalTerm> proximal;
  private long steps;

  /**
   * Starts a run.
   *
   * @param network what is trained
   * @param initial the weights to start from; the run takes them over and closes them
   * @param batchCapacity the most examples in a batch
   */
  public TrainingRun(
      Network network,
      Weights initial,
      Optimizer.Kind optimizer,
      double weightDecay,
      Schedule schedule,
      int batchCapacity) {
    this(network, initial, optimizer, weightDecay, schedule, batchCapacity, 0);
  }

  /**
   * Starts a run that is drawn back to where it starts.
   *
   * @param proximal FedProx's μ: {@code (μ/2)‖w − w_start‖²} is added to the loss (Li et al. 2020,
   *     equation 2); 0 for nothing, otherwise the run keeps another copy of the weights
   */
  public TrainingRun(
      Network network,
      Weights initial,
      Optimizer.Kind optimizer,
      double weightDecay,
      Schedule schedule,
      int batchCapacity,
      double proximal) {
    this.weights = initial;
    this.proximal =
        proximal == 0 ? Optional.empty() : Optional.of(new ProximalTerm(proximal, initial));
    this.gradients = network.allocateGradients();
    this.execution = Execution.forTraining(network, batchCapacity);
    this.optimizer = optimizer.create(gradients, weightDecay);
    this.schedule = schedule;
  }

  /**
   * One step on the mean cross-entropy of a batch, and on the proximal term if there is one.
   *
   * @param input {@code [capacity, …]}
   * @param labels the classes of the first {@code count} examples
   * @return the loss and hits of the batch before the step
   * @throws ArithmeticException if the loss is no longer a finite number
   */
  public CrossEntropy.Sums step(Tensor input, int[] labels, int count) {
    Tensor logits = execution.forward(weights, input, count);
    CrossEntropy.Sums sums =
        CrossEntropy.gradient(logits, labels, count, execution.outputGradient());
    if (!Double.isFinite(sums.lossSum())) {
      throw new ArithmeticException(
          "training diverged: the loss of step %d is %s; try a lower learning rate"
              .formatted(steps + 1, sums.lossSum()));
    }
    execution.backward(weights, gradients);
    proximal.ifPresent(term -> term.addTo(gradients, weights));
    optimizer.step(weights, gradients, schedule.learningRate(steps));
    steps++;
    return sums;
  }

  /** The weights as they are now; the run owns them. */
  public Weights weights() {
    return weights;
  }

  /** Steps done. */
  public long steps() {
    return steps;
  }

  @Override
  public void close() {
    optimizer.close();
    execution.close();
    gradients.close();
    proximal.ifPresent(ProximalTerm::close);
    weights.close();
  }
}
