package org.rebasin.actors.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rebasin.actors.report.Documents;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.work.Datasets;
import org.rebasin.actors.work.Preparation;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.model.architecture.Architecture;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.data.LabelledImages;
import org.rebasin.model.data.Normalization;
import org.rebasin.model.description.GivenArchitecture;
import org.rebasin.model.evaluation.Classifier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code rebasin train}. */
@Command(name = "train", description = "Trains a network and writes it as safetensors.")
final class TrainCommand extends RebasinCommand {
  @Option(
      names = "--architecture",
      paramLabel = "ARCH",
      description =
          "Such as mlp:784-512-512-512-10, resnet20:width=2 or vgg16:width=16; file:PATH of an"
              + " architecture file, onnx:PATH of an ONNX model. Required without --from.")
  private String architecture;

  @Option(
      names = "--from",
      paramLabel = "MODEL",
      description =
          "Goes on from the weights of this model, a safetensors, NumPy or ONNX file; its"
              + " architecture and normalization need be given only if the file does not tell"
              + " them.")
  private Path from;

  @Option(
      names = "--proximal",
      paramLabel = "MU",
      description = "With --from: adds MU/2 |w - from|^2 to the loss, as FedProx does.")
  private Double proximal;

  @Option(names = "--data", required = true, description = "${sys:rebasin.help.data}.")
  private String data;

  @Option(
      names = "--subset",
      description = "Train on so many images, drawn by the seed (default: all).")
  private Integer subset;

  @Option(names = "--out", required = true, description = "Where the model is written.")
  private Path out;

  @Mixin private TrainingOptions options;

  @Override
  Output execute() {
    requireWritable(out);
    if (from == null && architecture == null) {
      throw new IllegalArgumentException("expected --architecture or --from, found neither");
    }
    if (from == null && proximal != null) {
      throw new IllegalArgumentException("--proximal: expected --from beside it, found none");
    }
    return onNode(directoryOf(out), this::prepare, this::train);
  }

  private Task prepare(ModelStore store, Datasets datasets) {
    Start start = start(store);
    Task.Train task =
        new Task.Train(
            out.getFileName().toString(),
            start.architecture(),
            ModelOptions.writtenOut(data),
            Optional.ofNullable(subset),
            options.settings(),
            options.preparation(start.normalization()),
            false);
    LabelledImages images = datasets.get(data).train();
    Classifier.requireFit(Architecture.parse(task.architecture()).network(), images);
    start.normalization().requireFit(images.shape());
    if (subset != null && (subset < 1 || subset > images.size())) {
      throw new IllegalArgumentException(
          "--subset: expected 1 to %d images, found %d".formatted(images.size(), subset));
    }
    return start
        .model()
        .<Task>map(model -> task.from(model, Optional.ofNullable(proximal).orElse(0.0)))
        .orElse(task);
  }

  /**
   * What a training starts from.
   *
   * @param model empty for random weights
   */
  private record Start(String architecture, Normalization normalization, Optional<ModelId> model) {}

  private Start start(ModelStore store) {
    Optional<String> normalization = options.normalization();
    if (from == null) {
      return new Start(
          GivenArchitecture.parse(architecture).text(),
          normalization.map(Normalization::parse).orElse(Normalization.NONE),
          Optional.empty());
    }
    ModelOptions models = new ModelOptions(Optional.ofNullable(architecture), normalization);
    ModelId model = models.register(store, List.of(from)).get(0);
    try (ModelFile file = store.open(model)) {
      return new Start(
          file.network().architecture(), Preparation.normalizationOf(file), Optional.of(model));
    }
  }

  private Output train(Workplace workplace, Task task) {
    TaskResult.Trained trained =
        workplace.node().run(task, TaskResult.Trained.class, workplace.console());
    workplace.store().export(trained.model(), out);
    Map<String, Object> document = Documents.training(trained);
    document.put("out", out.toString());
    List<TaskResult.EpochReport> epochs = trained.epochs();
    TaskResult.EpochReport last = epochs.get(epochs.size() - 1);
    return new Output(
        document,
        number(
            "%s: train loss %.4f, test loss %.4f, test accuracy %.2f %% after %d epochs, %.1f s, %.0f"
                + " images/s",
            out,
            last.trainLoss(),
            last.testLoss(),
            100 * last.testAccuracy(),
            epochs.size(),
            trained.seconds(),
            last.imagesPerSecond()));
  }
}
