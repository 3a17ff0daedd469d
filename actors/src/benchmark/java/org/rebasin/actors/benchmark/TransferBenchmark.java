package org.rebasin.actors.benchmark;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Adapter;
import akka.actor.typed.javadsl.Behaviors;
import akka.cluster.typed.Cluster;
import akka.cluster.typed.JoinSeedNodes;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import akka.stream.javadsl.Tcp;
import akka.util.ByteString;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.store.StoreSettings;
import org.rebasin.actors.stream.ModelTransfer;
import org.rebasin.actors.stream.TransferSettings;
import org.rebasin.model.checkpoint.DataType;
import org.rebasin.model.checkpoint.TensorDeclaration;

/**
 * A model of 1 GiB between two processes on this machine, from the request to the file on disk with
 * its content checked; and bare bytes through Akka's TCP, which go nowhere. The sender has 512 MB
 * of heap; with {@code JAVA_TOOL_OPTIONS=-Xmx512m} so has the receiver.
 *
 * <p>Transfers follow each other. With a bare stream between any two of them, they take about a
 * sixth longer.
 */
final class TransferBenchmark {
  private static final int TENSORS = 16;
  private static final int FLOATS = 1 << 24;
  private static final double BYTES = (double) TENSORS * FLOATS * Float.BYTES;

  /** Series of each kind, in turn, as the machine's speed changes; the first does not count. */
  private static final int SERIES = 5;

  private static final int ROUNDS = 8;

  /** Rounds at the start of a series that do not count. */
  private static final int WARM_UP = 3;

  private static final int TCP_PORT = 25_529;
  private static final StoreSettings STORE = new StoreSettings(4L << 30, Duration.ZERO);

  private TransferBenchmark() {}

  private static double median(List<Double> rates) {
    return rates.stream().sorted().toList().get(rates.size() / 2);
  }

  private static ActorSystem<Void> system() {
    Config config =
        ConfigFactory.parseString(
                """
                akka.remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
                akka.loglevel = WARNING
                """)
            .withFallback(ConfigFactory.parseResources("node.conf"))
            .withFallback(ConfigFactory.defaultReference())
            .resolve();
    return ActorSystem.create(Behaviors.empty(), "transfer", config);
  }

  private static TransferSettings settings(ActorSystem<?> system) {
    return TransferSettings.of(system.settings().config().getConfig("rebasin.stream"));
  }

  /** The sending process: the receiver's address, and the directory of its own store. */
  public static void main(String[] arguments) throws Exception {
    ActorSystem<Void> system = system();
    Cluster.get(system)
        .manager()
        .tell(new JoinSeedNodes(List.of(akka.actor.AddressFromURIString.parse(arguments[0]))));
    ModelStore store = ModelStore.durable(Path.of(arguments[1]), STORE);
    ModelTransfer.start(system, store, settings(system));
    ByteString piece = ByteString.fromArray(new byte[1 << 20]);
    Tcp.get(Adapter.toClassic(system))
        .bind("127.0.0.1", TCP_PORT)
        .runForeach(
            connection ->
                connection.handleWith(
                    Flow.fromSinkAndSource(Sink.ignore(), Source.repeat(piece).take(TENSORS * 64L)),
                    system),
            system);
    // Until the other process is gone.
    System.in.read();
    System.exit(0);
  }

  static void run() throws Exception {
    Path directory = Files.createTempDirectory("rebasin-transfer-");
    ActorSystem<Void> system = system();
    Process sender = null;
    try (ModelStore store = ModelStore.durable(directory.resolve("receiver"), STORE)) {
      ModelId id = write(directory.resolve("sender"));
      String address = Cluster.get(system).selfMember().address().toString();
      Cluster.get(system)
          .manager()
          .tell(new JoinSeedNodes(List.of(akka.actor.AddressFromURIString.parse(address))));
      sender =
          new ProcessBuilder(
                  ProcessHandle.current().info().command().orElse("java"),
                  "-Xmx512m",
                  "-classpath",
                  System.getProperty("java.class.path"),
                  TransferBenchmark.class.getName(),
                  address,
                  directory.resolve("sender").toString())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.INHERIT)
              .start();
      ModelTransfer transfer = ModelTransfer.start(system, store, settings(system));
      while (transfer.peers() == 0) {
        Thread.sleep(50);
      }
      List<Double> fetched = new ArrayList<>();
      List<Double> bare = new ArrayList<>();
      for (int series = 0; series < SERIES; series++) {
        List<Double> fetches = rates(() -> fetch(transfer, store, id));
        List<Double> streams = rates(() -> stream(system));
        System.err.printf(
            Locale.ROOT, "%.0f MB/s, bare %.0f MB/s%n", median(fetches), median(streams));
        if (series > 0) {
          fetched.addAll(fetches);
          bare.addAll(streams);
        }
      }
      System.out.printf(
          Locale.ROOT,
          "| a model of 1 GiB between two processes, checked and on disk, median of %d | %,.0f MB/s"
              + " |%n| bare bytes through Akka's TCP, the same run | %,.0f MB/s |%n",
          fetched.size(),
          median(fetched),
          median(bare));
    } finally {
      if (sender != null) {
        sender.destroy();
      }
      system.terminate();
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(each);
        }
      }
    }
  }

  /** Seconds that something took. */
  private interface Round extends Callable<Double> {}

  /** MB/s in each round of a series that counts. */
  private static List<Double> rates(Round round) throws Exception {
    List<Double> rates = new ArrayList<>();
    for (int i = 0; i < ROUNDS; i++) {
      double rate = BYTES / 1e6 / round.call();
      if (i >= WARM_UP) {
        rates.add(rate);
      }
    }
    return rates;
  }

  private static double fetch(ModelTransfer transfer, ModelStore store, ModelId id)
      throws Exception {
    long begin = System.nanoTime();
    transfer.fetch(id).toCompletableFuture().get(2, TimeUnit.MINUTES);
    double seconds = (System.nanoTime() - begin) / 1e9;
    store.delete(id);
    return seconds;
  }

  private static double stream(ActorSystem<?> system) throws Exception {
    long begin = System.nanoTime();
    Source.<ByteString>maybe()
        .via(Tcp.get(Adapter.toClassic(system)).outgoingConnection("127.0.0.1", TCP_PORT))
        .takeWhile(new Remaining((long) BYTES)::isMore, true)
        .toMat(Sink.ignore(), Keep.right())
        .run(system)
        .toCompletableFuture()
        .get(2, TimeUnit.MINUTES);
    return (System.nanoTime() - begin) / 1e9;
  }

  /** Counts bytes down. */
  private static final class Remaining {
    private long bytes;

    Remaining(long bytes) {
      this.bytes = bytes;
    }

    boolean isMore(ByteString piece) {
      bytes -= piece.size();
      return bytes > 0;
    }
  }

  private static ModelId write(Path directory) throws IOException {
    List<TensorDeclaration> tensors =
        IntStream.range(0, TENSORS)
            .mapToObj(i -> new TensorDeclaration("x" + i, DataType.F32, new long[] {FLOATS}))
            .toList();
    try (ModelStore store = ModelStore.durable(directory, STORE)) {
      FloatBuffer values = FloatBuffer.allocate(FLOATS);
      for (int i = 0; i < FLOATS; i++) {
        values.put(i, i * 0.37f);
      }
      return store.write(
          tensors,
          Map.of(),
          writer -> tensors.forEach(each -> writer.write(each.name(), values.duplicate())));
    }
  }
}
