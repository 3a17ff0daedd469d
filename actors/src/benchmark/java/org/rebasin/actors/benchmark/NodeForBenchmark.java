package org.rebasin.actors.benchmark;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.rebasin.actors.job.JournalSchema;
import org.rebasin.actors.node.ClusterNode;
import org.rebasin.actors.node.RebasinNode;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.store.StoreSettings;
import org.rebasin.actors.work.Datasets;
import org.rebasin.actors.work.WorkQueue;

/** A cluster of one node with a journal on disk, in a directory that goes with it. */
record NodeForBenchmark(Path directory, ModelStore store, ClusterNode node)
    implements AutoCloseable {
  static NodeForBenchmark start() throws IOException {
    Path directory = Files.createTempDirectory("rebasin-benchmark");
    Config config = config(directory);
    ModelStore store =
        ModelStore.durable(directory, StoreSettings.of(config.getConfig("rebasin.store")));
    ClusterNode node = ClusterNode.start(config, store, new Datasets());
    RebasinNode.await(node.joined());
    JournalSchema.create(node.system());
    return new NodeForBenchmark(directory, store, node);
  }

  private static Config config(Path directory) throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return ConfigFactory.load(
          ConfigFactory.parseMap(
                  Map.of(
                      "rebasin.node.port",
                      socket.getLocalPort(),
                      "rebasin.node.host",
                      "127.0.0.1",
                      "rebasin.node.seed-nodes",
                      List.of(),
                      "rebasin.node.directory",
                      directory.toString(),
                      "rebasin.journal.file",
                      directory.resolve("journal").toString(),
                      "akka.coordinated-shutdown.exit-jvm",
                      "off",
                      "akka.loglevel",
                      "WARNING"))
              .withFallback(ConfigFactory.parseResources("node.conf"))
              .withFallback(ConfigFactory.parseResources("journal-h2.conf")));
    }
  }

  ActorSystem<?> system() {
    return node.system();
  }

  ActorRef<WorkQueue.Command> queue() {
    return node.queue();
  }

  /** Bytes of the heap in use after a collection. */
  static long heap() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** Bytes of memory that the process has, the heap and native memory among them. */
  static long resident() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
        .findFirst()
        .orElse(0);
  }

  @Override
  public void close() throws IOException {
    RebasinNode.await(node.stop());
    store.close();
    delete(directory);
  }
}
