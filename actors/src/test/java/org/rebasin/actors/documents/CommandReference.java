package org.rebasin.actors.documents;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.rebasin.actors.cli.Main;
import picocli.CommandLine;

/** The command line as picocli knows it. Runs nothing. */
final class CommandReference {
  private final CommandLine root =
      new CommandLine(Main.class).setCaseInsensitiveEnumValuesAllowed(true);

  /**
   * What a shell's command gives to Rebasin, if it runs it: by the launcher, in a container, or as
   * what another program runs.
   */
  static List<List<String>> arguments(List<String> words) {
    for (int i = 0; i < words.size(); i++) {
      if (words.get(i).matches("(.*/)?rebasin|rebasin:[\\w.-]+") && isProgram(words, i)) {
        return List.of(words.subList(i + 1, words.size()));
      }
    }
    return List.of();
  }

  private static boolean isProgram(List<String> words, int index) {
    boolean first = words.subList(0, index).stream().allMatch(word -> word.matches("[A-Z_]+=.*"));
    boolean inContainer =
        words.get(0).equals("docker") && words.contains("run") && words.get(index).contains(":");
    return first || inContainer;
  }

  /** What picocli objects to, given arguments as they would be given. */
  Optional<String> objection(List<String> arguments) {
    try {
      root.parseArgs(arguments.toArray(String[]::new));
      return Optional.empty();
    } catch (CommandLine.ParameterException problem) {
      return Optional.of(String.join(" ", arguments) + ": " + problem.getMessage());
    }
  }

  /** What is wrong with a command's name and options, in a text that has placeholders. */
  Optional<String> objectionToSynopsis(String synopsis) {
    List<String> words = words(synopsis);
    if (words.get(0).startsWith("-")) {
      return unknown(root, words);
    }
    Optional<CommandLine> command = command(root, words);
    return command.isEmpty()
        ? Optional.of("there is no such command")
        : unknown(command.get(), words);
  }

  /**
   * Checks a cell that describes commands.
   *
   * @param spans its code: commands, of which those behind the first may leave out what they are
   *     subcommands of, or options of the first alone
   * @param described takes the commands' full names
   */
  void rowOf(List<String> spans, Set<String> described, Consumer<String> report) {
    List<CommandLine> commands = new ArrayList<>();
    for (String span : spans) {
      List<String> words = words(span);
      if (words.get(0).startsWith("-")) {
        unknown(commands.get(0), words).ifPresent(report);
        continue;
      }
      Optional<CommandLine> command =
          command(root, words)
              .or(
                  () ->
                      commands.isEmpty()
                          ? Optional.empty()
                          : command(commands.get(commands.size() - 1).getParent(), words));
      if (command.isEmpty()) {
        report.accept("there is no command " + span);
        continue;
      }
      commands.add(command.get());
      described.add(name(command.get()));
      unknown(command.get(), words).ifPresent(report);
    }
  }

  /** The full names of all commands that do something. */
  Set<String> all() {
    Set<String> names = new TreeSet<>();
    collect(root, names);
    return names;
  }

  private static void collect(CommandLine command, Set<String> names) {
    if (command.getSubcommands().isEmpty()) {
      names.add(name(command));
    }
    command.getSubcommands().values().forEach(each -> collect(each, names));
  }

  private static String name(CommandLine command) {
    return command.getCommandSpec().qualifiedName().replaceFirst("^\\S+ ", "");
  }

  /** The command that words begin with; none if they stop at one that needs a subcommand. */
  private static Optional<CommandLine> command(CommandLine from, List<String> words) {
    CommandLine command = from;
    for (String word : words) {
      CommandLine next = command.getSubcommands().get(word);
      if (next == null) {
        break;
      }
      command = next;
    }
    return command.getSubcommands().isEmpty() ? Optional.of(command) : Optional.empty();
  }

  private static Optional<String> unknown(CommandLine command, List<String> words) {
    return words.stream()
        .filter(word -> word.startsWith("-"))
        .map(word -> word.replaceFirst("=.*", ""))
        .filter(option -> command.getCommandSpec().findOption(option) == null)
        .findFirst()
        .map(option -> name(command) + " has no option " + option);
  }

  /** Without brackets and what stands for more of the same. */
  private static List<String> words(String synopsis) {
    return Arrays.stream(synopsis.replaceAll("[\\[\\]|…]", " ").strip().split("\\s+")).toList();
  }
}
