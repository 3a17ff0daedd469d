package org.rebasin.actors.cli;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.rebasin.actors.http.ApiException;
import org.rebasin.actors.job.JournalUnreachableException;
import org.rebasin.actors.node.RebasinNode;
import org.rebasin.actors.node.TaskFailedException;
import org.rebasin.actors.report.Json;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.telemetry.Telemetry;
import org.rebasin.actors.work.Datasets;
import org.rebasin.model.checkpoint.CheckpointException;
import org.rebasin.model.data.DatasetException;
import picocli.CommandLine.Option;

/** What all commands have in common: the output's form, errors, and the node in this process. */
abstract class RebasinCommand implements Callable<Integer> {
  @Option(names = "--json", description = "Print one JSON document instead of text.")
  boolean json;

  @Option(names = "--verbose", description = "Log what happens inside to standard error.")
  boolean verbose;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  /**
   * What a command prints.
   *
   * @param document with {@code --json}
   * @param text otherwise
   */
  record Output(Map<String, Object> document, String text) {}

  /** Does the work. Whatever is wrong with the input is found before it starts. */
  abstract Output execute();

  @Override
  public final Integer call() {
    try {
      Output output = execute();
      System.out.println(json ? Json.text(output.document()) : output.text());
      return 0;
    } catch (IllegalArgumentException | CheckpointException | DatasetException problem) {
      Failure.report("bad_input", problem.getMessage(), json);
      return Main.BAD_INPUT;
    } catch (TaskFailedException problem) {
      boolean badInput = problem.failure().badInput();
      Failure.report(badInput ? "bad_input" : "failed", history(problem), json);
      return badInput ? Main.BAD_INPUT : Main.FAILED;
    } catch (ApiException problem) {
      Failure.report(problem.why().name().toLowerCase(Locale.ROOT), problem.getMessage(), json);
      return problem.why() == ApiException.Cause.BAD_INPUT ? Main.BAD_INPUT : Main.FAILED;
    } catch (JournalUnreachableException problem) {
      Failure.report("failed", problem.getMessage(), json);
      return Main.FAILED;
    } catch (UncheckedIOException problem) {
      Failure.report("failed", problem.getMessage() + ": " + problem.getCause(), json);
      return Main.FAILED;
    } catch (RuntimeException | OutOfMemoryError problem) {
      if (verbose) {
        problem.printStackTrace();
      }
      Failure.report("failed", problem.toString(), json);
      return Main.FAILED;
    }
  }

  private static String history(TaskFailedException problem) {
    int attempts = problem.failure().history().size();
    return attempts == 1
        ? problem.getMessage()
        : "%s (after %d attempts)".formatted(problem.getMessage(), attempts);
  }

  /** What a command works with while it has a node. */
  record Workplace(RebasinNode node, ModelStore store, Datasets datasets, Console console) {}

  /**
   * Checks the input with {@code prepare}, then starts a node and works.
   *
   * @param products where the store may make its directory
   */
  final <P> Output onNode(Path products, PrepareStep<P> prepare, WorkStep<P> work) {
    Config config = Telemetry.start(ConfigFactory.load());
    Datasets datasets = new Datasets();
    try (ModelStore store = new ModelStore(products)) {
      P prepared = prepare.apply(store, datasets);
      try (Console console = new Console();
          RebasinNode node = RebasinNode.start(config, store, datasets)) {
        return work.apply(new Workplace(node, store, datasets, console), prepared);
      }
    }
  }

  /** Registers models and loads data, refusing what is wrong. */
  @FunctionalInterface
  interface PrepareStep<P> {
    /** Returns what the work needs. */
    P apply(ModelStore store, Datasets datasets);
  }

  /** Works with what was prepared. */
  @FunctionalInterface
  interface WorkStep<P> {
    /** Returns what is printed. */
    Output apply(Workplace workplace, P prepared);
  }

  /** The directory that files to be made beside {@code output} may be put in. */
  static Path directoryOf(Path output) {
    return output.toAbsolutePath().getParent();
  }

  /** Where models that only this command needs are put. */
  static Path temporary() {
    return Path.of(System.getProperty("java.io.tmpdir"));
  }

  /** Refuses an output path that cannot be written. */
  static void requireWritable(Path output) {
    Path directory = directoryOf(output);
    String problem =
        Files.isDirectory(output)
            ? "it is a directory"
            : directory == null || !Files.isDirectory(directory)
                ? "there is no directory " + directory
                : !Files.isWritable(directory) ? "its directory may not be written" : "";
    if (!problem.isEmpty()) {
      throw new IllegalArgumentException("cannot write %s: %s".formatted(output, problem));
    }
  }

  /** A fixed-point number, whatever the user's locale. */
  static String number(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
