package org.rebasin.actors.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The finished distribution, unpacked as the image's recipe does it, runs from a directory that it
 * may not write. Where the tests are root, it runs as another user, if {@code setpriv} is there.
 */
class DistributionIT {
  private static final Path ZIP = Path.of(System.getProperty("rebasin.distribution"));
  private static final Path SETPRIV = Path.of("/usr/bin/setpriv");
  private static final String NOBODY = "65534";
  private static final long PATIENCE = 60;

  @TempDir static Path directory;

  private static Path home;
  private static Path data;

  @BeforeAll
  static void unpack() throws IOException {
    assertTrue(Files.exists(ZIP), "expected the distribution at " + ZIP);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    data = Files.createDirectory(directory.resolve("data"));
    Files.createDirectory(data.resolve("tmp"));
    home = directory.resolve("opt");
    try (ZipFile zip = new ZipFile(ZIP.toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        // Without the directory that all are in.
        Path path = home.resolve(Path.of(".", entry.getName().split("/", 2)[1])).normalize();
        assertTrue(path.startsWith(home), entry.getName());
        if (entry.isDirectory()) {
          Files.createDirectories(path);
        } else {
          Files.createDirectories(path.getParent());
          try (InputStream content = zip.getInputStream(entry)) {
            Files.copy(content, path);
          }
        }
      }
    }
    Files.copy(Deployed.DEPLOY.resolve("healthcheck"), home.resolve("bin/healthcheck"));
    try (Stream<Path> all = Files.walk(home)) {
      for (Path path : all.toList()) {
        boolean run = Files.isDirectory(path) || path.getParent().endsWith("bin");
        Files.setPosixFilePermissions(
            path, PosixFilePermissions.fromString(run ? "r-xr-xr-x" : "r--r--r--"));
      }
    }
    if (isRoot()) {
      for (Path path : List.of(data, data.resolve("tmp"))) {
        Files.setAttribute(path, "unix:uid", Integer.valueOf(NOBODY));
      }
    }
  }

  /** So that it can be deleted. */
  @AfterAll
  static void makeWritable() throws IOException {
    try (Stream<Path> all = Files.walk(home)) {
      for (Path path : all.filter(Files::isDirectory).toList()) {
        Set<PosixFilePermission> permissions = new HashSet<>(Files.getPosixFilePermissions(path));
        permissions.add(PosixFilePermission.OWNER_WRITE);
        Files.setPosixFilePermissions(path, permissions);
      }
    }
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  /** What runs a command of the distribution, in the data directory. */
  private static ProcessBuilder command(String... command) {
    List<String> words = new ArrayList<>();
    if (isRoot() && Files.isExecutable(SETPRIV)) {
      words.addAll(
          List.of(SETPRIV.toString(), "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups"));
    }
    words.add(home.resolve("bin").resolve(command[0]).toString());
    words.addAll(List.of(command).subList(1, command.length));
    ProcessBuilder builder = new ProcessBuilder(words).directory(data.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("REBASIN_"));
    // As the image has it: a home on the volume, and a directory for what is temporary.
    builder
        .environment()
        .put(
            "REBASIN_JAVA_OPTIONS",
            "-Xmx512m -XX:-UsePerfData -Duser.home=%s -Djava.io.tmpdir=%s"
                .formatted(data, data.resolve("tmp")));
    return builder
        .redirectErrorStream(true)
        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
  }

  private static String printed(String... command) throws Exception {
    Process process = command(command).start();
    String printed = new String(process.getInputStream().readAllBytes());
    assertTrue(process.waitFor(PATIENCE, TimeUnit.SECONDS), "still runs: " + List.of(command));
    assertEquals(0, process.exitValue(), printed);
    return printed;
  }

  /** Sizes and times of all that is installed. */
  private static Map<String, String> installed() throws IOException {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(home)) {
      for (Path path : all.toList()) {
        files.put(path.toString(), Files.size(path) + " " + Files.getLastModifiedTime(path));
      }
    }
    return files;
  }

  @Test
  void itSaysWhichItIs() throws Exception {
    assertTrue(
        printed("rebasin", "--version")
            .matches(
                "rebasin "
                    + Pattern.quote(Deployed.version())
                    + " \\(commit (unknown|[0-9a-f]{12})\\)\\R"));
  }

