package org.rebasin.actors.documents;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigResolveOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the repository's documents say is there is there. */
class DocumentsTest {
  private static final Pattern SETTING =
      Pattern.compile("(?:-D)?((?:rebasin|akka)(?:\\.[a-z0-9_-]+)+)(?:[ =].*)?");
  private static final Pattern VARIABLE = Pattern.compile("\\b(REBASIN_[A-Z_]*[A-Z])\\b");

  /** What a contribution's file may say of itself; FederationRoutesTest holds them. */
  private static final Set<String> METADATA =
      Set.of("rebasin.participant", "rebasin.examples", "rebasin.base_version");

  private static final Repository REPOSITORY = new Repository();

  /** What is wrong, with the document that says it. */
  private final List<String> wrong = new ArrayList<>();

  private void report(Markdown document, String problem) {
    wrong.add(REPOSITORY.name(document.file()) + ": " + problem);
  }

  private void assertNothingWrong() {
    assertEquals("", String.join("\n", wrong));
  }

  @Test
  void allDocumentsAreLookedAt() {
    List<String> names =
        REPOSITORY.documents().stream().map(each -> REPOSITORY.name(each.file())).toList();
    assertTrue(
        names.containsAll(
            List.of(
                "README.md",
                ".github/CONTRIBUTING.md",
                "actors/ARCHITECTURE.md",
                "actors/HTTP_API.md",
                "deploy/README.md",
                "model/ARCHITECTURE_FILES.md")),
        names::toString);
  }

  @Test
  void linksAndImagesLeadSomewhere() {
    for (Markdown document : REPOSITORY.documents()) {
      for (String link : document.links()) {
        if (link.matches("[a-z]+:.*")) {
          continue;
        }
        String path = link.replaceFirst("#.*", "");
        Path target =
            path.isEmpty() ? document.file() : document.file().resolveSibling(path).normalize();
        if (!Files.exists(target)) {
          report(document, link + " leads to no file");
        } else if (link.contains("#")
            && !Markdown.read(target).anchors().contains(link.substring(link.indexOf('#') + 1))) {
          report(document, link + " leads to no heading");
        }
      }
    }
    assertNothingWrong();
  }

  @Test
  void printedCommandsAreUnderstoodByTheCommandLine() {
    CommandReference reference = new CommandReference();
    int checked = 0;
    for (Markdown document : REPOSITORY.documents()) {
      for (Markdown.Block block : document.shellBlocks()) {
        for (List<String> words : ShellWords.commands(block.text())) {
          for (List<String> arguments : CommandReference.arguments(words)) {
            checked++;
            reference.objection(arguments).ifPresent(problem -> report(document, problem));
          }
        }
      }
      for (String span : document.codeSpans()) {
        if (span.matches("(\\./)?rebasin [a-z-].*")) {
          checked++;
          reference
              .objectionToSynopsis(span.substring(span.indexOf(' ')))
              .ifPresent(problem -> report(document, span + ": " + problem));
        }
      }
    }
    assertTrue(checked > 30, "found only " + checked + " commands");
    assertNothingWrong();
  }

  @Test
  void theReadmesTableHasEveryCommandWithOptionsThatItHas() {
    CommandReference reference = new CommandReference();
    Markdown readme = REPOSITORY.document("README.md");
    Set<String> described = new TreeSet<>();
    for (Markdown.Row row : readme.rows()) {
      if (row.header().get(0).equals("command")) {
        reference.rowOf(
            Markdown.codeSpans(row.cells().get(0)),
            described,
            problem -> report(readme, row.cells().get(0) + ": " + problem));
      }
    }
    assertNothingWrong();
    assertEquals(reference.all(), described);
  }

  @Test
  void settingsThatAreNamedExist() {
    Config settings =
        ConfigFactory.parseFile(REPOSITORY.root().resolve("config/cluster.conf").toFile())
            .withFallback(ConfigFactory.parseResources("journal-postgresql.conf"))
            .withFallback(ConfigFactory.defaultReference())
            .resolve(ConfigResolveOptions.noSystem());
    Set<String> properties = REPOSITORY.buildProperties();
    for (Markdown document : REPOSITORY.documents()) {
      // Made from the settings themselves.
      if (document.file().endsWith("CONFIGURATION.md")) {
        continue;
      }
      for (String span : document.codeSpans()) {
        Matcher setting = SETTING.matcher(span);
        if (setting.matches()
            && !setting.group(1).endsWith(".svc")
            && !settings.hasPathOrNull(setting.group(1))
            && !properties.contains(setting.group(1))
            && !METADATA.contains(setting.group(1))) {
          report(document, "there is no setting " + setting.group(1));
        }
      }
      for (Markdown.Row row : document.rows()) {
        int column = row.header().indexOf("setting under `rebasin`");
        if (column >= 0 && column < row.cells().size()) {
          for (String name : Markdown.codeSpans(row.cells().get(column))) {
            if (!settings.hasPathOrNull("rebasin." + name) && !settings.hasPathOrNull(name)) {
              report(document, "there is no setting " + name);
            }
          }
        }
      }
    }
    assertNothingWrong();
  }

  @Test
  void environmentVariablesThatAreNamedAreRead() {
    Set<String> read = REPOSITORY.variables(VARIABLE);
    for (Markdown document : REPOSITORY.documents()) {
      for (String variable : document.matches(VARIABLE)) {
        if (!read.contains(variable)) {
          report(document, "nothing reads " + variable);
        }
      }
    }
    assertNothingWrong();
  }

  @Test
  void theHttpInterfacesLinesAreItsRoutesAndAllOfThem() throws IOException {
    JsonNode paths;
    try (var description =
        DocumentsTest.class.getResourceAsStream("/org/rebasin/actors/http/openapi.json")) {
      paths = new ObjectMapper().readTree(description).get("paths");
    }
    HttpLines lines = new HttpLines(paths);
    Markdown document = REPOSITORY.document("actors/HTTP_API.md");
    for (List<String> command : document.commands("curl")) {
      lines.objection(command).ifPresent(problem -> report(document, problem));
    }
    assertNothingWrong();
    assertEquals(Set.of(), lines.missing(), "routes without a line in HTTP_API.md");
  }

  @Test
  void filesOfTheRepositoryThatAreNamedAreThere() {
    for (Markdown document : REPOSITORY.documents()) {
      // A name alone that the reader is to run or to give is the reader's own file.
      Set<String> given = new TreeSet<>();
      for (Markdown.Block block : document.shellBlocks()) {
        for (List<String> words : ShellWords.commands(block.text())) {
          for (String word : words) {
            given.add(word);
            if (!REPOSITORY.hasWhatIsInIts(word)) {
              report(document, "there is no " + word);
            }
          }
        }
      }
      for (String span : document.codeSpans()) {
        String word = span.split(" ")[0];
        if (!given.contains(word)
            && !REPOSITORY.hasWhatLooksLikeIts(word, document.file().getParent())) {
          report(document, "there is no " + word);
        }
      }
    }
    assertNothingWrong();
  }
}
