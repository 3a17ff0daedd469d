package org.rebasin.actors.deploy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Writes the reference of all settings from the files that give them their defaults. */
final class ConfigurationReference {
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{\\??(REBASIN_[A-Z_]+)}");

  private static final Pattern VARIABLE_OVER_DEFAULT =
      Pattern.compile("(\".*\"),\\$\\{\\?(REBASIN_[A-Z_]+)}");

  /** Files show what they say themselves; what they include has a section of its own. */
  private static final ConfigParseOptions ALONE =
      ConfigParseOptions.defaults().setAllowMissing(false).setIncluder(new Nothing());

  private final StringBuilder text = new StringBuilder();

  private ConfigurationReference() {}

  /** Settings that have one comment in common, in the file's order. */
  private record Group(List<String> settings, String comment) {}

  private static final class Nothing implements ConfigIncluder {
    @Override
    public ConfigIncluder withFallback(ConfigIncluder fallback) {
      return this;
    }

    @Override
    public ConfigObject include(ConfigIncludeContext context, String what) {
      return ConfigFactory.empty().root();
    }
  }

  /**
   * The whole document.
   *
   * @param repository the directory of {@code config} and {@code actors}
   */
  static String of(Path repository) {
    ConfigurationReference reference = new ConfigurationReference();
    Path resources = repository.resolve("actors/src/main/resources");
    reference.text.append(
        """
        # Settings

        Made from the files that it names, by a test that fails when they and this page differ.

        A configuration is a file in [HOCON](https://github.com/lightbend/config/blob/main/HOCON.md) that includes one of
        `config/` and says what differs: `rebasin node --config FILE`, and `REBASIN_CONFIG=FILE` for other commands. A
        single setting can be given to one process: `REBASIN_JAVA_OPTIONS=-Drebasin.work.trainers=1`.

        """);
    reference.file(
        resources.resolve("reference.conf"),
        "rebasin",
        "Every setting of Rebasin, with its default.");
    reference.file(
        resources.resolve("node.conf"), "akka", "Akka's settings that a node of a cluster has.");
    for (String journal : List.of("jdbc", "h2", "postgresql")) {
      reference.file(
          resources.resolve("journal-" + journal + ".conf"),
          "rebasin",
          switch (journal) {
            case "jdbc" -> "What journals in databases have in common.";
            case "h2" -> "The journal in a file.";
            default -> "The journal in PostgreSQL.";
          });
    }
    reference.environment(repository, resources);
    return reference.text.toString().stripTrailing() + "\n";
  }

  private void file(Path file, String root, String says) {
    Config config = ConfigFactory.parseFile(file.toFile(), ALONE);
    text.append("## ").append(file.getFileName()).append("\n\n").append(says).append("\n\n");
    section(root, (ConfigObject) config.root().get(root));
  }

  /** A table of an object's own settings, then a section of each object in it. */
  private void section(String path, ConfigObject object) {
    List<Map.Entry<String, ConfigValue>> entries = new ArrayList<>(object.entrySet());
    entries.sort(Comparator.comparingInt(entry -> entry.getValue().origin().lineNumber()));
    List<Group> groups = new ArrayList<>();
    int previous = 0;
    for (Map.Entry<String, ConfigValue> entry : entries) {
      ConfigValue value = entry.getValue();
      if (isSection(value)) {
        continue;
      }
      String setting = "`%s = %s`".formatted(ConfigUtil.joinPath(entry.getKey()), rendered(value));
      String comment = comment(value);
      int line = value.origin().lineNumber();
      if (comment.isEmpty() && !groups.isEmpty() && line == previous + 1) {
        groups.get(groups.size() - 1).settings().add(setting);
      } else {
        groups.add(new Group(new ArrayList<>(List.of(setting)), comment));
      }
      previous = line;
    }
    if (!groups.isEmpty()) {
      table(path, groups);
    }
    for (Map.Entry<String, ConfigValue> entry : entries) {
      if (isSection(entry.getValue())) {
        String inner = path + "." + ConfigUtil.joinPath(entry.getKey());
        String comment = comment(entry.getValue());
        if (!comment.isEmpty()) {
          text.append("**").append(inner).append("**: ").append(comment).append("\n\n");
        }
        section(inner, (ConfigObject) entry.getValue());
      }
    }
  }

  private void table(String path, List<Group> groups) {
    text.append("| ").append(path).append(" | |\n|---|---|\n");
    for (Group group : groups) {
      text.append("| ")
          .append(String.join("<br>", group.settings()).replace("|", "\\|"))
          .append(" | ")
          .append(group.comment().replace("|", "\\|"))
          .append(" |\n");
    }
    text.append('\n');
  }

  private static boolean isSection(ConfigValue value) {
    return value instanceof ConfigObject object && !object.isEmpty();
  }

  private static String comment(ConfigValue value) {
    return value.origin().comments().stream()
        // What stands further in is an example.
        .map(line -> line.startsWith("   ") ? "`" + line.strip() + "`." : line.strip())
        .collect(Collectors.joining(" "))
        .strip();
  }

  private static String rendered(ConfigValue value) {
    String rendered = value.render(ConfigRenderOptions.concise());
    Matcher either = VARIABLE_OVER_DEFAULT.matcher(rendered);
    if (either.matches()) {
      return "%s, or $%s".formatted(either.group(1), either.group(2));
    }
    boolean plain = rendered.matches("\"[A-Za-z0-9 ._-]+\"");
    return plain ? rendered.substring(1, rendered.length() - 1) : rendered;
  }

  /** Which variables set something, and in which files. */
  private void environment(Path repository, Path resources) {
    Map<String, TreeSet<String>> files = new TreeMap<>();
    for (Path directory : List.of(repository.resolve("config"), resources)) {
      try (Stream<Path> all = Files.list(directory)) {
        for (Path file : all.filter(path -> path.toString().endsWith(".conf")).toList()) {
          Matcher matcher = VARIABLE.matcher(Files.readString(file));
          while (matcher.find()) {
            files
                .computeIfAbsent(matcher.group(1), variable -> new TreeSet<>())
                .add("`" + file.getFileName() + "`");
          }
        }
      } catch (IOException problem) {
        throw new UncheckedIOException(problem);
      }
    }
    text.append("## Environment\n\nVariables that these files read; each file says what for.\n\n");
    text.append("| variable | read by |\n|---|---|\n");
    files.forEach(
        (variable, names) ->
            text.append("| `%s` | %s |%n".formatted(variable, String.join(", ", names))));
  }
}
