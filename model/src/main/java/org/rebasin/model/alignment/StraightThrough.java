package org.rebasin.model.alignment;

import java.util.Arrays;
import java.util.Optional;
import org.rebasin.model.data.Seeds;
import org.rebasin.model.network.CrossEntropy;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Network;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.training.Optimizer;

/**
 * Matching by a straight-through estimator (Git Re-Basin, section 3.3): learns permutations of B's
 * units for which the loss half-way between A and the permuted B is low.
 *
 * <p>A trainable θ, initially A, stands for the permuted B. Each step <em>projects</em> it: B is
 * weight-matched to θ, starting from the permutations of the step before, which gives π(B). The
 * loss and its gradient are those of {@code ½(A + π(B))}, and as if the projection were not there,
 * half of that gradient moves θ, by gradient descent with momentum 0.9. The first projection is a
 * whole weight matching of B to A.
 *
 * <p>The loss is the training loss of the midpoint: a normalisation over the batch uses the batch's
 * own statistics, and units are dropped where the network drops them. Running statistics take no
 * part in it; they are matched like weights, and have no gradient.
 *
 * <p>θ moves on whether or not the midpoint becomes better, and losses of single batches, or of
 * windows of them, differ by their examples more than by the permutations. So the permutations are
 * judged now and then on the same batches, the first ones, those of weight matching before all
 * others; the best are kept. The result loses no more on these batches than weight matching does.
 *
 * <p>Batches come from outside, one {@link #step} each. Owns θ, the midpoint, their gradients and
 * activations and what the matching keeps (four models, six where they are small, and the
 * activations of a batch) and up to 64 MiB of examples; close it. For one thread at a time.
 */
public final class StraightThrough implements AutoCloseable {
  /**
   * Forward passes that judging may take for each step, which itself is as long as three or four:
   * it adds a thirtieth to the time.
   */
  private static final double PASSES_PER_STEP = 0.125;

  private final PermutationSpec spec;
  private final Weights a;
  private final Weights b;
  private final Settings settings;
  private final Weights theta;
  private final Weights midpoint;
  private final Weights gradients;
  private final Execution execution;
  private final Optimizer optimizer;
  private final WarmMatching matching;
  private final HeldBatches jury;
  private final Permutations byWeights;

  private Permutations permutations;
  private Permutations best;
  private double[] lowest = {};
  private Permutations judged;
  private double passes;
  private int steps;
  private double seconds;

  /**
   * What decides the result, with the weights and the batches.
   *
   * @param learningRate of θ; the paper's 0.01 suits networks that still err; those that fit their
   *     images have small gradients, and with it θ hardly moves in a few epochs: 1 does more
   * @param window the first so many steps' batches judge which permutations are best, or fewer
   *     where they are more than 10 000 examples or 64 MiB; an epoch of them is steadiest
   * @param seed of the order in which groups are visited
   */
  public record Settings(double learningRate, int window, long seed) {
    /** Checks the numbers. */
    public Settings {
      if (!(learningRate > 0 && Double.isFinite(learningRate))) {
        throw new IllegalArgumentException(
            "expected a learning rate above 0, found " + learningRate);
      }
      if (window < 1) {
        throw new IllegalArgumentException("expected a window of at least 1 step, found " + window);
      }
    }

    /** Learning rate 0.01, and the batches of 60 steps to judge by. */
    public static Settings withSeed(long seed) {
      return new Settings(1e-2, 60, seed);
    }
  }

  /**
   * Matches B to A by their weights, from where the steps go on.
   *
   * @param a the reference; read only, as B, and open until this is closed
   * @param b the model to align
   * @param batchCapacity the most examples in a batch
   */
  public StraightThrough(
      Network network,
      PermutationSpec spec,
      Weights a,
      Weights b,
      Settings settings,
      int batchCapacity) {
    long started = System.nanoTime();
    // First what may refuse its arguments.
    this.execution = Execution.forTraining(network, batchCapacity);
    this.spec = spec;
    this.a = a;
    this.b = b;
    this.settings = settings;
    this.byWeights =
        WeightMatching.align(
                spec,
                a,
                b,
                new WeightMatching.Settings(
                    Seeds.mix(settings.seed(), "matching"), 0, Optional.empty()))
            .permutations();
    this.permutations = byWeights;
    this.best = byWeights;
    this.judged = byWeights;
    this.theta = Weights.copyOf(a);
    this.midpoint = Weights.like(a);
    this.gradients = network.allocateGradients();
    this.optimizer = Optimizer.Kind.SGD.create(gradients, 0);
    this.matching = new WarmMatching(spec, true);
    this.jury = new HeldBatches(settings.window(), batchCapacity, network.inputs());
    writeMidpoint(permutations);
    this.seconds = (System.nanoTime() - started) / 1e9;
  }

