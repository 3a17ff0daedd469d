package org.rebasin.actors.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rebasin.actors.report.Documents;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.model.architecture.Architecture;
import org.rebasin.model.data.LabelledImages;
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
      required = true,
      paramLabel = "ARCH",
      description =
          "Such as mlp:784-512-512-512-10, resnet20:width=2 or vgg16:width=16; file:PATH of an"
              + " architecture file, onnx:PATH of an ONNX model.")
  private String architecture;

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
    Task.Train task =
        new Task.Train(
            out.getFileName().toString(),
            GivenArchitecture.parse(architecture).text(),
            ModelOptions.writtenOut(data),
            Optional.ofNullable(subset),
            options.settings(),
            options.preparation(),
            false);
    return onNode(
        directoryOf(out),
        (store, datasets) -> {
          LabelledImages images = datasets.get(data).train();
          Classifier.requireFit(Architecture.parse(task.architecture()).network(), images);
          options.requireFit(images);
          if (subset != null && (subset < 1 || subset > images.size())) {
            throw new IllegalArgumentException(
                "--subset: expected 1 to %d images, found %d".formatted(images.size(), subset));
          }
          return task;
        },
        this::train);
  }

  private Output train(Workplace workplace, Task.Train task) {
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
