package org.rebasin.actors.telemetry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.ActorSystem;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What each class that others call does to the page; others in this process may count meanwhile.
 */
class InstrumentsTest {
  private static Scrape page() {
    Metrics.declareAll();
    return Scrape.parse(new String(MetricsPage.bytes(), StandardCharsets.UTF_8));
  }

  @Test
  void aTaskIsQueuedThenRunsThenIsDone() {
    Map<String, String> role = Map.of("role", "test-role");
    TaskMetrics.queued("test-role");
    assertEquals(1, page().sum("rebasin_tasks_queued", role));
    TaskMetrics.started("test-role");
    assertEquals(0, page().sum("rebasin_tasks_queued", role));
    assertEquals(1, page().sum("rebasin_tasks_running", role));
    TaskMetrics.putBack("test-role");
    TaskMetrics.retried("test-role");
    assertEquals(1, page().sum("rebasin_tasks_queued", role));
    assertEquals(1, page().sum("rebasin_task_retries_total", role));
    TaskMetrics.started("test-role");
    TaskMetrics.ended("test-role", true, "done");
    assertEquals(0, page().sum("rebasin_tasks_running", role));
    assertEquals(1, page().sum("rebasin_tasks_total", role));
  }

  @Test
  void aStreamsElementsAndBytesAreCountedAndItsOrderKept() throws Exception {
    Map<String, String> stream = Map.of("stream", "batches");
    Scrape before = page();
    ActorSystem system = ActorSystem.create("meter");
    try {
      List<Integer> passed =
          Source.range(1, 100)
              .via(StreamMetrics.BATCHES.<Integer>meter(element -> element))
              .runWith(Sink.seq(), system)
              .toCompletableFuture()
              .get(10, TimeUnit.SECONDS);
      assertEquals(
          Source.range(1, 100)
              .runWith(Sink.seq(), system)
              .toCompletableFuture()
              .get(10, TimeUnit.SECONDS),
          passed);
    } finally {
      system.terminate();
      system.getWhenTerminated().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
    Scrape after = page();
    assertTrue(
        after.sum("rebasin_stream_elements_total", stream)
            >= before.sum("rebasin_stream_elements_total", stream) + 100);
    assertTrue(
        after.sum("rebasin_stream_bytes_total", stream)
            >= before.sum("rebasin_stream_bytes_total", stream) + 5050);
    assertTrue(
        after.sum("rebasin_stream_producing_seconds_total", stream)
            > before.sum("rebasin_stream_producing_seconds_total", stream));
  }

  @Test
  void aStoresPartsAreMeasured(@TempDir Path directory) throws Exception {
    Path model = directory.resolve("models/ab/" + "a".repeat(64) + ".safetensors");
    Files.createDirectories(model.getParent());
    Files.write(model, new byte[1000]);
    Files.write(model.resolveSibling("a.json"), new byte[10]);
    StoreMetrics.watch(directory);
    Scrape page = page();
    assertEquals(1010, page.sum("rebasin_store_bytes", Map.of("part", "models")));
    assertEquals(0, page.sum("rebasin_store_bytes", Map.of("part", "corrupt")));
    assertEquals(1, page.sum("rebasin_store_models"));
    assertTrue(page.sum("rebasin_store_free_bytes") > 0);
  }

  @Test
  void aContributionsOutcomeThatIsNotKnownIsOneOfFewLabels() {
    double before =
        page().sum("rebasin_federation_contributions_total", Map.of("outcome", "other"));
    FederationMetrics.contribution("participant-17 was late");
    FederationMetrics.published();
    FederationMetrics.merged(3, 2);
    Scrape page = page();
    assertEquals(
        before + 1, page.sum("rebasin_federation_contributions_total", Map.of("outcome", "other")));
    assertTrue(page.sum("rebasin_federation_versions_total") >= 1);
    assertTrue(page.sum("rebasin_federation_publish_seconds") >= 1);
    assertTrue(page.sum("rebasin_federation_staleness_versions") >= 1);
  }

  @Test
  void mergesAreCountedByWhatTheyCameTo() {
    Map<String, String> cancelled = Map.of("outcome", "cancelled");
    double before = page().sum("rebasin_merges_total", cancelled);
    MergeMetrics.ended("cancelled", Duration.ofSeconds(2));
    assertEquals(before + 1, page().sum("rebasin_merges_total", cancelled));
  }

  @Test
  void aWindowThatClosesTakesAlongWhatHasNotArrived() {
    double before = page().sum("rebasin_transfer_chunks_in_flight");
    TransferMetrics.Window window = new TransferMetrics.Window();
    window.grant(8);
    window.arrived(256);
    assertEquals(before + 7, page().sum("rebasin_transfer_chunks_in_flight"));
    window.close();
    assertEquals(before, page().sum("rebasin_transfer_chunks_in_flight"));
  }

  @Test
  void sizesOfLayersFallIntoFewClasses() {
    assertEquals("64", Buckets.unitsLe(64));
    assertEquals("256", Buckets.unitsLe(65));
    assertEquals("+Inf", Buckets.unitsLe(100_000));
  }

  @Test
  void actorsAreNamedByKindAndWorkersByNumber() {
    assertEquals(List.of("trainer", "2"), ActorLabels.of("rebasin/user/trainer-2", ""));
    assertEquals(List.of("merge-job", ""), ActorLabels.of("", "merge-job"));
    assertEquals(List.of("other", ""), ActorLabels.of("rebasin/user/$a/job-0123", ""));
  }
}