  @Test
  void bashTakesTheCompletion() throws Exception {
    Path script =
        Files.writeString(
            directory.resolve("completion"), printed("rebasin", "generate-completion"));
    Process bash =
        new ProcessBuilder(
                "bash", "-c", ". \"$1\" && complete -p rebasin", "bash", script.toString())
            .redirectErrorStream(true)
            .start();
    String printed = new String(bash.getInputStream().readAllBytes());
    assertEquals(0, bash.waitFor(), printed);
    assertTrue(printed.contains("rebasin"), printed);
  }

  @Test
  void itHasWhatItsReadmeLeadsTo() throws IOException {
    List<String> links =
        Pattern.compile("\\]\\(([^)#:]+)(#[^)]*)?\\)")
            .matcher(Files.readString(home.resolve("README.md")))
            .results()
            .map(link -> link.group(1))
            .toList();
    assertTrue(links.contains("actors/HTTP_API.md"), links.toString());
    for (String link : links) {
      assertTrue(Files.exists(home.resolve(link)), link);
    }
  }

  @Test
  void entriesDoNotDependOnWhenAndByWhomTheyWereMade() throws IOException {
    try (ZipFile zip = new ZipFile(ZIP.toFile())) {
      Set<Object> times = new HashSet<>();
      List<String> names = new ArrayList<>();
      for (ZipEntry entry : Collections.list(zip.entries())) {
        times.add(entry.getTimeLocal());
        names.add(entry.getName());
      }
      assertEquals(1, times.size(), times.toString());
      assertEquals(names.size(), Set.copyOf(names).size());
      assertTrue(
          names.stream().allMatch(name -> name.startsWith("rebasin-" + Deployed.version() + "/")));
    }
  }

  @Test
  void aNodeStartsLivesAndEndsWithoutWritingWhereItIsInstalled() throws Exception {
    Map<String, String> before = installed();
    int management = freePort();
    // As in the manifests' ConfigMap, but by itself, and without a database.
    Path config =
        Files.writeString(
            directory.resolve("rebasin.conf"),
            """
            include required(file("%s"))
            rebasin.node { port = 0, management = on, management-port = %d }
            rebasin.http.port = 0
            """
                .formatted(home.resolve("config/cluster.conf"), management));
    ProcessBuilder builder = command("rebasin", "node", "--config", config.toString());
    Path log = directory.resolve("log");
    Process node = builder.redirectOutput(log.toFile()).start();
    try {
      awaitHealth(node, management, log);
      awaitReady(node, log);
      node.destroy();
      assertTrue(node.waitFor(PATIENCE, TimeUnit.SECONDS), "the node does not end");
      // What a JVM that was asked to end by SIGTERM says.
      assertEquals(143, node.exitValue(), Deployed.read(log));
    } finally {
      node.destroyForcibly().waitFor();
    }
    // By default it keeps everything where it was started.
    assertTrue(Files.exists(data.resolve("rebasin-node/journal.mv.db")));
    assertEquals(before, installed());
    assertEquals(1, unhealthy(management), "a node that has ended is healthy");
  }

  private static int unhealthy(int port) throws Exception {
    ProcessBuilder check = command("healthcheck");
    check.environment().put("REBASIN_MANAGEMENT_PORT", String.valueOf(port));
    return check.redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor();
  }

  private static void awaitHealth(Process node, int port, Path log) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE);
    while (unhealthy(port) != 0) {
      assertTrue(node.isAlive() && System.nanoTime() < end, () -> Deployed.read(log));
      Thread.sleep(100);
    }
  }

  private static void awaitReady(Process node, Path log) throws Exception {
    Pattern ready = Pattern.compile("rebasin: ready at http://127\\.0\\.0\\.1:\\d+");
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE);
    Matcher matcher = ready.matcher(Deployed.read(log));
    while (!matcher.find()) {
      assertTrue(node.isAlive() && System.nanoTime() < end, () -> Deployed.read(log));
      Thread.sleep(100);
      matcher = ready.matcher(Deployed.read(log));
    }
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
  }
}
