package org.rebasin.actors.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.telemetry.DocumentedMetrics;
import org.rebasin.actors.telemetry.Scrape;
import org.rebasin.model.architecture.Architecture;
import org.rebasin.model.checkpoint.ModelFile;

/** What the nodes of a cluster tell of a merge that they did together. */
class NodeMetricsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final String ARCHITECTURE = "mlp:784-32-32-10";
  private static final String DATA = "digits:train=600,test=200";

  @TempDir static Path directory;

  private static final HttpClient CLIENT =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
  private static TraceCollector collector;
  private static ThreeNodes cluster;
  private static List<Integer> ports;
  private static List<String> jobs;

  @BeforeAll
  static void mergeOnThreeNodes() throws IOException {
    ports = IntStream.range(0, 3).mapToObj(i -> NodeProcess.freePort()).toList();
    collector = new TraceCollector();
    jobs = new ArrayList<>();
    cluster =
        new ThreeNodes(
            directory.resolve("cluster"),
            SharedJournal.in(directory),
            node ->
                List.of(
                    "rebasin.telemetry.enabled=on",
                    "rebasin.telemetry.interval=1s",
                    "rebasin.telemetry.traces.enabled=on",
                    "rebasin.telemetry.traces.protocol=" + (node == 0 ? "http/protobuf" : "grpc"),
                    "rebasin.telemetry.traces.endpoint=" + collector.uri(),
                    "kamon.trace.tick-interval=1s",
                    "rebasin.node.management=on",
                    "rebasin.node.management-port=" + ports.get(node)));
    String first = cluster.upload(cluster.node(0), model(1));
    String second = cluster.upload(cluster.node(1), model(2));
    for (String method : List.of("weight", "activation")) {
      String job =
          cluster.submit(
              "{\"models\": [\"%s\", \"%s\"], \"method\": \"%s\", \"data\": \"%s\", \"points\": 3}"
                  .formatted(first, second, method, DATA));
      jobs.add(job);
      JsonNode view = cluster.awaitEnd(job, PATIENCE);
      assertEquals("succeeded", view.path("status").asText(), view.toString());
    }
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
    if (collector != null) {
      collector.close();
    }
  }

  @Test
  void whatTheMergeDidIsCounted() {
    await(() -> total("rebasin_merges_total", Map.of("outcome", "succeeded")) == 2);
    assertEquals(0, total("rebasin_tasks_queued", Map.of()));
    await(() -> total("rebasin_tasks_running", Map.of()) == 0);
    double done = total("rebasin_tasks_total", Map.of("outcome", "done"));
    assertTrue(done >= 10, "tasks done: " + done);
    assertTrue(total("rebasin_task_seconds", Map.of("outcome", "done")) >= done);
    for (String role : List.of("collector", "solver", "evaluator")) {
      assertTrue(total("rebasin_task_seconds", Map.of("role", role)) > 0, role);
    }
    for (String method : List.of("weight", "activation")) {
      assertEquals(1, total("rebasin_alignment_seconds", Map.of("method", method)), method);
      assertEquals(1, total("rebasin_alignment_sweeps", Map.of("method", method)), method);
    }
    assertEquals(2, total("rebasin_merged_accuracy_ratio", Map.of()));
    assertTrue(total("rebasin_merge_barrier_nats", Map.of("curve", "aligned")) >= 2);
    for (String stream : List.of("activations", "tensors")) {
      assertTrue(total("rebasin_stream_elements_total", Map.of("stream", stream)) > 0, stream);
      assertEquals(0, total("rebasin_stream_in_flight", Map.of("stream", stream)), stream);
    }
    assertEquals(0, total("rebasin_transfer_chunks_in_flight", Map.of()));
    assertTrue(total("rebasin_transfers_total", Map.of("outcome", "fetched")) > 0);
    assertTrue(total("rebasin_transfer_bytes_total", Map.of("direction", "received")) > 0);
    assertTrue(
        total("rebasin_wire_bytes_total", Map.of())
            > total("rebasin_transfer_bytes_total", Map.of()));
    assertTrue(total("rebasin_store_models", Map.of()) >= 4);
    assertTrue(total("rebasin_store_bytes", Map.of("part", "models")) > 0);
    assertTrue(total("rebasin_native_memory_peak_bytes", Map.of()) > 0);
    assertEquals(0, total("rebasin_journal_failures_total", Map.of("operation", "write")));
  }

  @Test
  void everyWorkersMailboxIsMeasured() {
    await(() -> total("rebasin_actor_mailbox_seconds", Map.of("actor", "work-queue")) > 0);
    for (int node = 0; node < 3; node++) {
      Scrape page = scrape(node);
      for (String role : List.of("trainer", "collector", "solver", "evaluator")) {
        Map<String, String> worker = Map.of("actor", role, "worker", "1");
        assertTrue(page.sum("rebasin_actor_processing_seconds", worker) > 0, role);
        assertTrue(page.sum("rebasin_actor_mailbox_seconds", worker) > 0, role);
      }
      assertTrue(page.sum("rebasin_actors") > 0);
      assertTrue(
          page.sum(
                  "rebasin_dispatcher_threads",
                  Map.of("dispatcher", "akka.actor.default-dispatcher"))
              > 0);
      assertTrue(page.sum("rebasin_dispatcher_tasks_total") > 0);
    }
  }

  @Test
  void labelsNameKindsAndNoModelJobOrAddress() {
    for (int node = 0; node < 3; node++) {
      for (Scrape.Sample sample : scrape(node).samples()) {
        sample
            .labels()
            .forEach(
                (label, value) -> {
                  assertTrue(value.length() <= 48, sample.toString());
                  assertTrue(
                      label.equals("le") || !value.matches(".*([0-9a-f]{16}|\\d{4,5}[^\\d]|://).*"),
                      sample.toString());
                });
      }
    }
  }

  @Test
  void aJobsSpansHaveOneTraceOnAllNodesThatWorkedForIt() {
    for (String job : jobs) {
      String trace = TraceCollector.traceOf(job);
      await(
          () ->
              collector.operations(trace).containsAll(Set.of("merge", "align", "fetch", "work"))
                  && collector.nodes(trace).size() > 1);
      assertEquals(Set.of(job), collector.jobs(trace));
    }
    await(collector::hasHeardBothProtocols);
    assertEquals(
        jobs.stream().map(TraceCollector::traceOf).collect(Collectors.toSet()), collector.traces());
  }

  @Test
  void nothingIsToldThatIsNotDocumented() {
    Set<String> told = new TreeSet<>(scrape(0).types().keySet());
    told.removeAll(DocumentedMetrics.all().keySet());
    assertEquals(Set.of(), told);
  }

  private static double total(String metric, Map<String, String> labels) {
    return IntStream.range(0, 3).mapToDouble(node -> scrape(node).sum(metric, labels)).sum();
  }

  private static Scrape scrape(int node) {
    try {
      HttpResponse<String> page =
          CLIENT.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + ports.get(node) + "/metrics"))
                  .timeout(Duration.ofSeconds(10))
                  .build(),
              BodyHandlers.ofString());
      assertEquals(200, page.statusCode());
      assertEquals(
          "text/plain; version=0.0.4; charset=utf-8",
          page.headers().firstValue("Content-Type").orElse("").toLowerCase(java.util.Locale.ROOT));
      return Scrape.parse(page.body());
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(interrupted);
    }
  }

  /** Figures come in at intervals. */
  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("still not so after 30 s");
      }
      try {
        Thread.sleep(100);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(interrupted);
      }
    }
  }

  private static byte[] model(long seed) throws IOException {
    Path file = directory.resolve("random-" + seed + ".safetensors");
    try (ModelStore store = new ModelStore(directory);
        var weights = Architecture.parse(ARCHITECTURE).network().initialize(seed)) {
      ModelId id = store.write(weights, Map.of(ModelFile.ARCHITECTURE, ARCHITECTURE));
      store.export(id, file);
    }
    return Files.readAllBytes(file);
  }
}
