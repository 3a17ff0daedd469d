package org.rebasin.actors.experiment;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.rebasin.actors.node.RebasinNode;
import org.rebasin.actors.report.Json;
import org.rebasin.actors.report.PlotFile;
import org.rebasin.actors.report.Tables;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.work.Datasets;
import org.rebasin.actors.work.Progress;

/**
 * Runs an experiment and writes what it found: {@code results.json} with every point, {@code
 * plots/} as PNG and SVG, and {@code summary.md}. What an earlier run in the same directory trained
 * or measured is used again.
 */
public final class ExperimentRun {
  private ExperimentRun() {}

  /** Runs it; returns the summary's text. */
  public static Result run(
      Experiment experiment,
      RebasinNode node,
      ModelStore store,
      Datasets datasets,
      Path directory,
      Consumer<Progress> progress) {
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

  private static String summary(Experiment experiment, Findings findings) {
    StringBuilder text = new StringBuilder();
    text.append("# ").append(experiment.title()).append("\n\n");
    text.append("`./rebasin experiment run ").append(experiment.name());
    text.append(" --scale ").append(experiment.scale().text());
    experiment
        .givenData()
        .ifPresent(data -> text.append(" --data ").append(data.replaceAll(":[^#]*", ":DIR")));
    text.append("`\n");
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
    java.util.List<java.util.List<String>> published = new java.util.ArrayList<>();
    published.add(java.util.List.of("what", "figure"));
    published.addAll(experiment.published());
    text.append(Tables.markdown(published)).append('\n');
    findings
        .plots()
        .forEach(
            (name, plot) -> text.append("\n![%s](plots/%s.svg)\n".formatted(plot.title(), name)));
    return text.toString();
  }
}
