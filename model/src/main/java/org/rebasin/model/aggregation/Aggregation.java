package org.rebasin.model.aggregation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.rebasin.model.aggregation.AggregationSettings.Rule;
import org.rebasin.model.aggregation.AggregationSettings.ServerOptimizer;
import org.rebasin.model.merge.WeightedAverage;
import org.rebasin.model.tensor.ElementWise;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;

/**
 * Makes the next version of a global model, one tensor at a time, from contributions in its unit
 * order. Whatever the number of contributions, it holds a few copies of one tensor for the rules
 * that are sums; the robust rules hold one for each contribution.
 *
 * <p>Contributions count in their order, and the same ones in the same order give the same bits on
 * any number of threads. What has no gradient, the running statistics of batch normalisation, is
 * combined like weights by the rule's mean, variances among them, and is never subject to the
 * server's optimiser, whose step could make a variance negative.
 */
public final class Aggregation {
  private final AggregationSettings settings;
  private final List<Ingredient> ingredients;
  private final Optional<TensorSource> global;
  private final Optional<TensorSource> state;
  private final double[] weights;
  private final double[] shares;

  /**
   * A contribution.
   *
   * @param tensors in the global model's unit order
   * @param base the weights that it began from; empty if those were its own
   * @param staleness how many versions the global model is ahead of its base
   * @param examples that it has seen
   */
  public record Ingredient(
      TensorSource tensors, Optional<TensorSource> base, int staleness, long examples) {}

  /**
   * One tensor of the next version; close it.
   *
   * @param value its weights
   * @param state what the optimiser remembers of it, in the order of {@link #stateOf}
   */
  public record Result(Tensor value, List<Tensor> state) implements AutoCloseable {
    @Override
    public void close() {
      value.close();
      state.forEach(Tensor::close);
    }
  }

  /**
   * Reads nothing yet.
   *
   * @param global the current version; empty for the first, to which the server's optimiser adds
   *     nothing
   * @param state what the optimiser remembers, under the names of {@link #stateOf}; empty if
   *     nothing yet
   */
  public Aggregation(
      AggregationSettings settings,
      List<Ingredient> ingredients,
      Optional<TensorSource> global,
      Optional<TensorSource> state) {
    this.settings = settings;
    this.ingredients = List.copyOf(ingredients);
    this.global = global;
    this.state = state;
    long[] examples = ingredients.stream().mapToLong(Ingredient::examples).toArray();
    int[] staleness = ingredients.stream().mapToInt(Ingredient::staleness).toArray();
    this.weights = weights(settings, examples, staleness);
    this.shares = WeightedAverage.normalized(weights);
  }

  /**
   * How much contributions count before the rule is applied: in {@link Rule#FEDAVG} their examples
   * times {@code (1 + staleness)^−a}, scaled to the sum 1; in {@link Rule#FEDBUFF} their part of
   * the examples times the same, not scaled again, so that stale changes make small steps (Nguyen
   * et al. 2022, algorithm 1); alike in the robust rules, where a number that a participant states
   * must not decide.
   */
  public static double[] weights(AggregationSettings settings, long[] examples, int[] staleness) {
    double[] counts = new double[examples.length];
    double all = Arrays.stream(examples).asDoubleStream().sum();
    for (int i = 0; i < counts.length; i++) {
      double discount = StrictMath.pow(1.0 + staleness[i], -settings.stalenessExponent());
      counts[i] =
          switch (settings.rule()) {
            case FEDAVG -> examples[i] * discount;
            case FEDBUFF -> examples[i] / all * discount;
            case TRIMMED_MEAN, MEDIAN -> 1;
          };
    }
    return settings.rule() == Rule.FEDBUFF ? counts : WeightedAverage.normalized(counts);
  }

  /** The names of the tensors that the optimiser remembers of one of the model's, in order. */
  public List<String> stateOf(String name, boolean trainable) {
    return trainable && global.isPresent()
        ? ServerStep.memories(settings.optimizer()).stream()
            .map(memory -> name + "." + memory)
            .toList()
        : List.of();
  }

