package org.rebasin.actors.experiment;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.rebasin.actors.node.RebasinNode;
import org.rebasin.actors.report.HtmlReport;
import org.rebasin.actors.report.Json;
import org.rebasin.actors.report.PlotFile;
import org.rebasin.actors.report.Tables;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.work.Datasets;
import org.rebasin.actors.work.Progress;

/**
 * Runs an experiment and writes what it found: {@code results.json} with every point, {@code
 * plots/} as PNG and SVG, {@code summary.md}, and all of that in {@code report.html}. What an
 * earlier run in the same directory trained or measured is used again.
 */
public final class ExperimentRun {
  private ExperimentRun() {}

  /**
   * Runs it; returns the summary's text.
   *
   * @param provenance what runs it, for the report
   */
  public static Result run(
      Experiment experiment,
      RebasinNode node,
      ModelStore store,
      Datasets datasets,
      Path directory,
      Consumer<Progress> progress,
      Map<String, String> provenance) {
    Laboratory laboratory = new Laboratory(node, store, datasets, directory, progress);
    Findings findings = experiment.kind().run(laboratory, experiment);
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("experiment", experiment.name());
    document.put("scale", experiment.scale().text());
    experiment.givenData().ifPresent(data -> document.put("data", data));
    document.putAll(findings.points());
    try {
      Path plots = Files.createDirectories(directory.resolve("plots"));
      findings
          .plots()
          .forEach(
              (name, plot) -> {
                PlotFile.write(plot, plots.resolve(name + ".png"));
                PlotFile.write(plot, plots.resolve(name + ".svg"));
              });
      Json.write(document, directory.resolve("results.json"));
      String summary = summary(experiment, findings);
      Files.writeString(directory.resolve("summary.md"), summary);
      report(experiment, findings, provenance).write(directory.resolve("report.html"));
      return new Result(document, summary);
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot write into " + directory, problem);
    }
  }

  /**
   * What was written.
   *
   * @param document of {@code results.json}
   * @param summary of {@code summary.md}
   */
  public record Result(Map<String, Object> document, String summary) {}

  private static String command(Experiment experiment) {
    return "./rebasin experiment run %s --scale %s%s"
        .formatted(
            experiment.name(),
            experiment.scale().text(),
            experiment
                .givenData()
                .map(data -> " --data " + data.replaceAll(":[^#]*", ":DIR"))
                .orElse(""));
  }

  private static List<List<String>> published(Experiment experiment) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("what", "figure"));
    rows.addAll(experiment.published());
    return rows;
  }

  private static HtmlReport report(
      Experiment experiment, Findings findings, Map<String, String> provenance) {
    List<HtmlReport.Section> sections = new ArrayList<>();
    findings
        .tables()
        .forEach(
            (title, rows) ->
                sections.add(
                    new HtmlReport.Section(title, List.of(new HtmlReport.Table("", rows)))));
    if (!experiment.published().isEmpty()) {
      sections.add(
          new HtmlReport.Section(
              "Published", List.of(new HtmlReport.Table("", published(experiment)))));
    }
    if (!findings.plots().isEmpty()) {
      sections.add(
          new HtmlReport.Section(
              "Plots",
              findings.plots().values().stream()
                  .<HtmlReport.Part>map(HtmlReport.Picture::new)
                  .toList()));
    }
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("command", command(experiment));
    facts.putAll(provenance);
    sections.add(new HtmlReport.Section("Made by", List.of(new HtmlReport.Facts(facts))));
    return new HtmlReport(
        experiment.title(),
        "Experiment %s at the scale %s.".formatted(experiment.name(), experiment.scale().text()),
        sections);
  }

  private static String summary(Experiment experiment, Findings findings) {
    StringBuilder text = new StringBuilder();
    text.append("# ").append(experiment.title()).append("\n\n");
    text.append('`').append(command(experiment)).append("`\n");
    findings
        .tables()
        .forEach(
            (title, rows) ->
                text.append("\n## ")
                    .append(title)
                    .append("\n\n")
                    .append(Tables.markdown(rows))
                    .append('\n'));
    text.append("\n## Published\n\n");
    text.append(Tables.markdown(published(experiment))).append('\n');
    findings
        .plots()
        .forEach(
            (name, plot) -> text.append("\n![%s](plots/%s.svg)\n".formatted(plot.title(), name)));
    return text.toString();
  }
}
