package org.rebasin.actors.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import akka.cluster.Member;
import akka.cluster.MemberStatus;
import akka.cluster.typed.Cluster;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.work.Datasets;

class NodeTlsTest {
  private static final String HOST = "127.0.0.1";
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  @TempDir static Path directory;

  private final List<ClusterNode> nodes = new ArrayList<>();

  @BeforeAll
  static void makeCertificates() throws Exception {
    for (String authority : List.of("ours", "strange")) {
      Process process =
          new ProcessBuilder(
                  ROOT.resolve("deploy/test-certificates").toString(),
                  directory.resolve(authority).toString(),
                  HOST)
              .redirectErrorStream(true)
              .start();
      String printed = new String(process.getInputStream().readAllBytes());
      assertEquals(0, process.waitFor(), printed);
    }
  }

  @AfterEach
  void stopNodes() throws Exception {
    for (ClusterNode node : nodes) {
      node.stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }
  }

  @Test
  void aNodeWithACertificateOfTheAuthorityJoins() throws Exception {
    ClusterNode first = start("ours", List.of());
    ClusterNode second = start("ours", List.of(address(first)));
    second.joined().toCompletableFuture().get(30, TimeUnit.SECONDS);
    awaitMembers(2, second);
  }

  @Test
  void aNodeWithAnotherAuthoritysCertificateCannotJoin() throws Exception {
    ClusterNode first = start("ours", List.of());
    first.joined().toCompletableFuture().get(30, TimeUnit.SECONDS);
    ClusterNode stranger = start("strange", List.of(address(first)));
    assertThrows(
        TimeoutException.class,
        () -> stranger.joined().toCompletableFuture().get(6, TimeUnit.SECONDS));
    assertEquals(1, members(first));
  }

  @Test
  void aNodeWithoutTlsCannotJoin() throws Exception {
    ClusterNode first = start("ours", List.of());
    first.joined().toCompletableFuture().get(30, TimeUnit.SECONDS);
    ClusterNode plain =
        start(
            ConfigFactory.parseString("akka.remote.artery.transport = tcp")
                .withFallback(config("ours", List.of(address(first)))));
    assertThrows(
        TimeoutException.class,
        () -> plain.joined().toCompletableFuture().get(6, TimeUnit.SECONDS));
    assertEquals(1, members(first));
  }

  @Test
  void aNodeThatOthersCanReachIsRefusedWithoutTls() throws IOException {
    Config config =
        ConfigFactory.parseString(
                "rebasin.node.host = 192.0.2.1, akka.remote.artery.transport = tcp")
            .withFallback(config("ours", List.of()));
    String message = assertThrows(IllegalArgumentException.class, () -> start(config)).getMessage();
    assertEquals(
        "rebasin.node.host: 192.0.2.1 is not a loopback address; expected TLS between nodes"
            + " (config/tls.conf), found transport tcp",
        message);
  }

  @Test
  void aSeedNodeThatIsNoAddressIsRefusedByName() throws IOException {
    Config config =
        ConfigFactory.parseString("rebasin.node.seed-nodes = [\"127.0.0.1\"]")
            .withFallback(config("ours", List.of()));
    assertEquals(
        "rebasin.node.seed-nodes: expected HOST:PORT, found '127.0.0.1'",
        assertThrows(IllegalArgumentException.class, () -> start(config)).getMessage());
  }

  @Test
  void theAuthoritysKeyIsForItsOwnerAlone() throws IOException {
    File key = directory.resolve("ours/authority/key.p12").toFile();
    assertFalse(
        Files.getPosixFilePermissions(key.toPath()).toString().contains("OTHERS"), key.toString());
  }

  private static int members(ClusterNode node) {
    return (int)
        StreamSupport.stream(Cluster.get(node.system()).state().getMembers().spliterator(), false)
            .map(Member::status)
            .filter(status -> status.equals(MemberStatus.up()))
            .count();
  }

  /** What a node says of its cluster follows a little after it is told that it has joined. */
  private static void awaitMembers(int expected, ClusterNode node) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (members(node) != expected && System.nanoTime() < end) {
      Thread.sleep(20);
    }
    assertEquals(expected, members(node));
  }

  private static String address(ClusterNode node) {
    return HOST + ":" + Cluster.get(node.system()).selfMember().address().getPort().get();
  }

  private ClusterNode start(String authority, List<String> seeds) throws IOException {
    return start(config(authority, seeds));
  }

  private ClusterNode start(Config config) {
    ClusterNode node =
        ClusterNode.start(config.resolve(), new ModelStore(directory), new Datasets());
    nodes.add(node);
    return node;
  }

  private static Config config(String authority, List<String> seeds) throws IOException {
    Path certificates = directory.resolve(authority).resolve(HOST);
    return ConfigFactory.parseMap(
            Map.of(
                "rebasin.node.port",
                0,
                "rebasin.node.seed-nodes",
                seeds,
                "akka.coordinated-shutdown.exit-jvm",
                "off",
                "akka.loglevel",
                "OFF",
                "REBASIN_TLS",
                certificates.toString(),
                "REBASIN_TLS_PASSWORD",
                Files.readString(certificates.resolve("password")).strip()))
        .withFallback(ConfigFactory.parseFile(ROOT.resolve("config/tls.conf").toFile()))
        .withFallback(ConfigFactory.defaultReference());
  }
}