  /**
   * Makes one tensor; reads it from every contribution, and whatever else the rule needs.
   *
   * @param trainable whether it has a gradient
   */
  public Result tensor(String name, boolean trainable) {
    boolean steps = trainable && global.isPresent();
    boolean sumsChanges = settings.rule() == Rule.FEDBUFF;
    boolean takesAsItIs =
        settings.optimizer() == ServerOptimizer.SGD && settings.serverRate() == 1 && !sumsChanges;
    if (!steps || takesAsItIs) {
      return new Result(combined(name), List.of());
    }
    Tensor current = global.orElseThrow().read(name);
    List<Tensor> memories = new ArrayList<>();
    try (Tensor change = sumsChanges ? changes(name, current) : combined(name)) {
      if (!sumsChanges) {
        subtract(change, current);
      }
      memories(name, current.shape(), memories);
      ServerStep.step(settings, current, change, memories);
      return new Result(current, memories);
    } catch (RuntimeException problem) {
      current.close();
      memories.forEach(Tensor::close);
      throw problem;
    }
  }

  /** The rule's mean of the contributions themselves. */
  private Tensor combined(String name) {
    return switch (settings.rule()) {
      case FEDAVG, FEDBUFF -> mean(name);
      case TRIMMED_MEAN ->
          robust(name, CoordinateWise.trim(settings.trimmedFraction(), ingredients.size()));
      case MEDIAN -> robust(name, CoordinateWise.medianTrim(ingredients.size()));
    };
  }

  private Tensor mean(String name) {
    Optional<WeightedAverage> average = Optional.empty();
    try {
      for (Ingredient ingredient : ingredients) {
        try (Tensor read = ingredient.tensors().read(name)) {
          if (average.isEmpty()) {
            average = Optional.of(new WeightedAverage(read.shape(), shares));
          }
          average.get().add(read);
        }
      }
      return average.orElseThrow().mean();
    } catch (RuntimeException problem) {
      average.ifPresent(WeightedAverage::close);
      throw problem;
    }
  }

  private Tensor robust(String name, int trim) {
    List<Tensor> tensors = new ArrayList<>();
    try {
      for (Ingredient ingredient : ingredients) {
        tensors.add(ingredient.tensors().read(name));
      }
      Tensor target = Tensor.allocate(tensors.get(0).shape());
      CoordinateWise.trimmedMean(tensors, trim, target);
      return target;
    } finally {
      tensors.forEach(Tensor::close);
    }
  }

  /** The weighted sum of what each contribution changed of the weights that it began from. */
  private Tensor changes(String name, Tensor current) {
    Tensor sum = Tensor.allocate(current.shape());
    try {
      for (int i = 0; i < ingredients.size(); i++) {
        try (Tensor change = ingredients.get(i).tensors().read(name)) {
          if (ingredients.get(i).base().isPresent()) {
            try (Tensor base = ingredients.get(i).base().get().read(name)) {
              subtract(change, base);
            }
          } else {
            subtract(change, current);
          }
          float weight = (float) weights[i];
          Parallel.forEachStretch(
              sum.size(),
              (from, length) ->
                  ElementWise.addScaled(sum.values(), from, weight, change.values(), from, length));
        }
      }
      return sum;
    } catch (RuntimeException problem) {
      sum.close();
      throw problem;
    }
  }

  private static void subtract(Tensor from, Tensor what) {
    if (!from.sameShape(what)) {
      throw new IllegalArgumentException(
          "expected shape %s, found %s"
              .formatted(Arrays.toString(what.shape()), Arrays.toString(from.shape())));
    }
    Parallel.forEachStretch(
        from.size(),
        (start, length) ->
            ElementWise.addScaled(from.values(), start, -1, what.values(), start, length));
  }

  private void memories(String name, int[] shape, List<Tensor> target) {
    for (String memory : ServerStep.memories(settings.optimizer())) {
      if (state.isPresent()) {
        target.add(state.get().read(name + "." + memory));
      } else {
        Tensor fresh = Tensor.allocate(shape);
        target.add(fresh);
        float beginning = ServerStep.beginning(memory);
        for (int i = 0; beginning != 0 && i < fresh.size(); i++) {
          fresh.values().put(i, beginning);
        }
      }
    }
  }
}
