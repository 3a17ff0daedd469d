package org.rebasin.actors.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What the tour does to the machine that it runs on. */
class DemoProcessTest {
  /** The state of a socket that waits for connections, in the kernel's tables. */
  private static final String LISTENING = "0A";

  @TempDir Path directory;

  @Test
  @EnabledOnOs(OS.LINUX)
  void listensNowhereAndLeavesNothingButItsDirectory() throws Exception {
    Path here = Files.createDirectory(directory.resolve("here"));
    Path temporary = Files.createDirectory(directory.resolve("temporary"));
    Path log = directory.resolve("log");
    Process demo =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx512m",
                    "-XX:TieredStopAtLevel=1",
                    "-Djava.io.tmpdir=" + temporary,
                    "-Dorg.bytedeco.javacpp.platform.extension="
                        + System.getProperty("org.bytedeco.javacpp.platform.extension", ""),
                    "-cp",
                    System.getProperty("java.class.path"),
                    "org.rebasin.actors.cli.Main",
                    "demo",
                    "--data",
                    "digits:train=300,test=100",
                    "--epochs",
                    "1",
                    "--out",
                    "tour"))
            .directory(here.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    Set<String> listening = new TreeSet<>();
    int looks = 0;
    try {
      long patience = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
      while (!demo.waitFor(50, TimeUnit.MILLISECONDS) && System.nanoTime() < patience) {
        listening.addAll(listening(demo.pid()));
        looks++;
      }
    } finally {
      demo.destroyForcibly();
    }
    assertEquals(0, demo.waitFor(), Files.readString(log));
    assertTrue(looks > 10, "the demo was looked at " + looks + " times");
    assertEquals(Set.of(), listening);
    try (Stream<Path> left = Files.list(here)) {
      assertEquals(List.of(here.resolve("tour")), left.toList());
    }
    try (Stream<Path> left = Files.list(temporary)) {
      assertEquals(List.of(), left.toList());
    }
  }

  /** The look itself: this process's own listening socket is seen. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void listeningSocketIsSeen() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      String port = "%04X".formatted(socket.getLocalPort());
      assertTrue(
          listening(ProcessHandle.current().pid()).stream().anyMatch(each -> each.endsWith(port)));
    }
  }

  /** The addresses at which a process waits for connections, as the kernel writes them. */
  private static Set<String> listening(long pid) throws IOException {
    Set<String> own = new HashSet<>();
    try (Stream<Path> open = Files.list(Path.of("/proc", String.valueOf(pid), "fd"))) {
      for (Path each : open.toList()) {
        try {
          own.add(Files.readSymbolicLink(each).toString());
        } catch (IOException closedMeanwhile) {
          continue;
        }
      }
    } catch (IOException | UncheckedIOException ended) {
      return Set.of();
    }
    Set<String> addresses = new HashSet<>();
    // The namespace's tables, which are there when the process has ended.
    for (String table : List.of("tcp", "tcp6")) {
      Path file = Path.of("/proc/net", table);
      if (Files.exists(file)) {
        for (String line : Files.readAllLines(file)) {
          String[] fields = line.trim().split("\\s+");
          if (fields[3].equals(LISTENING) && own.contains("socket:[" + fields[9] + "]")) {
            addresses.add(fields[1]);
          }
        }
      }
    }
    return addresses;
  }
}
