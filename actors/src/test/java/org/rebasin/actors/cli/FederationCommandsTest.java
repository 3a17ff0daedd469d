package org.rebasin.actors.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.actors.federation.ContributionView;
import org.rebasin.actors.federation.FederationSettings;
import org.rebasin.actors.http.Served;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Matching;
import org.rebasin.model.aggregation.AggregationSettings;

class FederationCommandsTest {
  private static final AtomicInteger NUMBER = new AtomicInteger();

  @TempDir static Path directory;
  private static Served served;
  private static Path first;
  private static Path second;
  private static String firstId;

  @BeforeAll
  static void start() throws IOException {
    served = new Served(directory, "rebasin.data { mnist = \"mnist:/srv/data/mnist\" }");
    first = served.modelFile(1, Map.of(), 5, 4, 3);
    second = served.modelFile(2, Map.of(), 5, 4, 3);
    firstId = served.upload(Files.readAllBytes(first));
  }

  @AfterAll
  static void stop() {
    served.close();
  }

  private static Run run(Object... arguments) {
    return at(served.uri(), arguments);
  }

  private static Run at(URI server, Object... arguments) {
    Object[] all = new Object[arguments.length + 3];
    all[0] = "federation";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    all[arguments.length + 1] = "--url";
    all[arguments.length + 2] = server;
    return Run.of(all);
  }

  /** A federation of its own for each test, so that they may run in any order. */
  private static String created() {
    String name = "c" + NUMBER.incrementAndGet();
    run("create", name, "--architecture", "mlp:5-4-3", "--data", "digits").done();
    return name;
  }

