package org.rebasin.model.aggregation;

import java.nio.FloatBuffer;
import java.util.List;
import org.rebasin.model.aggregation.AggregationSettings.ServerOptimizer;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;

/**
 * The server's step along a combined change Δ (Reddi et al. 2021, algorithm 2), with rate η:
 * gradient descent {@code x += ηΔ}; momentum {@code v = βv + Δ, x += ηv}; Adam {@code m = βm +
 * (1−β)Δ, v = β₂v + (1−β₂)Δ², x += ηm / (√v + τ)} without correction of the bias, v beginning with
 * τ². Works on single coordinates, in double.
 */
final class ServerStep {
  /** Adam's second coefficient. */
  static final double BETA2 = 0.99;

  /** How small Adam takes a change to be, τ. */
  static final double ADAPTIVITY = 1e-3;

  private static final int CHUNK = 2048;

  private ServerStep() {}

  /** What an optimiser remembers of each tensor. */
  static List<String> memories(ServerOptimizer optimizer) {
    return switch (optimizer) {
      case SGD -> List.of();
      case MOMENTUM -> List.of("velocity");
      case ADAM -> List.of("mean", "variance");
    };
  }

  /** What a memory begins with. */
  static float beginning(String memory) {
    return memory.equals("variance") ? (float) (ADAPTIVITY * ADAPTIVITY) : 0;
  }

  /**
   * Takes a step.
   *
   * @param weights are changed in place
   * @param change of the weights' shape
   * @param memories as {@link #memories} names them, changed in place
   */
  static void step(
      AggregationSettings settings, Tensor weights, Tensor change, List<Tensor> memories) {
    FloatBuffer x = weights.values();
    FloatBuffer delta = change.values();
    Parallel.forEachStretch(
        weights.size(),
        (from, length) -> {
          float[] xs = new float[CHUNK];
          float[] deltas = new float[CHUNK];
          float[][] remembered = new float[memories.size()][CHUNK];
          for (int at = from; at < from + length; at += CHUNK) {
            int n = Math.min(CHUNK, from + length - at);
            x.get(at, xs, 0, n);
            delta.get(at, deltas, 0, n);
            for (int memory = 0; memory < remembered.length; memory++) {
              memories.get(memory).values().get(at, remembered[memory], 0, n);
            }
            step(settings, xs, deltas, remembered, n);
            x.put(at, xs, 0, n);
            for (int memory = 0; memory < remembered.length; memory++) {
              memories.get(memory).values().put(at, remembered[memory], 0, n);
            }
          }
        });
  }

  private static void step(
      AggregationSettings settings, float[] x, float[] delta, float[][] remembered, int length) {
    double rate = settings.serverRate();
    double beta = settings.momentum();
    switch (settings.optimizer()) {
      case SGD -> {
        for (int i = 0; i < length; i++) {
          x[i] = (float) (x[i] + rate * delta[i]);
        }
      }
      case MOMENTUM -> {
        float[] v = remembered[0];
        for (int i = 0; i < length; i++) {
          double velocity = beta * v[i] + delta[i];
          v[i] = (float) velocity;
          x[i] = (float) (x[i] + rate * velocity);
        }
      }
      case ADAM -> {
        float[] m = remembered[0];
        float[] v = remembered[1];
        for (int i = 0; i < length; i++) {
          double mean = beta * m[i] + (1 - beta) * delta[i];
          double variance = BETA2 * v[i] + (1 - BETA2) * delta[i] * delta[i];
          m[i] = (float) mean;
          v[i] = (float) variance;
          x[i] = (float) (x[i] + rate * mean / (Math.sqrt(variance) + ADAPTIVITY));
        }
      }
    }
  }
}
