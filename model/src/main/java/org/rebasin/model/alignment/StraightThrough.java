package org.rebasin.model.alignment;

import java.util.ArrayDeque;
import java.util.Deque;
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
 * <p>Batches come from outside, one {@link #step} each. Owns θ, the midpoint, their gradients and
 * activations (four models and the activations of a batch); close it. For one thread at a time.
 */
public final class StraightThrough implements AutoCloseable {
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

  private final Deque<Double> window = new ArrayDeque<>();
  private double windowSum;
  private double lowest = Double.POSITIVE_INFINITY;
  private Permutations permutations;
  private Permutations best;
  private int steps;
  private double seconds;

  /**
   * What decides the result, with the weights and the batches.
   *
   * @param learningRate of θ; the paper's 0.01 suits networks that still err; those that fit their
   *     images have small gradients, and with it θ hardly moves in a few epochs: 1 does more
   * @param window steps over which the loss is averaged to tell which permutations are best; an
   *     epoch of them is steadiest, as all windows then see the same examples
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

    /** Learning rate 0.01, the loss averaged over 60 steps. */
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
    this.permutations =
        WeightMatching.align(
                spec,
                a,
                b,
                new WeightMatching.Settings(
                    Seeds.mix(settings.seed(), "matching"), 0, Optional.empty()))
            .permutations();
    this.best = permutations;
    this.theta = Weights.copyOf(a);
    this.midpoint = Weights.like(a);
    this.gradients = network.allocateGradients();
    this.optimizer = Optimizer.Kind.SGD.create(gradients, 0);
    this.matching = new WarmMatching(spec, true);
    writeMidpoint();
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
    remember(sums.lossSum() / count);
    seconds += (System.nanoTime() - started) / 1e9;
    return sums;
  }

  private void project() {
    Permutations nearest =
        matching.match(
            theta, b, permutations, Seeds.mix(Seeds.mix(settings.seed(), "projection"), steps));
    if (!nearest.equals(permutations)) {
      permutations = nearest;
      writeMidpoint();
    }
  }

  private void writeMidpoint() {
    midpoint
        .tensors()
        .forEach(
            (name, tensor) -> {
              tensor.copyFrom(a.get(name));
              PermutedSum.combine(
                  0.5f, tensor, 0.5f, b.get(name), permutations.placement(spec, name, tensor));
            });
  }

  /** Keeps the permutations at the end of the window of lowest mean loss. */
  private void remember(double loss) {
    window.addLast(loss);
    windowSum += loss;
    if (window.size() > settings.window()) {
      windowSum -= window.removeFirst();
    }
    if (window.size() == settings.window() && windowSum < lowest) {
      lowest = windowSum;
      best = permutations;
    }
  }

  /** Steps done. */
  public int steps() {
    return steps;
  }

  /**
   * The best permutations so far: those at the end of the window of steps whose mean loss was
   * lowest; before there was a whole window, those of weight matching. Counts each projection as a
   * sweep.
   */
  public Alignment result() {
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
    matching.close();
    optimizer.close();
    execution.close();
    gradients.close();
    midpoint.close();
    theta.close();
  }
}
