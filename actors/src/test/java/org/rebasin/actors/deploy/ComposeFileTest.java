package org.rebasin.actors.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.Config;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The Compose file says what Compose knows, and agrees with the image, the node and the secrets.
 */
class ComposeFileTest {
  private static final List<String> NODES = List.of("node-1", "node-2", "node-3");

  /** What the Compose specification has, of which ours says a part. */
  private static final Set<String> TOP =
      Set.of("name", "services", "networks", "volumes", "secrets", "configs");

  private static final Set<String> SERVICE =
      Set.of(
          "image",
          "build",
          "command",
          "entrypoint",
          "depends_on",
          "environment",
          "env_file",
          "networks",
          "secrets",
          "configs",
          "volumes",
          "ports",
          "expose",
          "read_only",
          "tmpfs",
          "cap_drop",
          "security_opt",
          "restart",
          "stop_grace_period",
          "healthcheck",
          "user");

  private final JsonNode file = Deployed.yaml(Deployed.DEPLOY.resolve("compose.yaml")).get(0);

  private JsonNode service(String name) {
    return file.get("services").get(name);
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(item -> texts.add(item.asText()));
    return texts;
  }

  private static Set<String> names(JsonNode object) {
    Set<String> names = new TreeSet<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** What a node finds, with its secrets. */
  private Map<String, String> environment(String node) {
    Map<String, String> environment = new HashMap<>();
    service(node)
        .get("environment")
        .properties()
        .forEach(field -> environment.put(field.getKey(), field.getValue().asText()));
    environment.put("REBASIN_TLS_PASSWORD", "secret");
    environment.put("REBASIN_JOURNAL_PASSWORD", "secret");
    environment.put("REBASIN_DIRECTORY", "/var/lib/rebasin/node");
    return environment;
  }

  private Config configuration(String node) {
    return Deployed.configuration("container.conf", environment(node));
  }

  /** Where a container's directory comes from. */
  private String mounted(String service, String directory) {
    return texts(service(service).get("volumes")).stream()
        .map(volume -> volume.split(":"))
        .filter(parts -> parts[1].equals(directory))
        .map(parts -> parts[0])
        .findFirst()
        .orElseThrow(() -> new AssertionError(service + " has no " + directory));
  }

  @Test
  void everyFieldIsOneOfCompose() {
    for (String field : names(file)) {
      assertTrue(TOP.contains(field) || field.startsWith("x-"), field);
    }
    for (JsonNode service : file.get("services")) {
      assertTrue(SERVICE.containsAll(names(service)), () -> names(service).toString());
    }
  }

  @Test
  void whatServicesReferToIsThere() {
    for (Iterator<String> services = file.get("services").fieldNames(); services.hasNext(); ) {
      String name = services.next();
      JsonNode service = service(name);
      for (String kind : List.of("networks", "secrets")) {
        for (String used : texts(service.path(kind))) {
          assertTrue(file.get(kind).has(used), name + ": " + kind + " " + used);
        }
      }
      JsonNode before = service.path("depends_on");
      (before.isObject() ? names(before) : Set.copyOf(texts(before)))
          .forEach(other -> assertTrue(file.get("services").has(other), name + ": " + other));
      for (String volume : texts(service.path("volumes"))) {
        String from = volume.split(":")[0];
        assertTrue(from.startsWith("./") || file.get("volumes").has(from), name + ": " + volume);
      }
    }
  }

  @Test
  void everySettingThatNodesNeedIsThere() {
    for (String node : NODES) {
      Config config = configuration(node);
      assertEquals(node, config.getString("rebasin.node.host"));
      assertEquals(node, config.getString("akka.remote.artery.canonical.hostname"));
      assertEquals("tls-tcp", config.getString("akka.remote.artery.transport"));
      assertEquals(
          environment(node).get("REBASIN_JOURNAL_URL"),
          config.getString("akka-persistence-jdbc.shared-databases.slick.db.url"));
      assertEquals(
          "org.postgresql.Driver",
          config.getString("akka-persistence-jdbc.shared-databases.slick.db.driver"));
      assertTrue(config.getBoolean("rebasin.node.management"));
      assertEquals("/run/secrets/token", config.getString("rebasin.http.token-file"));
      assertTrue(texts(service(node).get("secrets")).contains("token"));
    }
  }

  @Test
  void everyVariableOfNodesIsRead() {
    Set<String> read = Deployed.variablesRead();
    for (String node : NODES) {
      environment(node)
          .keySet()
          .forEach(variable -> assertTrue(read.contains(variable), "nothing reads " + variable));
    }
  }

  @Test
  void nodesKnowEachOtherByTheirNamesAndPort() {
    for (String node : NODES) {
      List<String> command = texts(service(node).get("command"));
      List<String> seeds = new ArrayList<>();
      for (int i = 0; i < command.size(); i++) {
        if (command.get(i).equals("--seed-node")) {
          seeds.add(command.get(i + 1));
        }
      }
      int port = configuration(node).getInt("rebasin.node.port");
      assertEquals(NODES.stream().map(name -> name + ":" + port).toList(), seeds);
      assertTrue(Files.isRegularFile(Deployed.inImage(command.get(2))), command.get(2));
      assertEquals(node, mounted(node, "/var/lib/rebasin"));
    }
  }

  @Test
  void portsArePublishedOnLoopbackAlone() {
    for (JsonNode service : file.get("services")) {
      for (String port : texts(service.path("ports"))) {
        assertTrue(port.startsWith("127.0.0.1:"), port);
      }
    }
    Set<String> hosts = new HashSet<>();
    for (String node : NODES) {
      String[] port = texts(service(node).get("ports")).get(0).split(":");
      assertEquals(configuration(node).getInt("rebasin.http.port"), Integer.parseInt(port[2]));
      assertTrue(hosts.add(port[1]), "twice: " + port[1]);
    }
  }

  @Test
  void nodesRunWithAReadOnlyRoot() {
    for (String node : NODES) {
      assertTrue(service(node).get("read_only").asBoolean());
      assertTrue(texts(service(node).get("tmpfs")).get(0).startsWith("/tmp:exec"));
      assertEquals(List.of("ALL"), texts(service(node).get("cap_drop")));
      assertEquals("rebasin:" + Deployed.version(), service(node).get("image").asText());
      // A node binds to the one address of its name.
      assertEquals(1, service(node).get("networks").size());
    }
    Path context = Deployed.DEPLOY.resolve(service("node-1").at("/build/context").asText());
    assertTrue(Files.exists(context.resolve(service("node-1").at("/build/dockerfile").asText())));
  }

  @Test
  void theScriptMakesEverySecretThatIsNamed(@TempDir Path directory) throws Exception {
    File log = directory.resolve("log").toFile();
    Process made =
        new ProcessBuilder(
                Deployed.DEPLOY.resolve("compose-secrets").toString(),
                directory.resolve("secrets").toString())
            .redirectErrorStream(true)
            .redirectOutput(log)
            .start();
    assertEquals(0, made.waitFor(), Deployed.read(log.toPath()));
    for (JsonNode secret : file.get("secrets")) {
      Path path = directory.resolve(secret.get("file").asText());
      assertTrue(Files.size(path) >= 16, path.toString());
    }
    for (String node : NODES) {
      Path variables = directory.resolve(texts(service(node).get("env_file")).get(0));
      List<String> lines = Files.readAllLines(variables);
      assertEquals(2, lines.size());
      assertTrue(lines.get(0).matches("REBASIN_TLS_PASSWORD=\\S{16,}"));
      assertTrue(lines.get(1).matches("REBASIN_JOURNAL_PASSWORD=\\S{16,}"));
      Path stores = directory.resolve(mounted(node, "/etc/rebasin/tls"));
      assertTrue(Files.exists(stores.resolve("key.p12")), stores.toString());
      assertTrue(Files.exists(stores.resolve("trust.p12")), stores.toString());
    }
    // What all may read lies where only its owner may enter.
    assertEquals(
        "rwx------",
        PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("secrets"))));
  }

  @Test
  void prometheusAsksEachNodesManagementPort() {
    List<String> targets =
        texts(
            Deployed.yaml(Deployed.DEPLOY.resolve("compose-targets.yml")).get(0).at("/0/targets"));
    assertEquals(
        NODES.stream()
            .map(node -> node + ":" + configuration(node).getInt("rebasin.node.management-port"))
            .toList(),
        targets);
  }

  @Test
  void filesThatAreMountedAreThere() {
    Assumptions.assumeTrue(
        Files.isDirectory(Deployed.DEPLOY.resolve("prometheus")),
        "no deploy/prometheus here: what Prometheus and Grafana mount is not checked");
    for (JsonNode service : file.get("services")) {
      for (String volume : texts(service.path("volumes"))) {
        String from = volume.split(":")[0];
        if (from.startsWith("./") && !from.startsWith("./secrets/")) {
          assertTrue(Files.exists(Deployed.DEPLOY.resolve(from)), from);
        }
      }
    }
  }
}
