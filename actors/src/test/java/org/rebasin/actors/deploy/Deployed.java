package org.rebasin.actors.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigResolveOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/** The repository's files that are deployed, and what they are checked against. */
final class Deployed {
  static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();
  static final Path DEPLOY = REPOSITORY.resolve("deploy");

  /** Where the image has the distribution. */
  static final String HOME = "/opt/rebasin";

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Pattern VARIABLE = Pattern.compile("\\bREBASIN_[A-Z_]+\\b");

  private Deployed() {}

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
  }

  /** The documents of a file; a key that is there twice is an error. */
  static List<JsonNode> yaml(Path file) {
    LoaderOptions strict = new LoaderOptions();
    strict.setAllowDuplicateKeys(false);
    List<JsonNode> documents = new ArrayList<>();
    try {
      new Yaml(new SafeConstructor(strict))
          .loadAll(read(file))
          .forEach(document -> documents.add(JSON.valueToTree(document)));
    } catch (YAMLException problem) {
      throw new AssertionError(file + ": " + problem.getMessage(), problem);
    }
    return documents;
  }

  /**
   * The configuration that a node has by one of {@code config}'s files.
   *
   * @param environment all that it finds there
   */
  static Config configuration(String file, Map<String, String> environment) {
    return ConfigFactory.parseMap(environment)
        .withFallback(
            ConfigFactory.parseFile(
                REPOSITORY.resolve("config").resolve(file).toFile(),
                ConfigParseOptions.defaults().setAllowMissing(false)))
        .withFallback(ConfigFactory.defaultReference())
        // Nothing comes from the environment of this process.
        .resolve(ConfigResolveOptions.noSystem());
  }

  /** The variables that the launcher, the health check or a configuration reads. */
  static Set<String> variablesRead() {
    Set<String> names = new TreeSet<>();
    for (Path file : List.of(REPOSITORY.resolve("rebasin"), DEPLOY.resolve("healthcheck"))) {
      collect(read(file), names);
    }
    for (String directory : List.of("config", "actors/src/main/resources")) {
      try (Stream<Path> files = Files.list(REPOSITORY.resolve(directory))) {
        files
            .filter(file -> file.toString().endsWith(".conf"))
            .forEach(file -> collect(read(file).replaceAll("(?m)^\\s*#.*$", ""), names));
      } catch (IOException problem) {
        throw new UncheckedIOException(problem);
      }
    }
    return names;
  }

  private static void collect(String text, Set<String> names) {
    Matcher matcher = VARIABLE.matcher(text);
    while (matcher.find()) {
      names.add(matcher.group());
    }
  }

  /**
   * The file of the repository that the image has at a path.
   *
   * @param path as {@code /opt/rebasin/config/container.conf}
   */
  static Path inImage(String path) {
    return REPOSITORY.resolve(
        switch (path) {
          case HOME + "/bin/rebasin" -> "rebasin";
          case HOME + "/bin/healthcheck" -> "deploy/healthcheck";
          default -> path.substring(HOME.length() + 1);
        });
  }

  /** The version that the launcher runs, and that images are tagged with. */
  static String version() {
    Matcher matcher =
        Pattern.compile("rebasin-actors-([0-9A-Za-z.-]+)\\.jar")
            .matcher(read(REPOSITORY.resolve("rebasin")));
    if (!matcher.find()) {
      throw new AssertionError("the launcher names no jar");
    }
    return matcher.group(1);
  }
}
