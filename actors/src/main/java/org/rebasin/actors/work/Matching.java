package org.rebasin.actors.work;

import java.util.Map;

/** How the permutations that align two models are found (Git Re-Basin, section 3). */
public sealed interface Matching {
  /** The name on the command line. */
  String text();

  /** What decides the result beside the method, for provenance. */
  Map<String, String> settings();

  /**
   * Weight matching.
   *
   * @param restarts descents in random order, besides the greedy ones
   */
  record Weight(int restarts) implements Matching {
    /** Checks the number. */
    public Weight {
      if (restarts < 0) {
        throw new IllegalArgumentException("restarts: expected at least 0, found " + restarts);
      }
    }

    @Override
    public String text() {
      return "weight";
    }

    @Override
    public Map<String, String> settings() {
      return Map.of("restarts", String.valueOf(restarts));
    }
  }

  /**
   * Activation matching: by the cross moments of both models' activations on the training images.
   *
   * @param pearson whether units are compared by their correlation instead of their inner product
   * @param data the data set's text
   */
  record Activation(boolean pearson, String data) implements Matching {
    /** Parts that the training images are cut into, whatever the number of workers. */
    public static final int SHARDS = 4;

    @Override
    public String text() {
      return pearson ? "activation-pearson" : "activation";
    }

    @Override
    public Map<String, String> settings() {
      return Map.of("data", data);
    }
  }

  /**
   * The straight-through estimator.
   *
   * @param data the data set's text
   * @param epochs passes over the training images
   * @param batchSize images of one step
   * @param learningRate of stochastic gradient descent with momentum 0.9
   */
  record StraightThrough(String data, int epochs, int batchSize, double learningRate)
      implements Matching {
    /** Checks the numbers. */
    public StraightThrough {
      if (epochs < 1 || batchSize < 1 || !(learningRate > 0)) {
        throw new IllegalArgumentException(
            "expected at least 1 epoch, a batch of at least 1 and a positive learning rate, found"
                + " %d, %d and %s".formatted(epochs, batchSize, learningRate));
      }
    }

    @Override
    public String text() {
      return "straight-through";
    }

    @Override
    public Map<String, String> settings() {
      return Map.of(
          "data", data,
          "epochs", String.valueOf(epochs),
          "batch_size", String.valueOf(batchSize),
          "learning_rate", String.valueOf(learningRate));
    }
  }
}
