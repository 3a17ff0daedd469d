package org.rebasin.actors.experiment;

import com.typesafe.config.Config;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Task;
import org.rebasin.model.architecture.Architecture;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.data.Seeds;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.Weights;

/**
 * The participants of a federation on one division of the data: each has a part of the training
 * images of its own, and a network that it has trained on that alone.
 */
final class Cohort {
  private final Laboratory laboratory;
  private final Experiment experiment;
  private final Config division;
  private final boolean commonStart;

  /**
   * Trains nothing yet.
   *
   * @param division its {@code label}; {@code select}, how the data are divided; whether all begin
   *     with the same weights, {@code common-start}
   */
  Cohort(Laboratory laboratory, Experiment experiment, Config division) {
    this.laboratory = laboratory;
    this.experiment = experiment;
    this.division = division;
    this.commonStart = division.getBoolean("common-start");
  }

  String label() {
    return division.getString("label");
  }

  int size() {
    return experiment.settings().getInt("participants");
  }

  String architecture() {
    return experiment.settings().getString("architecture");
  }

  /** The text of a participant's data, counted from 0; few of the test images are looked at. */
  String data(int participant) {
    return experiment.data(
        List.of(
            "shard=%d/%d".formatted(participant + 1, size()),
            division.getString("select"),
            experiment.settings().getString("test-select")));
  }

  /** Of all that is random but the division of the data. */
  long seed() {
    return experiment.settings().getLong("seed");
  }

  /** The number of training images that a participant has. */
  long examples(int participant) {
    return laboratory.data(data(participant)).train().size();
  }

  /** How much each counts by its images, summing to 1. */
  List<Double> shares() {
    double all = IntStream.range(0, size()).mapToLong(this::examples).sum();
    return IntStream.range(0, size()).mapToObj(each -> examples(each) / all).toList();
  }

  /** A participant's training of some epochs. */
  Task.Train training(int participant, int epochs, long seed) {
    Task.Train task =
        experiment.training(
            "participant " + (participant + 1), architecture(), data(participant), seed);
    return withEpochs(task, epochs);
  }

  static Task.Train withEpochs(Task.Train task, int epochs) {
    return task.with(task.settings().withEpochs(epochs));
  }

  /** What each participant has trained alone, of its own seed or from a common start. */
  List<Laboratory.Trained> alone(int epochs) {
    List<Task.Train> tasks =
        IntStream.range(0, size())
            .mapToObj(each -> training(each, epochs, Seeds.mix(seed(), each)))
            .toList();
    if (!commonStart) {
      return laboratory.train(tasks);
    }
    ModelId start = start();
    return laboratory.trainFrom(tasks.stream().map(task -> task.from(start, 0)).toList());
  }

  /** Weights that nobody has trained. */
  private ModelId start() {
    Network network = Architecture.parse(architecture()).network();
    return laboratory.made(
        Map.of("start", network.architecture()),
        () -> {
          try (Weights weights = network.initialize(0)) {
            return laboratory
                .store()
                .write(weights, Map.of(ModelFile.ARCHITECTURE, network.architecture()));
          }
        });
  }

  static List<MergeRequest.Source> sources(List<Laboratory.Trained> models) {
    return models.stream()
        .<MergeRequest.Source>map(each -> new MergeRequest.Stored(each.model()))
        .toList();
  }
}
