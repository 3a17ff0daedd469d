package org.rebasin.model.merge;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rebasin.model.tensor.ElementWise;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * The weighted mean of one tensor over several models, folded in one model at a time: holds one
 * tensor however many models there are. Models count in the order in which they are added.
 */
public final class WeightedAverage implements AutoCloseable {
  private final Tensor mean;
  private final double[] weights;
  private int added;

  /**
   * Starts a mean.
   *
   * @param shape of the tensor
   * @param weights how much each model counts, as {@link #normalized} gives
   */
  public WeightedAverage(int[] shape, double[] weights) {
    this.mean = Tensor.allocate(shape);
    this.weights = weights.clone();
  }

  /** The weighted mean of whole networks; the caller closes it. */
  public static Weights of(List<Weights> models, double[] weights) {
    Map<String, Tensor> means = new LinkedHashMap<>();
    for (String name : models.get(0).names()) {
      WeightedAverage average = new WeightedAverage(models.get(0).get(name).shape(), weights);
      models.forEach(model -> average.add(model.get(name)));
      means.put(name, average.mean());
    }
    return new Weights(means);
  }

  /**
   * Checks weights and scales them to the sum 1.
   *
   * @throws IllegalArgumentException unless all are finite, none is negative and one is positive
   */
  public static double[] normalized(double... weights) {
    double sum = Arrays.stream(weights).sum();
    if (!(sum > 0 && sum < Double.POSITIVE_INFINITY)
        || Arrays.stream(weights).anyMatch(weight -> !(weight >= 0))) {
      throw new IllegalArgumentException(
          "expected weights of at least 0 with a positive sum, found " + Arrays.toString(weights));
    }
    return Arrays.stream(weights).map(weight -> weight / sum).toArray();
  }

  /**
   * Adds the next model's tensor.
   *
   * @throws IllegalArgumentException if it has another shape; then it does not count
   */
  public void add(Tensor tensor) {
    if (!tensor.sameShape(mean)) {
      throw new IllegalArgumentException(
          "expected shape %s, found %s"
              .formatted(Arrays.toString(mean.shape()), Arrays.toString(tensor.shape())));
    }
    if (added == weights.length) {
      throw new IllegalStateException("all " + added + " models were added");
    }
    float weight = (float) weights[added++];
    Parallel.forEachStretch(
        mean.size(),
        (from, length) ->
            ElementWise.addScaled(mean.values(), from, weight, tensor.values(), from, length));
  }

  /** The mean, once all models were added; this object owns it. */
  public Tensor mean() {
    if (added != weights.length) {
      throw new IllegalStateException(
          "expected %d models, found %d".formatted(weights.length, added));
    }
    return mean;
  }

  @Override
  public void close() {
    mean.close();
  }
}
