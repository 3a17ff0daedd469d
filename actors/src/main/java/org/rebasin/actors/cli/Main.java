package org.rebasin.actors.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.Arrays;
import java.util.List;
import org.slf4j.LoggerFactory;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;

/** Where the process starts. */
@Command(
    name = "rebasin",
    description = "Merges independently trained neural networks into one.",
    versionProvider = Version.class,
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      DemoCommand.class,
      TrainCommand.class,
      AlignCommand.class,
      PermuteCommand.class,
      MergeCommand.class,
      EvaluateCommand.class,
      BarrierCommand.class,
      InspectCommand.class,
      ExperimentCommand.class,
      AssignCommand.class,
      NodeCommand.class,
      SubmitCommand.class,
      StatusCommand.class,
      WatchCommand.class,
      CancelCommand.class,
      FederationCommand.class,
      AutoComplete.GenerateCompletion.class
    })
public final class Main implements Runnable {
  /** Exit code of work that failed. */
  static final int FAILED = 1;

  /** Exit code of bad input or usage. */
  static final int BAD_INPUT = 2;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  private Main() {}

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "expected a command");
  }

  /** Runs the command line and ends the process with its exit code. */
  public static void main(String[] arguments) {
    if (!Arrays.asList(arguments).contains("--verbose")) {
      ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).setLevel(Level.OFF);
    }
    int code = run(arguments);
    System.out.flush();
    System.exit(code);
  }

  /** Runs the command line; returns the exit code. */
  static int run(String... arguments) {
    // The text that the commands' help has in common.
    System.setProperty(
        "rebasin.help.data",
        "digits, mnist:DIR, fashion-mnist:DIR, cifar10:DIR, cifar100:DIR or imagenet:DIR");
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        // @PATH is an architecture's file, not one of arguments.
        .setExpandAtFiles(false)
        .setParameterExceptionHandler(
            (problem, args) -> {
              String message =
                  message(problem)
                      + System.lineSeparator()
                      + "Try '%s --help'."
                          .formatted(problem.getCommandLine().getCommandSpec().qualifiedName());
              Failure.report("usage", message, List.of(args).contains("--json"));
              return BAD_INPUT;
            })
        .execute(arguments);
  }

  /** With the names that users write where picocli has those of the constants, and what is near. */
  private static String message(CommandLine.ParameterException problem) {
    if (problem.getArgSpec() instanceof OptionSpec option && option.type().isEnum()) {
      return "%s: expected one of %s, found '%s'"
          .formatted(
              option.longestName(),
              String.join(", ", option.completionCandidates()),
              problem.getValue());
    }
    if (problem instanceof CommandLine.UnmatchedArgumentException unmatched
        && !unmatched.getSuggestions().isEmpty()) {
      return "%s; the nearest: %s"
          .formatted(unmatched.getMessage(), String.join(", ", unmatched.getSuggestions()));
    }
    return problem.getMessage();
  }
}
