package org.rebasin.actors.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rebasin.actors.experiment.Experiment;
import org.rebasin.actors.experiment.ExperimentRun;
import org.rebasin.actors.report.Tables;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rebasin experiment}. */
@Command(
    name = "experiment",
    description = "Lists and runs the experiments of the paper.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    subcommands = {ExperimentCommand.ListAll.class, ExperimentCommand.Run.class})
final class ExperimentCommand implements Runnable {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "expected list or run");
  }

  /** Where the experiments are described; the launcher says so. */
  private static Path definitions() {
    return Path.of(System.getProperty("rebasin.experiments", "config/experiments"));
  }

  /** {@code rebasin experiment list}. */
  @Command(name = "list", description = "Lists the experiments.")
  static final class ListAll extends RebasinCommand {
    @Override
    Output execute() {
      List<List<String>> rows = new ArrayList<>();
      rows.add(List.of("experiment", "what it is", "needs"));
      List<Object> documents = new ArrayList<>();
      for (String name : Experiment.names(definitions())) {
        Experiment.Listing listing = Experiment.listing(definitions(), name);
        rows.add(List.of(name, listing.title(), listing.needs()));
        documents.add(listing);
      }
      return new Output(Map.of("experiments", documents), Tables.leftAligned(rows));
    }
  }

  /** {@code rebasin experiment run}. */
  @Command(
      name = "run",
      description =
          "Runs an experiment, or goes on with it: what is in the directory is not done again.")
  static final class Run extends RebasinCommand {
    @Parameters(paramLabel = "NAME", description = "One of those that 'list' shows.")
    private String name;

    @Option(
        names = "--scale",
        defaultValue = "laptop",
        description = "${COMPLETION-CANDIDATES} (default: laptop).")
    private Experiment.Scale scale;

    @Option(names = "--data", description = "${sys:rebasin.help.data}.")
    private String data;

    @Option(
        names = "--model",
        paramLabel = "FILE",
        description = "A model of the user's own, where the experiment takes such; repeatable.")
    private List<Path> models = new ArrayList<>();

    @Option(
        names = "--out",
        description = "The directory for all results (default: rebasin-experiments/NAME-SCALE).")
    private Path out;

    @Override
    Output execute() {
      Experiment experiment =
          Experiment.load(definitions(), name, scale, Optional.ofNullable(data), models);
      Path directory =
          Optional.ofNullable(out)
              .orElseGet(() -> Path.of("rebasin-experiments", name + "-" + scale.text()));
      return onNode(
          directory.toAbsolutePath(),
          (store, datasets) -> {
            Optional.ofNullable(data).ifPresent(datasets::get);
            makeDirectory(directory);
            return experiment;
          },
          (workplace, ready) -> {
            ExperimentRun.Result result =
                ExperimentRun.run(
                    ready,
                    workplace.node(),
                    workplace.store(),
                    workplace.datasets(),
                    directory,
                    workplace.console(),
                    ReportOption.provenance());
            Map<String, Object> document = new LinkedHashMap<>(result.document());
            document.put("out", directory.toString());
            return new Output(document, result.summary() + "\nresults are in " + directory);
          });
    }

    private static void makeDirectory(Path directory) {
      try {
        Files.createDirectories(directory);
      } catch (IOException problem) {
        throw new IllegalArgumentException(
            "--out: cannot make the directory %s: %s".formatted(directory, problem), problem);
      }
      requireWritable(directory.resolve("results.json"));
    }
  }
}
