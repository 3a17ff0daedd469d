package org.rebasin.actors.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is wrong with a node's settings is said before it starts. */
class NodeCommandTest {
  private static final Path CONFIG = Path.of("..", "config", "cluster.conf");

  @TempDir Path directory;

  private void refused(int code, String message, Object... arguments) {
    refusedBy(CONFIG, code, message, arguments);
  }

  private void refusedBy(Path config, int code, String message, Object... arguments) {
    List<Object> all =
        new ArrayList<>(List.of("node", "--config", config, "--directory", directory.resolve("n")));
    all.addAll(List.of(arguments));
    Run run = Run.of(all.toArray());
    assertEquals(code, run.code(), run.err());
    assertTrue(run.err().contains(message), run.err());
  }

  @Test
  void configurationThatIsNotThere() {
    refusedBy(directory.resolve("nothing.conf"), 2, "found none at");
  }

  @Test
  void hostThatOthersReachWithoutTls() {
    refused(2, "192.0.2.1 is not a loopback address", "--host", "192.0.2.1");
  }

  @Test
  void seedNodeThatIsNoAddress() {
    refused(2, "seed-nodes: expected HOST:PORT, found 'somewhere'", "--seed-node", "somewhere");
  }

  @Test
  void roleThatIsNone() {
    refused(
        2,
        "roles: expected some of coordinator, trainer, collector, solver, evaluator, found 'baker'",
        "--role",
        "baker");
  }

  @Test
  void interfaceInPublicWithoutAToken() throws IOException {
    Path config = directory.resolve("public.conf");
    Files.writeString(
        config,
        "include \"%s\"%nrebasin.http.host = \"192.0.2.1\"%n"
            .formatted(CONFIG.toAbsolutePath().normalize()));
    refusedBy(config, 2, "expected a bearer token");
  }

  @Test
  void journalThatDoesNotAnswer() throws IOException {
    Path config = directory.resolve("journal.conf");
    Files.writeString(
        config,
        "include \"%s\"%nrebasin.journal.url = \"jdbc:postgresql://127.0.0.1:1/none\"%n"
            .formatted(CONFIG.toAbsolutePath().normalize()));
    refusedBy(config, 1, "journal jdbc:postgresql://127.0.0.1:1/none");
  }
}
