package org.rebasin.actors.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
    assertFalse(Files.exists(directory.resolve("n")), "nothing was made");
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

  /** It has joined its cluster by then, which its end would tell before anything else is said. */
  @Test
  void portOfTheInterfaceThatIsTaken() throws Exception {
    Path config = directory.resolve("one.conf");
    Files.writeString(
        config,
        "include \"%s\"%nrebasin.journal.url = \"jdbc:h2:file:%s\"%n"
            .formatted(CONFIG.toAbsolutePath().normalize(), directory.resolve("journal")));
    Path log = directory.resolve("log");
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Process node =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx256m",
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  "org.rebasin.actors.cli.Main",
                  "node",
                  "--config",
                  config.toString(),
                  "--port",
                  "0",
                  "--http-port",
                  String.valueOf(taken.getLocalPort()),
                  "--directory",
                  directory.resolve("n").toString())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      try {
        assertTrue(node.waitFor(90, TimeUnit.SECONDS), Files.readString(log));
      } finally {
        node.destroyForcibly();
      }
      assertEquals(1, node.exitValue(), Files.readString(log));
      assertTrue(
          Files.readString(log).contains("cannot listen at 127.0.0.1 port " + taken.getLocalPort()),
          Files.readString(log));
    }
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
