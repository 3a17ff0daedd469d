package org.rebasin.model.training;

import org.rebasin.model.tensor.Weights;

/** Changes weights in place by their gradients. Owns its state; close it. */
public interface Optimizer extends AutoCloseable {
  /** One step, with the given learning rate, of every weight that has a gradient. */
  void step(Weights weights, Weights gradients, double learningRate);

  /** Frees the state. */
  @Override
  void close();

  /** The optimisers by the names that settings use. */
  enum Kind {
    /** Adam, weight decay added to the gradient. */
    ADAM,
    /** Adam, weight decay decoupled from the gradient. */
    ADAMW,
    /** Stochastic gradient descent with momentum 0.9. */
    SGD;

    /** The name in settings. */
    public String text() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }

    /** A fresh optimiser for gradients of these shapes. */
    public Optimizer create(Weights gradients, double weightDecay) {
      return switch (this) {
        case ADAM -> new Adam(gradients, weightDecay, false);
        case ADAMW -> new Adam(gradients, weightDecay, true);
        case SGD -> new Momentum(gradients, 0.9, weightDecay);
      };
    }
  }
}
