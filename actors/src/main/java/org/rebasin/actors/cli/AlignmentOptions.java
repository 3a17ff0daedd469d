package org.rebasin.actors.cli;

import java.util.Locale;
import java.util.Optional;
import org.rebasin.actors.job.MergeRequest.AlignmentPlan;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Strategy;
import picocli.CommandLine.Option;

/** How models are aligned. */
final class AlignmentOptions {
  /** The methods by the names that users write. */
  enum Method {
    WEIGHT,
    ACTIVATION,
    ACTIVATION_PEARSON,
    STRAIGHT_THROUGH,
    NONE;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  @Option(
      names = "--method",
      defaultValue = "weight",
      description =
          "${COMPLETION-CANDIDATES} (default: weight). All but weight and none need --data.")
  private Method method;

  @Option(
      names = "--seed",
      defaultValue = "0",
      description = "Of all random choices (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--restarts",
      defaultValue = "0",
      description =
          "Weight matching: descents in random order besides the two greedy ones (default:"
              + " ${DEFAULT-VALUE}).")
  private int restarts;

  @Option(
      names = "--matching-epochs",
      defaultValue = "8",
      description = "Straight-through: passes over the data (default: ${DEFAULT-VALUE}).")
  private int epochs;

  @Option(
      names = "--matching-batch-size",
      defaultValue = "1000",
      description = "Straight-through: images of a step (default: ${DEFAULT-VALUE}).")
  private int batchSize;

  @Option(
      names = "--matching-rate",
      defaultValue = "0.01",
      description = "Straight-through: the learning rate (default: ${DEFAULT-VALUE}).")
  private double learningRate;

  /**
   * The plan that the options make; none for the method none.
   *
   * @param data what {@code --data} says, if anything
   */
  Optional<AlignmentPlan> plan(Strategy strategy, Optional<String> data, boolean keepModels) {
    if (method == Method.NONE) {
      return Optional.empty();
    }
    return Optional.of(new AlignmentPlan(strategy, matching(data), seed, keepModels));
  }

  private Matching matching(Optional<String> data) {
    if (restarts < 0) {
      throw new IllegalArgumentException("--restarts: expected at least 0, found " + restarts);
    }
    return switch (method) {
      case WEIGHT -> new Matching.Weight(restarts);
      case ACTIVATION -> new Matching.Activation(false, needed(data));
      case ACTIVATION_PEARSON -> new Matching.Activation(true, needed(data));
      case STRAIGHT_THROUGH ->
          new Matching.StraightThrough(needed(data), epochs, batchSize, learningRate);
      case NONE -> throw new IllegalStateException("the method none matches nothing");
    };
  }

  private String needed(Optional<String> data) {
    return data.orElseThrow(
        () ->
            new IllegalArgumentException(
                "--method %s: expected --data, whose training images it uses".formatted(method)));
  }
}
