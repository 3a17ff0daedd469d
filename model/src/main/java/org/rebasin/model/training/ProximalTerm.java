package org.rebasin.model.training;

import org.rebasin.model.tensor.ElementWise;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * FedProx's term {@code (μ/2)‖w − w_start‖²} (Li et al. 2020, equation 2), which keeps a
 * participant's weights near those it was given. Owns a copy of those; close it.
 */
final class ProximalTerm implements AutoCloseable {
  private final float strength;
  private final Weights start;

  /** The term with the given μ around the weights as they are now. */
  ProximalTerm(double strength, Weights start) {
    if (!(strength > 0 && Double.isFinite(strength))) {
      throw new IllegalArgumentException("proximal: expected above 0, found " + strength);
    }
    this.strength = (float) strength;
    this.start = Weights.copyOf(start);
  }

  /** Adds the term's gradient, {@code μ(w − w_start)}, of everything that has a gradient. */
  void addTo(Weights gradients, Weights weights) {
    gradients
        .tensors()
        .forEach(
            (name, gradient) -> {
              Tensor weight = weights.get(name);
              Tensor from = start.get(name);
              Parallel.forEachStretch(
                  gradient.size(),
                  (at, length) ->
                      ElementWise.addScaledDifference(
                          gradient.values(), strength, weight.values(), from.values(), at, length));
            });
  }

  @Override
  public void close() {
    start.close();
  }
}
