package org.rebasin.actors.benchmark;

import akka.Done;
import akka.actor.Address;
import akka.actor.AddressFromURIString;
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
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
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
 * its content checked; and bare bytes through Akka's TCP, which go nowhere. The heap of either
 * process has 512 MB.
 *
 * <p>The two take turns. The copy a transfer has made is there until the next begins: a virtual
 * machine may give memory that has been free for a second or two back to its host, and writing a
 * file into memory that must be had anew takes several times as long, whatever writes it.
 */
final class TransferBenchmark {
  private static final int TENSORS = 16;
  private static final int FLOATS = 1 << 24;
  private static final double BYTES = (double) TENSORS * FLOATS * Float.BYTES;
  private static final int ROUNDS = 50;

  /** Rounds at the start that do not count: the compiler is at work. */
  private static final int WARM_UP = 20;

  private static final List<String> HEAP = List.of("-Xmx512m");
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int TCP_PORT = 25_529;
  private static final StoreSettings STORE = new StoreSettings(4L << 30, Duration.ZERO);

  private TransferBenchmark() {}

  static void run() throws IOException {
    Path directory = Files.createTempDirectory("rebasin-transfer-");
    String sent = directory.resolve("sender").toString();
    String received = directory.resolve("receiver").toString();
    ModelId id = write(Path.of(sent));
    try (BenchmarkProcess receiver = BenchmarkProcess.start(Receiver.class, HEAP, received);
        BenchmarkProcess sender =
            BenchmarkProcess.start(Sender.class, HEAP, receiver.ask("address"), sent)) {
      sender.ask("ready");
      List<Double> fetched = new ArrayList<>();
      List<Double> bare = new ArrayList<>();
      for (int round = 0; round < ROUNDS; round++) {
        double stream = BYTES / 1e6 / Double.parseDouble(receiver.ask("stream"));
        double fetch = BYTES / 1e6 / Double.parseDouble(receiver.ask(id.sha256()));
        System.err.printf(Locale.ROOT, "%.0f MB/s, bare %.0f MB/s%n", fetch, stream);
        if (round >= WARM_UP) {
          fetched.add(fetch);
          bare.add(stream);
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
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(each);
        }
      }
    }
  }

  private static double median(List<Double> rates) {
    return rates.stream().sorted().toList().get(rates.size() / 2);
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

  private static void join(ActorSystem<?> system, Address seed) {
    Cluster.get(system).manager().tell(new JoinSeedNodes(List.of(seed)));
  }

  private static ModelTransfer transfer(ActorSystem<?> system, ModelStore store) {
    return ModelTransfer.start(
        system, store, TransferSettings.of(system.settings().config().getConfig("rebasin.stream")));
  }

  /** The process that has the model. */
  static final class Sender {
    private Sender() {}

    /** Takes the receiver's address, and the directory of its own store. */
    public static void main(String[] arguments) throws Exception {
      ActorSystem<Void> system = system();
      join(system, AddressFromURIString.parse(arguments[0]));
      try (ModelStore store = ModelStore.durable(Path.of(arguments[1]), STORE)) {
        ModelTransfer transfer = transfer(system, store);
        ByteString piece = ByteString.fromArray(new byte[1 << 20]);
        Tcp.get(Adapter.toClassic(system))
            .bind("127.0.0.1", TCP_PORT)
            .to(
                Sink.foreach(
                    connection ->
                        connection.handleWith(
                            Flow.fromSinkAndSource(
                                Sink.ignore(), Source.repeat(piece).take(TENSORS * 64L)),
                            system)))
            .run(system)
            .toCompletableFuture()
            .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        BenchmarkProcess.answer(
            question -> {
              long begun = System.nanoTime();
              while (transfer.peers() == 0) {
                if (System.nanoTime() - begun > PATIENCE.toNanos()) {
                  throw new IllegalStateException("the other process is not found");
                }
                Thread.sleep(50);
              }
              return question;
            });
      }
      System.exit(0);
    }
  }

  /** The process that fetches it, and receives bare bytes. */
  static final class Receiver {
    private Receiver() {}

    /** Takes the directory of its own store. */
    public static void main(String[] arguments) throws Exception {
      ActorSystem<Void> system = system();
      Address self = Cluster.get(system).selfMember().address();
      join(system, self);
      try (ModelStore store = ModelStore.durable(Path.of(arguments[0]), STORE)) {
        ModelTransfer transfer = transfer(system, store);
        BenchmarkProcess.answer(
            question ->
                switch (question) {
                  case "address" -> self.toString();
                  case "stream" -> seconds(() -> stream(system));
                  default -> {
                    ModelId id = new ModelId(question);
                    store.delete(id);
                    yield seconds(() -> transfer.fetch(id));
                  }
                });
      }
      System.exit(0);
    }

    private static String seconds(Supplier<CompletionStage<Done>> work) throws Exception {
      long begun = System.nanoTime();
      work.get().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      return String.valueOf((System.nanoTime() - begun) / 1e9);
    }

    private static CompletionStage<Done> stream(ActorSystem<?> system) {
      return Source.<ByteString>maybe()
          .via(Tcp.get(Adapter.toClassic(system)).outgoingConnection("127.0.0.1", TCP_PORT))
          .takeWhile(new Remaining((long) BYTES)::isMore, true)
          .toMat(Sink.ignore(), Keep.right())
          .run(system);
    }
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
}
