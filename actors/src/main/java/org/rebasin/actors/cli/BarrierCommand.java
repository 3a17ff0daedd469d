package org.rebasin.actors.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rebasin.actors.job.MergeOutcome;
import org.rebasin.actors.job.MergeOutcome.Curve;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.report.Documents;
import org.rebasin.actors.report.HtmlReport;
import org.rebasin.actors.report.Json;
import org.rebasin.actors.report.MergeReport;
import org.rebasin.actors.report.Plot;
import org.rebasin.actors.report.PlotFile;
import org.rebasin.actors.report.Tables;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Correction;
import org.rebasin.actors.work.Split;
import org.rebasin.actors.work.Strategy;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rebasin barrier}. */
@Command(
    name = "barrier",
    description = "Tells how far the loss rises between two models, as they are and aligned.")
final class BarrierCommand extends RebasinCommand {
  @Parameters(index = "0", paramLabel = "A", description = "The first model.")
  private Path first;

  @Parameters(index = "1", paramLabel = "B", description = "The second model.")
  private Path second;

  @Option(names = "--data", required = true, description = "${sys:rebasin.help.data}.")
  private String data;

  @Option(
      names = "--points",
      defaultValue = "25",
      description = "Points of the curve, odd, ends included (default: ${DEFAULT-VALUE}).")
  private int points;

  @Option(names = "--plot", description = "Where the curve is drawn, as PNG or SVG.")
  private Path plot;

  @Mixin private AlignmentOptions options;
  @Mixin private CorrectionOptions corrections;
  @Mixin private ModelOptions models;
  @Mixin private ReportOption report;

  @Override
  Output execute() {
    if (points < 3 || points % 2 == 0) {
      throw new IllegalArgumentException(
          "--points: expected an odd number of at least 3, so that the midpoint is one, found "
              + points);
    }
    Optional.ofNullable(plot).ifPresent(RebasinCommand::requireWritable);
    report.requireWritable();
    Optional<MergeRequest.AlignmentPlan> plan =
        options.plan(Strategy.TO_REFERENCE, Optional.of(data), false);
    Optional<Correction> correction = corrections.correction(Optional.of(data));
    return onNode(
        temporary(),
        (store, datasets) -> {
          List<ModelId> ids = models.register(store, List.of(first, second));
          ModelOptions.requireFit(store, ids.get(0), datasets, data);
          return new MergeRequest(
              ids.stream().<MergeRequest.Source>map(MergeRequest.Stored::new).toList(),
              plan,
              Optional.empty(),
              correction,
              Optional.of(
                  new MergeRequest.EvaluationPlan(
                      data, false, points, EnumSet.allOf(Split.class))));
        },
        this::barrier);
  }

  private Output barrier(Workplace workplace, MergeRequest request) {
    long started = System.nanoTime();
    MergeOutcome outcome = workplace.node().run(request, workplace.console());
    double seconds = (System.nanoTime() - started) / 1e9;
    Optional.ofNullable(plot)
        .ifPresent(
            file ->
                PlotFile.write(
                    Plot.ofCurves("Loss between two models, " + data(), outcome.curves()), file));
    Map<String, Object> document = new LinkedHashMap<>(Documents.curves(outcome));
    outcome.alignments().stream()
        .findFirst()
        .ifPresent(aligned -> document.put("alignment", Documents.alignment(aligned)));
    document.put("seconds", seconds);
    StringBuilder text = new StringBuilder();
    outcome.alignments().stream()
        .findFirst()
        .ifPresent(aligned -> text.append(AlignCommand.text(aligned)).append('\n'));
    text.append(table(outcome));
    Optional.ofNullable(plot).ifPresent(file -> text.append("\ndrawn in ").append(file));
    text.append(report.write(() -> report(workplace, request, outcome)));
    return new Output(document, text.toString());
  }

  private HtmlReport report(Workplace workplace, MergeRequest request, MergeOutcome outcome) {
    return MergeReport.of(
        new MergeReport.Subject(
            "Loss between " + ReportOption.named(List.of(first, second)),
            List.of(first.toString(), second.toString()),
            Optional.empty(),
            Map.of("architecture", MergeCommand.architecture(workplace, outcome))),
        Json.tree(MergeCommand.settings(request, Optional.of(data))),
        Json.tree(Documents.outcome(outcome)),
        List.of(),
        ReportOption.provenance());
  }

  /** The data set's name, without its directory. */
  private String data() {
    return data.replaceAll(":.*", "");
  }

  /** Ends, midpoint and barriers of all curves. */
  static String table(MergeOutcome outcome) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            "curve",
            "loss at 0",
            "at 1",
            "midpoint",
            "accuracy",
            "barrier above chord",
            "above mean of ends"));
    outcome
        .curves()
        .forEach(
            (kind, bySplit) ->
                bySplit.forEach(
                    (split, curve) -> rows.add(row(kind.text() + ", " + split.text(), curve))));
    return Tables.table(rows);
  }

  private static List<String> row(String name, Curve curve) {
    List<Double> losses = curve.losses();
    int middle = losses.size() / 2;
    return List.of(
        name,
        number("%.4f", losses.get(0)),
        number("%.4f", losses.get(losses.size() - 1)),
        number("%.4f", losses.get(middle)),
        number("%.2f %%", 100 * curve.accuracies().get(middle)),
        number("%.4f", curve.barrier().aboveChord()),
        number("%.4f", curve.barrier().aboveMidpoint()));
  }
}
