package org.rebasin.actors.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A node in a JVM of its own, as the launcher starts one, that can be killed and frozen. */
final class NodeProcess implements AutoCloseable {
  private static final Duration STOP = Duration.ofSeconds(20);
  private static final Duration END = Duration.ofSeconds(60);

  private final Path directory;
  private final List<String> command;
  private final int httpPort;
  private Process process;

  /**
   * Where a node is for the others.
   *
   * @param settings that it needs for being there, each {@code key=value}
   */
  record Place(String host, int port, List<String> settings) {
    /** A free port of the loopback address. */
    static Place free() {
      return new Place("127.0.0.1", freePort(), List.of());
    }

    String address() {
      return host + ":" + port;
    }
  }

  /**
   * Starts a node.
   *
   * @param directory of its own, kept when it dies
   * @param seeds all nodes by which to join
   * @param journal that all nodes share
   * @param settings further system properties, each {@code key=value}
   */
  NodeProcess(
      Path directory,
      Place place,
      List<String> seeds,
      SharedJournal journal,
      List<String> settings) {
    this.directory = directory;
    this.httpPort = freePort();
    command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-Dorg.bytedeco.javacpp.maxbytes=0",
            "-Dorg.bytedeco.javacpp.maxphysicalbytes=0",
            "-Dorg.bytedeco.javacpp.platform.extension="
                + System.getProperty("org.bytedeco.javacpp.platform.extension", "")));
    place.settings().forEach(setting -> command.add("-D" + setting));
    settings.forEach(setting -> command.add("-D" + setting));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of("org.rebasin.actors.cli.Main", "node", "--verbose"));
    command.addAll(List.of("--config", journal.config().toString()));
    command.addAll(List.of("--host", place.host(), "--port", String.valueOf(place.port())));
    command.addAll(List.of("--http-port", String.valueOf(httpPort)));
    command.addAll(List.of("--directory", directory.toString()));
    seeds.forEach(seed -> command.addAll(List.of("--seed-node", seed)));
    start();
  }

  /** Starts it again, after it died. */
  void start() {
    try {
      Files.createDirectories(directory);
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.environment().put("OMP_WAIT_POLICY", "passive");
      builder.environment().put("OMP_NUM_THREADS", "1");
      process =
          builder
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
              .start();
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
  }

  /** What it printed. */
  Path log() {
    return directory.resolveSibling(directory.getFileName() + ".log");
  }

  /** Where its interface is served. */
  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + httpPort + path);
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Ends it at once, as {@code kill -9} does. */
  void kill() {
    process.destroyForcibly();
    await();
  }

  /** Asks it to stop, and waits until it has. */
  void stop() {
    process.destroy();
    await();
  }

  /** Stops its threads where they are. */
  void freeze() {
    signal("STOP");
  }

  /** Lets it go on. */
  void thaw() {
    signal("CONT");
  }

  private void signal(String name) {
    try {
      new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).start().waitFor();
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits until it has ended by itself. */
  void awaitEnd() {
    try {
      if (!process.waitFor(END.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("node " + directory + " has not ended after " + END);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void await() {
    try {
      if (!process.waitFor(STOP.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** A port of the loopback address that nothing listens on. */
  static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    await();
  }
}
