package org.rebasin.actors.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.rebasin.actors.work.Strategy;
import org.rebasin.model.merge.WeightedAverage;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What is merged and how much of each, wherever the merging is done. */
final class MergeInputs {
  /** The strategies by the names that users write. */
  private enum StrategyName {
    TO_REFERENCE,
    MERGE_MANY,
    CYCLE_CONSISTENT;

    @Override
    public String toString() {
      return strategy().text();
    }

    private Strategy strategy() {
      return Strategy.valueOf(name());
    }
  }

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Parameters(
      arity = "1..*",
      paramLabel = "MODEL",
      description =
          "Two models or more, safetensors, NumPy or ONNX files; the first is the reference.")
  private List<Path> files;

  @Option(
      names = "--strategy",
      defaultValue = "to-reference",
      description =
          "What the models are aligned to, ${COMPLETION-CANDIDATES}: the first, in turn the mean of"
              + " the others, or all at once a universe between them (default: to-reference).")
  private StrategyName strategy;

  @Option(
      names = "--weights",
      split = ",",
      paramLabel = "W",
      description = "How much each model counts (default: all the same).")
  private double[] weights;

  /** The models' files, two or more. */
  List<Path> files() {
    if (files.size() < 2) {
      throw new IllegalArgumentException(
          "%s: expected two models or more, found one: %s".formatted(command.name(), files.get(0)));
    }
    return files;
  }

  Strategy strategy() {
    return strategy.strategy();
  }

  /** How much each model counts, as it was given, if it was. */
  Optional<double[]> given() {
    if (weights != null && weights.length != files().size()) {
      throw new IllegalArgumentException(
          "--weights: expected one for each of %d models, found %d"
              .formatted(files.size(), weights.length));
    }
    return Optional.ofNullable(weights);
  }

  /** How much each model counts, summing to 1. */
  double[] weights() {
    return WeightedAverage.normalized(
        given().orElseGet(() -> files().stream().mapToDouble(file -> 1).toArray()));
  }
}
