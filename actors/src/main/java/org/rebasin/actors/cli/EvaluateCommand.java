package org.rebasin.actors.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.rebasin.actors.report.Documents;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Split;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.model.evaluation.Score;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rebasin evaluate}. */
@Command(name = "evaluate", description = "Tells the loss and accuracy of a model.")
final class EvaluateCommand extends RebasinCommand {
  @Parameters(paramLabel = "MODEL", description = "A safetensors, NumPy or ONNX file.")
  private Path model;

  @Option(names = "--data", required = true, description = "${sys:rebasin.help.data}.")
  private String data;

  @Option(
      names = "--split",
      defaultValue = "test",
      description = "${COMPLETION-CANDIDATES} (default: test).")
  private Split split;

  @Mixin private ModelOptions models;

  @Override
  Output execute() {
    return onNode(
        temporary(),
        (store, datasets) -> {
          ModelId id = models.register(store, List.of(model)).get(0);
          ModelOptions.requireFit(store, id, datasets, data);
          return id;
        },
        (workplace, id) -> {
          TaskResult.Evaluated evaluated =
              workplace
                  .node()
                  .run(
                      Task.Evaluate.one(id, data, split),
                      TaskResult.Evaluated.class,
                      workplace.console());
          Score score = evaluated.score();
          Map<String, Object> document = Documents.evaluated(evaluated);
          document.put("split", split.text());
          return new Output(
              document,
              number(
                  "%s: loss %.6f, accuracy %.2f %% on %d %s examples",
                  model, score.loss(), 100 * score.accuracy(), score.examples(), split.text()));
        });
  }
}
