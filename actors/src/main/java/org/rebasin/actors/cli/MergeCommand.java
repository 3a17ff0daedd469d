package org.rebasin.actors.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.rebasin.actors.job.MergeOutcome;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.report.Documents;
import org.rebasin.actors.report.HtmlReport;
import org.rebasin.actors.report.Json;
import org.rebasin.actors.report.MergeReport;
import org.rebasin.actors.report.Tables;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Correction;
import org.rebasin.actors.work.TaskResult.Evaluated;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.evaluation.Score;
import org.rebasin.model.merge.BatchNormRecalibration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code rebasin merge}. */
@Command(name = "merge", description = "Aligns models and averages them into one.")
final class MergeCommand extends RebasinCommand {
  @Option(names = "--data", description = "Evaluate on: ${sys:rebasin.help.data}.")
  private String data;

  @Option(names = "--out", required = true, description = "Where the merged model is written.")
  private Path out;

  @Mixin private MergeInputs inputs;
  @Mixin private AlignmentOptions options;
  @Mixin private CorrectionOptions corrections;
  @Mixin private ModelOptions models;
  @Mixin private ReportOption report;

  @Override
  Output execute() {
    double[] weights = inputs.weights();
    requireWritable(out);
    report.requireWritable();
    Optional<String> written = Optional.ofNullable(data).map(ModelOptions::writtenOut);
    Optional<MergeRequest.AlignmentPlan> plan = options.plan(inputs.strategy(), written, false);
    Optional<Correction> correction = corrections.correction(written);
    return onNode(
        directoryOf(out),
        (store, datasets) -> {
          List<ModelId> ids = models.register(store, inputs.files());
          if (data != null) {
            ModelOptions.requireFit(store, ids.get(0), datasets, data);
          }
          return new MergeRequest(
              ids.stream().<MergeRequest.Source>map(MergeRequest.Stored::new).toList(),
              plan,
              Optional.of(Arrays.stream(weights).boxed().toList()),
              correction,
              Optional.ofNullable(data)
                  .map(text -> new MergeRequest.EvaluationPlan(text, true, 0, Set.of())));
        },
        this::merge);
  }

  private Output merge(Workplace workplace, MergeRequest request) {
    MergeOutcome outcome = workplace.node().run(request, workplace.console());
    ModelId merged = outcome.merged().orElseThrow();
    workplace.store().export(merged, out);

    Map<String, Object> document = new LinkedHashMap<>();
    document.put(
        "models",
        IntStream.range(0, inputs.files().size())
            .mapToObj(
                i ->
                    Map.of(
                        "path", inputs.files().get(i).toString(),
                        "sha256", outcome.models().get(i).sha256(),
                        "weight", request.merge().orElseThrow().get(i)))
            .toList());
    document.put("strategy", inputs.strategy().text());
    document.put("alignments", outcome.alignments().stream().map(Documents::alignment).toList());
    outcome
        .common()
        .ifPresent(common -> document.put("common_alignment", Documents.commonAlignment(common)));
    request
        .correction()
        .ifPresent(correction -> document.put("correction", correction.kind().text()));
    outcome
        .controls()
        .ifPresent(controls -> document.put("evaluation", Documents.controls(controls)));
    document.put("out", out.toString());
    document.put("sha256", merged.sha256());

    StringBuilder text = new StringBuilder();
    for (int i = 0; i < outcome.alignments().size(); i++) {
      text.append(inputs.files().get(i + 1))
          .append(": ")
          .append(AlignCommand.text(outcome.alignments().get(i)))
          .append('\n');
    }
    outcome
        .common()
        .ifPresent(
            common ->
                text.append(
                    number(
                        "%s: objective %.4f -> %.4f in %d rounds, %.2f s%n",
                        inputs.strategy().text(),
                        common.alignment().objectiveBefore(),
                        common.alignment().objective(),
                        common.alignment().rounds(),
                        common.alignment().seconds())));
    outcome.controls().ifPresent(controls -> text.append(table(controls)).append('\n'));
    if (request.correction().isEmpty() && normalisesBatches(workplace, merged)) {
      text.append(
          "its batch normalisations have their parents' averaged statistics, which rarely fit;"
              + " --recalibrate or --repair, with --data, measures them\n");
    }
    String reported = report.write(() -> report(workplace, request, outcome));
    return new Output(document, text + "written to " + out + reported);
  }

  private HtmlReport report(Workplace workplace, MergeRequest request, MergeOutcome outcome) {
    return MergeReport.of(
        new MergeReport.Subject(
            "Merge of " + ReportOption.named(inputs.files()),
            inputs.files().stream().map(Path::toString).toList(),
            Optional.of(out.toString()),
            Map.of("architecture", architecture(workplace, outcome))),
        Json.tree(settings(request, Optional.ofNullable(data))),
        Json.tree(Documents.outcome(outcome)),
        List.of(),
        ReportOption.provenance());
  }

  /** What all of an outcome's models are. */
  static String architecture(Workplace workplace, MergeOutcome outcome) {
    try (ModelFile file = workplace.store().open(outcome.models().get(0))) {
      return file.network().architecture();
    }
  }

  /** A request's settings together with its data. */
  static Map<String, Object> settings(MergeRequest request, Optional<String> data) {
    Map<String, Object> settings = new LinkedHashMap<>(Documents.settings(request));
    data.ifPresent(text -> settings.put("data", text));
    return settings;
  }

  private static boolean normalisesBatches(Workplace workplace, ModelId model) {
    try (ModelFile file = workplace.store().open(model)) {
      return BatchNormRecalibration.concerns(file.network());
    }
  }

  private String table(MergeOutcome.Controls controls) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("test", "loss", "accuracy"));
    for (int i = 0; i < inputs.files().size(); i++) {
      rows.add(row(inputs.files().get(i).toString(), controls.parents().get(i)));
    }
    rows.add(row("naive average", controls.naive()));
    controls.merged().ifPresent(score -> rows.add(row("merged", score)));
    rows.add(row("ensemble", controls.ensemble()));
    return Tables.table(rows);
  }

  /** A row of name, loss and accuracy. */
  static List<String> row(String name, Evaluated evaluated) {
    Score score = evaluated.score();
    return List.of(name, number("%.4f", score.loss()), number("%.2f %%", 100 * score.accuracy()));
  }
}
