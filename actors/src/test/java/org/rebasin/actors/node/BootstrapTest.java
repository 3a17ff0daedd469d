package org.rebasin.actors.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.Address;
import akka.cluster.Member;
import akka.cluster.typed.Cluster;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.work.Datasets;

/** Nodes that know of each other only by what service discovery says form one cluster. */
class BootstrapTest {
  private static final String HOST = "127.0.0.1";

  @TempDir Path directory;

  private final List<ClusterNode> nodes = new ArrayList<>();
  private final List<ModelStore> stores = new ArrayList<>();

  @AfterEach
  void stopNodes() throws Exception {
    for (ClusterNode node : nodes) {
      node.stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }
    stores.forEach(ModelStore::close);
  }

  @Test
  void twoNodesThatDiscoveryNamesFormOneClusterAndAreReady() throws Exception {
    List<Integer> ports = freePorts(2);
    for (int port : ports) {
      start(config(port, ports));
    }
    Set<Address> expected = new HashSet<>();
    for (ClusterNode node : nodes) {
      node.joined().toCompletableFuture().get(40, TimeUnit.SECONDS);
      expected.add(Cluster.get(node.system()).selfMember().address());
    }
    assertEquals(2, expected.size());
    for (ClusterNode node : nodes) {
      await(() -> members(node).equals(expected));
    }
    for (int port : ports) {
      assertEquals(200, status(port, "/alive"));
      await(() -> status(port, "/ready") == 200);
    }
  }

  @Test
  void aNodeThatFindsTooFewOthersBeginsNoCluster() throws Exception {
    List<Integer> ports = freePorts(2);
    ClusterNode alone = start(config(ports.get(0), ports));
    await(() -> status(ports.get(0), "/alive") == 200);
    // As long as discovery must have been stable, several times over, and not a member.
    assertThrows(
        java.util.concurrent.TimeoutException.class,
        () -> alone.joined().toCompletableFuture().get(3, TimeUnit.SECONDS));
    assertTrue(status(ports.get(0), "/ready") != 200, "ready without a cluster");
  }

  @Test
  void bootstrapWithoutManagementIsRefused() {
    Config config =
        ConfigFactory.parseString("rebasin.node.management = off")
            .withFallback(config(1, List.of(1, 2)));
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> start(config))
            .getMessage()
            .contains("expected rebasin.node.management to be on, found off"));
  }

  private ClusterNode start(Config config) {
    ModelStore store = new ModelStore(directory.resolve("node-" + stores.size()));
    stores.add(store);
    ClusterNode node = ClusterNode.start(config, store, new Datasets());
    nodes.add(node);
    return node;
  }

  /** What an operator writes, with intervals of a test. */
  private static Config config(int port, List<Integer> all) {
    StringBuilder endpoints = new StringBuilder();
    for (int other : all) {
      endpoints.append("{ host = \"%s\", port = %d }%n".formatted(HOST, other));
    }
    return ConfigFactory.parseString(
            """
            rebasin.node {
              port = 0
              management = on
              management-port = %d
              bootstrap = on
            }
            akka {
              discovery {
                method = config
                config.services.rebasin.endpoints = [ %s ]
              }
              management.cluster.bootstrap {
                contact-point-discovery {
                  required-contact-point-nr = 2
                  stable-margin = 500 ms
                  interval = 200 ms
                }
                # Nodes that differ in their ports alone are not seen otherwise.
                contact-point.filter-on-fallback-port = off
                contact-point.probe-interval = 200 ms
              }
              coordinated-shutdown.exit-jvm = off
              loglevel = OFF
            }
            """
                .formatted(port, endpoints))
        .withFallback(ConfigFactory.parseFile(Path.of("..", "config", "cluster.conf").toFile()))
        .withFallback(ConfigFactory.defaultReference())
        .resolve();
  }

  private static Set<Address> members(ClusterNode node) {
    Set<Address> addresses = new HashSet<>();
    for (Member member : Cluster.get(node.system()).state().getMembers()) {
      addresses.add(member.address());
    }
    return addresses;
  }

  /** What the management port answers; 0 while it does not. */
  private static int status(int port, String path) throws InterruptedException {
    try {
      return HttpClient.newHttpClient()
          .send(
              HttpRequest.newBuilder(URI.create("http://" + HOST + ":" + port + path))
                  .timeout(Duration.ofSeconds(5))
                  .build(),
              HttpResponse.BodyHandlers.discarding())
          .statusCode();
    } catch (java.io.IOException notYet) {
      return 0;
    }
  }

  @FunctionalInterface
  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void await(Condition condition) throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.holds()) {
      assertTrue(System.nanoTime() < end, "still not so after 20 s");
      Thread.sleep(20);
    }
  }

  /** Ports that were free together, so that no two are the same. */
  private static List<Integer> freePorts(int count) throws Exception {
    List<ServerSocket> sockets = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      sockets.add(new ServerSocket(0, 1, InetAddress.getByName(HOST)));
    }
    List<Integer> ports = sockets.stream().map(ServerSocket::getLocalPort).toList();
    for (ServerSocket socket : sockets) {
      socket.close();
    }
    return ports;
  }
}
