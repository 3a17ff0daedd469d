package org.rebasin.model.training;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Everything that decides a training run, with the data and the architecture: the same settings
 * give the same weights to the bit.
 *
 * @param epochs passes over the training images
 * @param batchSize images of one step
 * @param optimizer which rule
 * @param learningRate the rate at its peak
 * @param weightDecay 0 for none
 * @param warmupEpochs over which the rate rises; may be fractional
 * @param decay what the rate does afterwards
 * @param seed of initial weights and of the order of images
 */
public record TrainingSettings(
    int epochs,
    int batchSize,
    Optimizer.Kind optimizer,
    double learningRate,
    double weightDecay,
    double warmupEpochs,
    Schedule.Decay decay,
    long seed) {

  /** Checks the numbers. */
  public TrainingSettings {
    require(epochs >= 1, "epochs", "at least 1", epochs);
    require(batchSize >= 1, "batch size", "at least 1", batchSize);
    require(
        learningRate > 0 && Double.isFinite(learningRate),
        "learning rate",
        "above 0",
        learningRate);
    require(
        weightDecay >= 0 && Double.isFinite(weightDecay),
        "weight decay",
        "at least 0",
        weightDecay);
    require(
        warmupEpochs >= 0 && warmupEpochs <= epochs,
        "warm-up epochs",
        "0 to " + epochs,
        warmupEpochs);
  }

  private static void require(boolean holds, String name, String expected, Object found) {
    if (!holds) {
      throw new IllegalArgumentException(
          "%s: expected %s, found %s".formatted(name, expected, found));
    }
  }

  /** The same with another seed. */
  public TrainingSettings withSeed(long other) {
    return new TrainingSettings(
        epochs, batchSize, optimizer, learningRate, weightDecay, warmupEpochs, decay, other);
  }

  /** The same for another number of epochs. */
  public TrainingSettings withEpochs(int other) {
    return new TrainingSettings(
        other, batchSize, optimizer, learningRate, weightDecay, warmupEpochs, decay, seed);
  }

  /** The same at another rate. */
  public TrainingSettings withLearningRate(double other) {
    return new TrainingSettings(
        epochs, batchSize, optimizer, other, weightDecay, warmupEpochs, decay, seed);
  }

  /** The schedule for epochs of the given number of steps. */
  public Schedule schedule(long stepsPerEpoch) {
    return new Schedule(
        learningRate,
        Math.round(warmupEpochs * stepsPerEpoch),
        Math.multiplyExact(stepsPerEpoch, epochs),
        decay);
  }

  /** The settings as text, for provenance. */
  public Map<String, String> asText() {
    Map<String, String> text = new LinkedHashMap<>();
    text.put("epochs", String.valueOf(epochs));
    text.put("batch_size", String.valueOf(batchSize));
    text.put("optimizer", optimizer.text());
    text.put("learning_rate", String.valueOf(learningRate));
    text.put("weight_decay", String.valueOf(weightDecay));
    text.put("warmup_epochs", String.valueOf(warmupEpochs));
    text.put("decay", decay.text());
    text.put("seed", String.valueOf(seed));
    return text;
  }
}
