package org.rebasin.actors.stream;

import akka.actor.CoordinatedShutdown;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import akka.cluster.typed.Cluster;
import akka.cluster.typed.Join;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.store.StoreSettings;

/** Several nodes in this process, which speak through sockets on loopback. */
final class TestCluster {
  static final long MAX_MODEL_SIZE = 64L << 20;

  private static final Config CONFIG =
      ConfigFactory.parseString(
              """
              akka.actor.provider = cluster
              akka.actor.allow-java-serialization = off
              akka.remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
              akka.remote.artery.bind.hostname = "127.0.0.1"
              akka.cluster.min-nr-of-members = 1
              akka.cluster.jmx.multi-mbeans-in-same-jvm = on
              akka.cluster.gossip-interval = 100 ms
              akka.cluster.leader-actions-interval = 100 ms
              akka.cluster.typed.receptionist.distributed-data.gossip-interval = 100 ms
              akka.cluster.typed.receptionist.distributed-data.notify-subscribers-interval = 50 ms
              akka.cluster.typed.receptionist.write-consistency = all
              akka.coordinated-shutdown.exit-jvm = off
              akka.loglevel = WARNING
              """)
          .withFallback(
              ConfigFactory.parseResources("node.conf").withOnlyPath("akka.remote.artery"))
          .withFallback(ConfigFactory.load())
          .resolve();

  private final Path directory;
  private final List<Node> nodes = new ArrayList<>();

  /** A node that only speaks, and its store. */
  record Node(ActorSystem<Void> system, ModelStore store, Path directory) {
    void stop() throws Exception {
      CoordinatedShutdown.get(system)
          .runAll(CoordinatedShutdown.actorSystemTerminateReason())
          .toCompletableFuture()
          .get(60, TimeUnit.SECONDS);
      store.close();
    }
  }

  TestCluster(Path directory) {
    this.directory = directory;
  }

  /** Starts a node, which joins the first one. */
  Node start() {
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "stream", CONFIG);
    Cluster cluster = Cluster.get(system);
    ActorSystem<?> first = nodes.isEmpty() ? system : nodes.get(0).system();
    cluster.manager().tell(Join.create(Cluster.get(first).selfMember().address()));
    Path own = directory.resolve("node-" + nodes.size());
    Node node =
        new Node(
            system,
            ModelStore.durable(own, new StoreSettings(MAX_MODEL_SIZE, Duration.ofHours(1))),
            own);
    nodes.add(node);
    return node;
  }

  /** Waits for what will be so. */
  static void await(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(15).toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("still not so after 15 s");
      }
      Thread.sleep(10);
    }
  }

  void stop() throws Exception {
    for (Node node : nodes) {
      node.system().terminate();
    }
    for (Node node : nodes) {
      node.stop();
    }
  }
}
