package org.rebasin.actors.cli;

import java.util.Optional;
import org.rebasin.actors.work.Preparation;
import org.rebasin.model.data.Normalization;
import org.rebasin.model.training.Optimizer;
import org.rebasin.model.training.Schedule;
import org.rebasin.model.training.TrainingSettings;
import picocli.CommandLine.Option;

/** How a network is trained. */
final class TrainingOptions {
  @Option(names = "--epochs", defaultValue = "10", description = "Default: ${DEFAULT-VALUE}.")
  private int epochs;

  @Option(
      names = "--batch-size",
      defaultValue = "500",
      description = "Images of one step (default: ${DEFAULT-VALUE}).")
  private int batchSize;

  @Option(
      names = "--optimizer",
      defaultValue = "adam",
      description = "${COMPLETION-CANDIDATES}; SGD has momentum 0.9 (default: adam).")
  private Optimizer.Kind optimizer;

  @Option(names = "--learning-rate", defaultValue = "0.001", description = "Default: 0.001.")
  private double learningRate;

  @Option(names = "--weight-decay", defaultValue = "0", description = "Default: 0.")
  private double weightDecay;

  @Option(
      names = "--warmup-epochs",
      defaultValue = "0",
      description = "Epochs over which the learning rate rises (default: 0).")
  private double warmupEpochs;

  @Option(
      names = "--decay",
      defaultValue = "constant",
      description = "Of the learning rate after the warm-up: ${COMPLETION-CANDIDATES}.")
  private Schedule.Decay decay;

  @Option(
      names = "--seed",
      defaultValue = "0",
      description = "Of initial weights and the order of images (default: 0).")
  private long seed;

  @Option(
      names = "--normalization",
      description =
          "none, imagenet, cifar10, cifar100, mnist, fashion-mnist or mean=…:std=…; recorded with"
              + " the model and applied whenever it is evaluated (default: that of --from, if it"
              + " has one).")
  private String normalization;

  @Option(
      names = "--augmentation",
      defaultValue = "none",
      description = "Some of crop=PIXELS,resized-crop=AREA,flip,rotate=DEGREES (default: none).")
  private String augmentation;

  Optional<String> normalization() {
    return Optional.ofNullable(normalization);
  }

  /** What is done to images before a network sees them. */
  Preparation preparation(Normalization applied) {
    return new Preparation(applied.text(), augmentation);
  }

  TrainingSettings settings() {
    return new TrainingSettings(
        epochs, batchSize, optimizer, learningRate, weightDecay, warmupEpochs, decay, seed);
  }
}
