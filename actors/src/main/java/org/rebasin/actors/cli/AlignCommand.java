package org.rebasin.actors.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rebasin.actors.job.MergeOutcome;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.report.Documents;
import org.rebasin.actors.report.Json;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Strategy;
import org.rebasin.actors.work.TaskResult;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rebasin align}. */
@Command(
    name = "align",
    description = "Permutes the hidden units of model B into the order of model A's.")
final class AlignCommand extends RebasinCommand {
  @Parameters(index = "0", paramLabel = "A", description = "The reference, a safetensors file.")
  private Path reference;

  @Parameters(index = "1", paramLabel = "B", description = "The model to align.")
  private Path model;

  @Option(names = "--data", description = "What units are compared on: ${sys:rebasin.help.data}.")
  private String data;

  @Option(names = "--out", required = true, description = "Where the aligned B is written.")
  private Path out;

  @Option(names = "--permutation", description = "Where the permutations are written, as JSON.")
  private Path permutation;

  @Mixin private AlignmentOptions options;
  @Mixin private ModelOptions models;

  @Override
  Output execute() {
    MergeRequest.AlignmentPlan plan =
        options
            .plan(
                Strategy.TO_REFERENCE,
                Optional.ofNullable(data).map(ModelOptions::writtenOut),
                true)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "--method: expected a method to align by, found none"));
    requireWritable(out);
    Optional.ofNullable(permutation).ifPresent(RebasinCommand::requireWritable);
    return onNode(
        directoryOf(out),
        (store, datasets) -> {
          List<ModelId> ids = models.register(store, List.of(reference, model));
          if (data != null) {
            ModelOptions.requireFit(store, ids.get(0), datasets, data);
          }
          return ids;
        },
        (workplace, ids) -> align(workplace, ids, plan));
  }

  private Output align(Workplace workplace, List<ModelId> ids, MergeRequest.AlignmentPlan plan) {
    MergeOutcome outcome =
        workplace
            .node()
            .run(
                new MergeRequest(
                    ids.stream().<MergeRequest.Source>map(MergeRequest.Stored::new).toList(),
                    Optional.of(plan),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty()),
                workplace.console());
    TaskResult.Aligned aligned = outcome.alignments().get(0);
    workplace.store().export(aligned.model().orElseThrow(), out);
    Optional.ofNullable(permutation)
        .ifPresent(file -> Json.write(Documents.permutations(aligned), file));
    Map<String, Object> document = Documents.alignment(aligned);
    document.put("out", out.toString());
    document.put("sha256", aligned.model().orElseThrow().sha256());
    return new Output(document, text(aligned) + "\nwritten to " + out);
  }

  /** An alignment in a line, for people. */
  static String text(TaskResult.Aligned aligned) {
    int moved = aligned.groups().stream().mapToInt(TaskResult.GroupReport::moved).sum();
    int units = aligned.groups().stream().mapToInt(TaskResult.GroupReport::size).sum();
    return number(
        "objective %.4f -> %.4f in %d sweeps, %.2f s; %d of %d units moved",
        aligned.alignment().objectiveBefore(),
        aligned.alignment().objective(),
        aligned.alignment().sweeps(),
        aligned.alignment().seconds(),
        moved,
        units);
  }
}