  private static Run contribute(String name, Path file, Object... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of("contribute", name, file, "--participant", "site-1", "--examples", 600));
    arguments.addAll(List.of(more));
    return run(arguments.toArray());
  }

  @Test
  void shippedExampleCreatesAFederation() {
    Path example = Path.of("..", "config", "federations", "mnist.conf");
    JsonNode view = run("create", "shipped", "--file", example, "--json").done().json();
    assertEquals("open", view.get("status").asText());
    FederationSettings settings = served.federations().settings("shipped");
    assertEquals("mlp:784-128-10", settings.architecture());
    assertEquals(AggregationSettings.Rule.FEDBUFF, settings.aggregation().rule());
    assertEquals(0.5, settings.aggregation().stalenessExponent());
    assertEquals("mnist", settings.gate().data());
    run("create", "shipped", "--file", example).done();
    Run other = run("create", "shipped", "--file", example, "--buffer", 9);
    assertEquals(1, other.code());
    assertTrue(other.err().contains("other settings"), other.err());
  }

  @Test
  void optionsGoOverTheFile() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("small.conf"),
            "architecture = \"mlp:5-4-3\"\ngate { data = digits, margin = 0.5 }\nbuffer = 3\n");
    run(
            "create",
            "over",
            "--file",
            file,
            "--buffer",
            2,
            "--remembered",
            6,
            "--margin",
            0.25,
            "--method",
            "none",
            "--rule",
            "median",
            "--patience",
            "30s",
            "--initial",
            first)
        .done();
    FederationSettings settings = served.federations().settings("over");
    assertEquals(2, settings.buffer());
    assertEquals(6, settings.remembered());
    assertEquals(0.25, settings.gate().margin());
    assertEquals(Optional.<Matching>empty(), settings.alignment());
    assertEquals(AggregationSettings.Rule.MEDIAN, settings.aggregation().rule());
    assertEquals(30, settings.patience().toSeconds());
    assertEquals(Optional.of(new ModelId(firstId)), settings.initial());
  }

  @Test
  void contributionIsUploadedAndGivenOnce() {
    String name = created();
    Run given = contribute(name, second, "--metric", "train_loss=0.5", "--json").done();
    assertEquals("accepted", given.json().get("outcome").asText());
    assertEquals(0.5, given.json().get("metrics").get("train_loss").asDouble());
    assertEquals(
        given.json().get("id"), contribute(name, second, "--json").done().json().get("id"));
    List<ContributionView> all = served.federations().given(name);
    assertEquals(1, all.size());
    assertEquals("site-1", all.get(0).contribution().participant());
    assertEquals(600, all.get(0).contribution().examples());
    served.federations().publish(name, new ModelId(firstId), 0.5);
    contribute(name, second, "--base-version", 1).done();
    assertEquals(2, served.federations().given(name).size());
  }

  @Test
  void contributionWaitsWhileTheFederationIsFull() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("narrow.conf"),
            "architecture = \"mlp:5-4-3\"\ngate { data = digits }\npending = 1\n");
    run("create", "narrow", "--file", file).done();
    contribute("narrow", first).done();
    Run refused = contribute("narrow", second, "--wait", 0, "--json");
    assertEquals(1, refused.code());
    assertEquals("full", refused.json().get("error").get("kind").asText());
    CompletableFuture<Void> room =
        CompletableFuture.runAsync(
            () -> served.federations().publish("narrow", new ModelId(firstId), 0.5),
            CompletableFuture.delayedExecutor(300, TimeUnit.MILLISECONDS));
    contribute("narrow", second, "--wait", 60).done();
    room.get(10, TimeUnit.SECONDS);
    assertEquals(2, served.federations().given("narrow").size());
  }

  @Test
  void contributionThatCannotBeIsBadInput() {
    String name = created();
    Path other = served.modelFile(3, Map.of(), 5, 6, 3, 2);
    Run wrong = contribute(name, other);
    assertEquals(2, wrong.code());
    assertTrue(wrong.err().contains("mlp:5-4-3"), wrong.err());
    assertEquals(2, contribute(name, directory.resolve("missing")).code());
    assertEquals(2, contribute("none", first).code());
    assertEquals(2, contribute("No Name", first).code());
    assertEquals(2, contribute(name, first, "--base-version", 4).code());
    assertEquals(2, run("contribute", name, first, "--examples", 1).code());
    assertTrue(served.federations().given(name).isEmpty());
  }

  @Test
  void pullWritesTheCurrentVersionOrAnEarlierOne() throws Exception {
    String name = created();
    Path out = directory.resolve("pulled");
    Run early = run("pull", name, "--out", out);
    assertEquals(1, early.code());
    assertTrue(early.err().contains("no version yet"), early.err());
    assertFalse(Files.exists(out));
    CompletableFuture<Void> published =
        CompletableFuture.runAsync(
            () -> served.federations().publish(name, new ModelId(firstId), 0.5),
            CompletableFuture.delayedExecutor(300, TimeUnit.MILLISECONDS));
    Run waited = run("pull", name, "--out", out, "--wait", 30, "--json").done();
    published.get(10, TimeUnit.SECONDS);
    assertEquals(1, waited.json().get("version").asInt());
    assertEquals(firstId, waited.json().get("model").asText());
    assertArrayEquals(Files.readAllBytes(first), Files.readAllBytes(out));

    String secondId = served.upload(Files.readAllBytes(second));
    served.federations().publish(name, new ModelId(secondId), 0.5);
    run("pull", name, "--out", out).done();
    assertArrayEquals(Files.readAllBytes(second), Files.readAllBytes(out));
    run("pull", name, "--version", 1, "--out", out).done();
    assertArrayEquals(Files.readAllBytes(first), Files.readAllBytes(out));
    assertEquals(1, run("pull", name, "--other-than", 2, "--out", out).code());
    assertEquals(2, run("pull", name, "--version", 9, "--out", out).code());
    assertEquals(2, run("pull", name, "--version", 1, "--wait", 1, "--out", out).code());
    assertEquals(2, run("pull", name, "--out", directory.resolve("none/x")).code());
  }

  @Test
  void watchTellsEventsUntilAVersionOrTheEnd() {
    String name = created();
    contribute(name, first).done();
    served.federations().publish(name, new ModelId(firstId), 0.75);
    Run until = run("watch", name, "--until", 1, "--json").done();
    assertEquals(1, until.json().get("version").asInt());
    assertTrue(until.err().contains("version 1: accuracy 75.00 %"), until.err());
    served
        .federations()
        .quarantine(name, served.federations().given(name).get(0).id(), "it does harm");
    run("close", name).done();
    Run closed = run("watch", name).done();
    assertTrue(closed.err().contains("quarantined: it does harm"), closed.err());
    assertTrue(closed.out().contains(name + " closed"), closed.out());
  }

  @Test
  void federationIsGovernedAndShown() {
    String name = created();
    served.federations().publish(name, new ModelId(firstId), 0.5);
    served.federations().publish(name, new ModelId(firstId), 0.5);
    assertEquals("paused", run("pause", name, "--json").done().json().get("status").asText());
    assertEquals(1, contribute(name, second).code());
    assertEquals("open", run("resume", name, "--json").done().json().get("status").asText());
    assertEquals(1, run("rollback", name, 1, "--json").done().json().get("version").asInt());
    assertEquals(2, run("rollback", name, 7).code());
    assertTrue(run("status", name).done().out().contains("version 1: accuracy 50.00 %"));
    assertTrue(run("list").done().out().contains(name));
    assertTrue(run("list", "--json").done().json().get("federations").size() >= 1);
    run("close", name).done();
    assertEquals(1, run("resume", name).code());
    assertEquals(2, run("status", "none").code());
    assertEquals(2, Run.of("federation").code());
  }

  @Test
  void fileThatCannotBeIsBadInput() throws IOException {
    Path broken = Files.writeString(directory.resolve("broken.conf"), "buffer = {");
    assertEquals(2, run("create", "x", "--file", broken).code());
    assertEquals(2, run("create", "x", "--file", directory.resolve("missing.conf")).code());
    Path unknown = Files.writeString(directory.resolve("unknown.conf"), "bufer = 1");
    Run refused = run("create", "x", "--file", unknown);
    assertEquals(2, refused.code());
    assertTrue(refused.err().contains("bufer"), refused.err());
  }

  @Test
  void serverThatIsNotThereIsNamed() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    URI nowhere = URI.create("http://127.0.0.1:" + port);
    for (List<Object> command :
        List.<List<Object>>of(
            List.of("list"),
            List.of("status", "x"),
            List.of("watch", "x"),
            List.of("pull", "x", "--out", directory.resolve("nothing")),
            List.of("contribute", "x", first, "--participant", "p", "--examples", 1))) {
      Run run = at(nowhere, command.toArray());
      assertEquals(1, run.code(), run.err());
      assertTrue(run.err().contains("no server answers at " + nowhere), run.err());
      assertEquals("", run.out());
    }
  }
}
