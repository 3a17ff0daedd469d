package org.rebasin.model.training;

import java.nio.FloatBuffer;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/**
 * Adam (Kingma and Ba, 2015) with β₁ = 0.9, β₂ = 0.999, ε = 1e-8 and bias correction; with
 * decoupled weight decay it is AdamW (Loshchilov and Hutter, 2019). Keeps two tensors per
 * parameter.
 */
final class Adam implements Optimizer {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.999;
  private static final float EPSILON = 1e-8f;
  private static final int CHUNK = 2048;

  private final Weights mean;
  private final Weights variance;
  private final double weightDecay;
  private final boolean decoupled;
  private int steps;

  Adam(Weights gradients, double weightDecay, boolean decoupled) {
    this.mean = Weights.like(gradients);
    this.variance = Weights.like(gradients);
    this.weightDecay = weightDecay;
    this.decoupled = decoupled;
  }

  @Override
  public void step(Weights weights, Weights gradients, double learningRate) {
    steps++;
    double rate = learningRate / (1 - Math.pow(BETA1, steps));
    double scale = 1 / Math.sqrt(1 - Math.pow(BETA2, steps));
    float keep = decoupled ? (float) (1 - learningRate * weightDecay) : 1f;
    float decay = decoupled ? 0f : (float) weightDecay;
    gradients
        .tensors()
        .forEach(
            (name, gradient) ->
                update(
                    weights.get(name),
                    gradient,
                    mean.get(name),
                    variance.get(name),
                    (float) rate,
                    (float) scale,
                    keep,
                    decay));
  }

  private static void update(
      Tensor weight,
      Tensor gradient,
      Tensor mean,
      Tensor variance,
      float rate,
      float scale,
      float keep,
      float decay) {
    FloatBuffer w = weight.values();
    FloatBuffer g = gradient.values();
    FloatBuffer m = mean.values();
    FloatBuffer v = variance.values();
    Parallel.forEachStretch(
        weight.size(),
        (from, length) -> {
          float[] ws = new float[CHUNK];
          float[] gs = new float[CHUNK];
          float[] ms = new float[CHUNK];
          float[] vs = new float[CHUNK];
          for (int at = from; at < from + length; at += CHUNK) {
            int n = Math.min(CHUNK, from + length - at);
            w.get(at, ws, 0, n);
            g.get(at, gs, 0, n);
            m.get(at, ms, 0, n);
            v.get(at, vs, 0, n);
            update(ws, gs, ms, vs, n, rate, scale, keep, decay);
            w.put(at, ws, 0, n);
            m.put(at, ms, 0, n);
            v.put(at, vs, 0, n);
          }
        });
  }

  /** The rule itself, over heap arrays, where the JVM makes vector instructions of it. */
  private static void update(
      float[] w,
      float[] g,
      float[] m,
      float[] v,
      int length,
      float rate,
      float scale,
      float keep,
      float decay) {
    float beta1 = (float) BETA1;
    float rest1 = (float) (1 - BETA1);
    float beta2 = (float) BETA2;
    float rest2 = (float) (1 - BETA2);
    for (int i = 0; i < length; i++) {
      float gradient = g[i] + decay * w[i];
      float first = beta1 * m[i] + rest1 * gradient;
      float second = beta2 * v[i] + rest2 * gradient * gradient;
      m[i] = first;
      v[i] = second;
      w[i] = keep * w[i] - rate * first / ((float) Math.sqrt(second) * scale + EPSILON);
    }
  }

  @Override
  public void close() {
    mean.close();
    variance.close();
  }
}
