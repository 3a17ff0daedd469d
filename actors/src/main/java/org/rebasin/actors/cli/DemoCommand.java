package org.rebasin.actors.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.rebasin.actors.job.MergeOutcome;
import org.rebasin.actors.job.MergeOutcome.Curve;
import org.rebasin.actors.job.MergeOutcome.CurveKind;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.report.Documents;
import org.rebasin.actors.report.HtmlReport;
import org.rebasin.actors.report.Json;
import org.rebasin.actors.report.MergeReport;
import org.rebasin.actors.report.Plot;
import org.rebasin.actors.report.PlotFile;
import org.rebasin.actors.report.Tables;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Split;
import org.rebasin.actors.work.Task;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.data.Dataset;
import org.rebasin.model.training.Optimizer;
import org.rebasin.model.training.Schedule;
import org.rebasin.model.training.TrainingSettings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code rebasin demo}. */
@Command(
    name = "demo",
    description = "The tour: trains networks side by side, aligns, merges and evaluates them.")
final class DemoCommand extends RebasinCommand {
  private static final int HIDDEN = 512;
  private static final int CURVE_POINTS = 25;

  @Option(
      names = "--data",
      defaultValue = "digits",
      description = "${sys:rebasin.help.data} (default: digits).")
  private String data;

  @Option(names = "--models", defaultValue = "2", description = "Default: ${DEFAULT-VALUE}.")
  private int models;

  @Option(names = "--epochs", defaultValue = "15", description = "Default: ${DEFAULT-VALUE}.")
  private int epochs;

  @Option(
      names = "--out",
      defaultValue = "rebasin-demo",
      description = "The directory for all results (default: ${DEFAULT-VALUE}).")
  private Path out;

  @Option(names = "--seed", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Override
  Output execute() {
    if (models < 2) {
      throw new IllegalArgumentException("--models: expected at least 2, found " + models);
    }
    TrainingSettings settings =
        new TrainingSettings(
            epochs, 500, Optimizer.Kind.ADAM, 1e-3, 0, 0, Schedule.Decay.CONSTANT, seed);
    return onNode(
        out.toAbsolutePath(),
        (store, datasets) -> {
          MergeRequest request = request(datasets.get(data), settings);
          makeDirectory();
          return request;
        },
        this::demonstrate);
  }

  private void makeDirectory() {
    try {
      Files.createDirectories(out);
    } catch (IOException problem) {
      throw new IllegalArgumentException(
          "--out: cannot make the directory %s: %s".formatted(out, problem), problem);
    }
    requireWritable(out.resolve("report.json"));
  }

  private MergeRequest request(Dataset dataset, TrainingSettings settings) {
    String architecture =
        Mlp.of(dataset.shape().elements(), HIDDEN, HIDDEN, HIDDEN, dataset.classes()).text();
    return new MergeRequest(
        IntStream.range(0, models)
            .<MergeRequest.Source>mapToObj(
                i ->
                    new MergeRequest.ToTrain(
                        new Task.Train(
                            "train model " + (i + 1),
                            architecture,
                            data,
                            Optional.empty(),
                            settings.withSeed(seed + i))))
            .toList(),
        Optional.of(MergeRequest.AlignmentPlan.toReference(new Matching.Weight(0), seed, false)),
        Optional.of(IntStream.range(0, models).mapToObj(i -> 1.0 / models).toList()),
        Optional.empty(),
        Optional.of(new MergeRequest.EvaluationPlan(data, true, CURVE_POINTS, Set.of(Split.TEST))));
  }

  private Output demonstrate(Workplace workplace, MergeRequest request) {
    MergeOutcome outcome = workplace.node().run(request, workplace.console());
    for (int i = 0; i < models; i++) {
      workplace
          .store()
          .export(outcome.models().get(i), out.resolve("model-" + (i + 1) + ".safetensors"));
    }
    workplace.store().export(outcome.merged().orElseThrow(), out.resolve("merged.safetensors"));
    PlotFile.write(
        Plot.ofCurves("Loss between two trained networks", outcome.curves()),
        out.resolve("curve.png"));
    Map<String, Object> report = report(outcome);
    Json.write(report, out.resolve("report.json"));
    htmlReport(workplace, request, outcome).write(out.resolve("report.html"));
    return new Output(report, text(outcome));
  }

  private Map<String, Object> report(MergeOutcome outcome) {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("data", data);
    report.put("seed", seed);
    report.put("training", outcome.trained().stream().map(Documents::training).toList());
    report.put("alignments", outcome.alignments().stream().map(Documents::alignment).toList());
    report.put("evaluation", Documents.controls(outcome.controls().orElseThrow()));
    report.put("curves", Documents.curves(outcome));
    report.put("merged", outcome.merged().orElseThrow().sha256());
    return report;
  }

  private HtmlReport htmlReport(Workplace workplace, MergeRequest request, MergeOutcome outcome) {
    List<String> names = IntStream.rangeClosed(1, models).mapToObj(i -> "model " + i).toList();
    return MergeReport.of(
        new MergeReport.Subject(
            "Merge of %d networks trained from different seeds".formatted(models),
            names,
            Optional.of("merged.safetensors"),
            Map.of("architecture", MergeCommand.architecture(workplace, outcome))),
        Json.tree(MergeCommand.settings(request, Optional.of(data))),
        Json.tree(Documents.outcome(outcome)),
        List.of(
            MergeReport.training(
                names, Json.tree(outcome.trained().stream().map(Documents::training).toList()))),
        ReportOption.provenance());
  }

  private String text(MergeOutcome outcome) {
    MergeOutcome.Controls controls = outcome.controls().orElseThrow();
    Curve naive = outcome.curve(CurveKind.NAIVE).get(Split.TEST);
    Curve aligned = outcome.curve(CurveKind.ALIGNED).get(Split.TEST);
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("test", "loss", "accuracy", "barrier"));
    for (int i = 0; i < models; i++) {
      rows.add(MergeCommand.row("model " + (i + 1), controls.parents().get(i)));
    }
    rows.add(withBarrier(MergeCommand.row("naive average", controls.naive()), naive));
    rows.add(
        withBarrier(MergeCommand.row("aligned, merged", controls.merged().orElseThrow()), aligned));
    rows.add(MergeCommand.row("ensemble", controls.ensemble()));
    StringBuilder text = new StringBuilder(Tables.table(rows)).append("\n\n");
    for (int i = 0; i < outcome.alignments().size(); i++) {
      text.append("model ")
          .append(i + 2)
          .append(": ")
          .append(AlignCommand.text(outcome.alignments().get(i)))
          .append('\n');
    }
    return text
        + "results are in "
        + out
        + ": merged.safetensors, curve.png, report.json, report.html";
  }

  private static List<String> withBarrier(List<String> row, Curve curve) {
    List<String> all = new ArrayList<>(row);
    all.add(number("%.4f", curve.barrier().aboveChord()));
    return all;
  }
}
