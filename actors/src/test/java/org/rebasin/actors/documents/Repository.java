package org.rebasin.actors.documents;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The repository's own files, without what builds and runs leave in it. */
final class Repository {
  private static final Pattern IN_IT =
      Pattern.compile("(?:\\./)?((?:actors|model|config|deploy|\\.github|\\.ci)/[\\w./-]*)");
  private static final Pattern FILE =
      Pattern.compile("(?:[\\w.-]+/)+[\\w.-]*|[\\w.-]+\\.(?:conf|md|py|ya?ml|service|sh|xml)");
  private static final Pattern PROPERTY = Pattern.compile("<(rebasin\\.[\\w.-]+)>");

  private final Path root = Path.of("..").toAbsolutePath().normalize();
  private final List<String> ignored = lines(root.resolve(".gitignore"));
  private final List<Path> files = new ArrayList<>();
  private final List<Markdown> documents;

  Repository() {
    collect(root);
    documents =
        files.stream()
            .filter(file -> file.toString().endsWith(".md"))
            .sorted()
            .map(Markdown::read)
            .toList();
  }

  private void collect(Path directory) {
    try (Stream<Path> entries = Files.list(directory)) {
      for (Path entry : entries.toList()) {
        String name = entry.getFileName().toString();
        if (name.equals(".git") || isIgnored(name(entry))) {
          continue;
        }
        if (Files.isDirectory(entry)) {
          collect(entry);
        } else {
          files.add(entry);
        }
      }
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
  }

  private static String read(Path file) {
    return String.join("\n", lines(file));
  }

  /** Whether a path is in a directory, or is a directory or file, that git is told to ignore. */
  private boolean isIgnored(String path) {
    String inside = "/" + path + "/";
    return ignored.stream()
        .filter(line -> !line.isBlank() && !line.contains("*"))
        .map(line -> line.endsWith("/") ? line : line + "/")
        .anyMatch(
            line ->
                line.startsWith("/") || line.indexOf('/') < line.length() - 1
                    ? inside.startsWith(line.startsWith("/") ? line : "/" + line)
                    : inside.contains("/" + line));
  }

  Path root() {
    return root;
  }

  /** A file's path from the root, with slashes. */
  String name(Path file) {
    return root.relativize(file).toString().replace('\\', '/');
  }

  /** All documents. */
  List<Markdown> documents() {
    return documents;
  }

  Markdown document(String name) {
    return documents.stream()
        .filter(each -> name(each.file()).equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("there is no " + name));
  }

  /** The build's own properties. */
  Set<String> buildProperties() {
    Set<String> names = new TreeSet<>();
    for (String pom : List.of("pom.xml", "model/pom.xml", "actors/pom.xml")) {
      Matcher property = PROPERTY.matcher(read(root.resolve(pom)));
      while (property.find()) {
        names.add(property.group(1));
      }
    }
    return names;
  }

  /** The variables that the launcher, scripts and configurations read. */
  Set<String> variables(Pattern variable) {
    Set<String> names = new TreeSet<>();
    for (Path file : files) {
      String name = name(file);
      if (name.equals("rebasin")
          || name.matches("(config/|actors/src/main/resources/).*\\.conf")
          || name.matches("deploy/[a-z-]+")) {
        Matcher matcher = variable.matcher(read(file));
        while (matcher.find()) {
          names.add(matcher.group(1));
        }
      }
    }
    return names;
  }

  /** False for a path from the root, in one of the repository's directories, that is not there. */
  boolean hasWhatIsInIts(String word) {
    Matcher path = IN_IT.matcher(word);
    return !path.matches() || isIgnored(path.group(1)) || Files.exists(root.resolve(path.group(1)));
  }

  /**
   * False for what looks like a file or a directory of the repository and is not there: from the
   * root, from the document's directory, or, for a name alone, anywhere. {@code DIR/models/} is in
   * a directory of the reader's.
   */
  boolean hasWhatLooksLikeIts(String word, Path directory) {
    String path = word.startsWith("./") ? word.substring(2) : word;
    if (!FILE.matcher(path).matches()
        || path.matches("[A-Z]+/.*")
        || isIgnored(path.replaceFirst("/$", ""))) {
      return true;
    }
    return Files.exists(root.resolve(path))
        || Files.exists(directory.resolve(path))
        || files.stream().anyMatch(file -> file.getFileName().toString().equals(path));
  }
}
