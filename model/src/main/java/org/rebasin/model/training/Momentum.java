package org.rebasin.model.training;

import java.nio.FloatBuffer;
import org.rebasin.model.tensor.ElementWise;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * Stochastic gradient descent with momentum: {@code v = momentum·v + g + decay·w; w −= rate·v}.
 * Keeps one tensor per parameter.
 */
final class Momentum implements Optimizer {
  private final Weights velocity;
  private final float momentum;
  private final float weightDecay;

  Momentum(Weights gradients, double momentum, double weightDecay) {
    this.velocity = Weights.like(gradients);
    this.momentum = (float) momentum;
    this.weightDecay = (float) weightDecay;
  }

  @Override
  public void step(Weights weights, Weights gradients, double learningRate) {
    gradients
        .tensors()
        .forEach(
            (name, gradient) -> {
              Tensor weight = weights.get(name);
              FloatBuffer w = weight.values();
              FloatBuffer g = gradient.values();
              FloatBuffer v = velocity.get(name).values();
              Parallel.forEachStretch(
                  weight.size(),
                  (from, length) -> {
                    ElementWise.scale(v, from, momentum, length);
                    ElementWise.addScaled(v, from, 1, g, from, length);
                    if (weightDecay != 0) {
                      ElementWise.addScaled(v, from, weightDecay, w, from, length);
                    }
                    ElementWise.addScaled(w, from, (float) -learningRate, v, from, length);
                  });
            });
  }

  @Override
  public void close() {
    velocity.close();
  }
}