  /**
   * One step on the mean cross-entropy of a batch.
   *
   * @param input {@code [capacity, …]}
   * @param labels the classes of the first {@code count} examples
   * @return the loss and hits of the midpoint
   * @throws ArithmeticException if the loss is no longer a finite number
   */
  public CrossEntropy.Sums step(Tensor input, int[] labels, int count) {
    long started = System.nanoTime();
    if (steps > 0) {
      project();
    }
    Tensor logits = execution.forward(midpoint, input, count);
    CrossEntropy.Sums sums =
        CrossEntropy.gradient(logits, labels, count, execution.outputGradient());
    if (!Double.isFinite(sums.lossSum())) {
      throw new ArithmeticException(
          "matching diverged: the loss of step %d is %s; try a lower learning rate"
              .formatted(steps + 1, sums.lossSum()));
    }
    execution.backward(midpoint, gradients);
    // Half the gradient, as θ is half of the midpoint; the rule is linear in it.
    optimizer.step(theta, gradients, settings.learningRate() / 2);
    steps++;
    if (jury.size() < jury.capacity()) {
      jury.offer(input, labels, count);
    }
    passes += PASSES_PER_STEP;
    if (passes > 0 && jury.size() == jury.capacity()) {
      judge();
    }
    seconds += (System.nanoTime() - started) / 1e9;
    return sums;
  }

  private void project() {
    Permutations nearest =
        matching.match(
            theta, b, permutations, Seeds.mix(Seeds.mix(settings.seed(), "projection"), steps));
    if (!nearest.equals(permutations)) {
      permutations = nearest;
      writeMidpoint(permutations);
    }
  }

  private void writeMidpoint(Permutations order) {
    midpoint
        .tensors()
        .forEach(
            (name, tensor) -> {
              tensor.copyFrom(a.get(name));
              PermutedSum.combine(
                  0.5f, tensor, 0.5f, b.get(name), order.placement(spec, name, tensor));
            });
  }

  /** Keeps the permutations of now if they lose less than the best did on the same batches. */
  private void judge() {
    boolean more = lowest.length < jury.size();
    if (more) {
      // What won on fewer batches may lose on these.
      best = byWeights;
      judged = byWeights;
    }
    if (permutations.equals(judged)) {
      return;
    }
    if (more) {
      writeMidpoint(byWeights);
      lowest = jury.losses(execution, midpoint, new double[0]);
      writeMidpoint(permutations);
    }
    judged = permutations;
    double[] losses = jury.losses(execution, midpoint, lowest);
    passes -= losses.length;
    if (losses.length == lowest.length
        && Arrays.stream(losses).sum() < Arrays.stream(lowest).sum()) {
      lowest = losses;
      best = permutations;
    }
  }

  /** Steps done. */
  public int steps() {
    return steps;
  }

  /**
   * The best permutations so far: those judged to lose least, the last step's and those of weight
   * matching among them. Counts each projection as a sweep.
   */
  public Alignment result() {
    long started = System.nanoTime();
    judge();
    seconds += (System.nanoTime() - started) / 1e9;
    return new Alignment(
        "straight-through",
        best,
        AlignmentObjective.of(spec, a, b, spec.identity()),
        AlignmentObjective.of(spec, a, b, best),
        steps,
        seconds,
        settings.seed());
  }

  @Override
  public void close() {
    jury.close();
    matching.close();
    optimizer.close();
    execution.close();
    gradients.close();
    midpoint.close();
    theta.close();
  }
}
