package org.rebasin.actors.http;

import akka.NotUsed;
import akka.http.javadsl.model.ContentType;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpMethod;
import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.MediaTypes;
import akka.http.javadsl.model.headers.RawHeader;
import akka.stream.javadsl.Source;
import akka.util.ByteString;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.rebasin.actors.http.Endpoint.Exchange;
import org.rebasin.actors.http.Endpoint.Handler;
import org.rebasin.actors.job.JobPage;
import org.rebasin.actors.job.Jobs;
import org.rebasin.actors.telemetry.ActorReading;
import org.rebasin.actors.work.QueueLoad;

/** The cluster, what it has to do and what its nodes measure: at one moment, and as it changes. */
final class ClusterRoutes {
  private static final ContentType EVENTS = MediaTypes.TEXT_EVENT_STREAM.toContentType();
  private static final Duration INTERVAL = Duration.ofSeconds(2);

  /** Merges that are told of, and those of them that are asked how far they are. */
  private static final int MERGES = 50;

  private static final int LIVE_MERGES = 20;

  private final ClusterInfo cluster;
  private final Jobs jobs;
  private final Measurements measurements;
  private final ApiSettings settings;
  private final Slots streams;

  ClusterRoutes(ClusterInfo cluster, Jobs jobs, Measurements measurements, ApiSettings settings) {
    this.cluster = cluster;
    this.jobs = jobs;
    this.measurements = measurements;
    this.settings = settings;
    this.streams = new Slots("streams of updates", settings.limits().eventStreams());
  }

  List<Endpoint> endpoints() {
    return List.of(
        endpoint("/cluster", exchange -> cluster().thenApply(ClusterRoutes::ok)),
        endpoint("/data", exchange -> now(Map.of("names", settings.data().names()))),
        endpoint("/telemetry", exchange -> now(telemetry())),
        endpoint("/updates", this::updates));
  }

  private Endpoint endpoint(String path, Handler handler) {
    HttpMethod get = HttpMethods.GET;
    return new Endpoint(get, path, settings.limits().requestTimeout(), handler);
  }

  private static HttpResponse ok(Object document) {
    return Responses.json(200, document);
  }

  private static CompletionStage<HttpResponse> now(Object document) {
    return CompletableFuture.completedFuture(ok(document));
  }

  private CompletionStage<Map<String, Object>> cluster() {
    return cluster
        .load()
        .thenApply(
            load -> {
              Map<String, Object> document = new LinkedHashMap<>();
              document.put("members", cluster.members());
              load.ifPresent(known -> document.put("load", load(known)));
              return document;
            });
  }

  private static Map<String, Object> load(QueueLoad load) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put(
        "waiting",
        load.waiting().stream()
            .map(waiting -> Map.of("role", waiting.role().text(), "tasks", waiting.tasks()))
            .toList());
    document.put(
        "workers",
        load.workers().stream()
            .map(
                workers -> {
                  Map<String, Object> entry = new LinkedHashMap<>();
                  entry.put("node", workers.node());
                  entry.put("role", workers.role().text());
                  entry.put("workers", workers.workers());
                  entry.put("working", workers.working());
                  return entry;
                })
            .toList());
    return document;
  }

  private Map<String, Object> telemetry() {
    Optional<List<ActorReading>> readings = measurements.actors();
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("on", readings.isPresent());
    document.put("actors", readings.orElse(List.of()).stream().map(ClusterRoutes::actor).toList());
    return document;
  }

  private static Map<String, Object> actor(ActorReading actor) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("actor", actor.actor());
    document.put("worker", actor.worker());
    put(document, "mailbox", actor.mailbox());
    put(document, "messages_per_second", actor.messagesPerSecond());
    put(document, "time_in_mailbox", actor.timeInMailbox());
    put(document, "processing_time", actor.processingTime());
    document.put("restarts", actor.restarts());
    document.put("failures", actor.failures());
    return document;
  }

  /** JSON has no number for what was not measured. */
  private static void put(Map<String, Object> document, String name, double value) {
    if (Double.isFinite(value)) {
      document.put(name, value);
    }
  }

  private CompletionStage<HttpResponse> updates(Exchange exchange) {
    streams.requireFree();
    Source<ByteString, NotUsed> events =
        Source.lazySource(
                () -> {
                  streams.take();
                  Map<String, String> told = new HashMap<>();
                  return Source.tick(Duration.ZERO, INTERVAL, "now")
                      .conflate((waiting, newer) -> newer)
                      .mapAsync(1, tick -> changes(told))
                      .prepend(Source.single(ByteString.fromString("retry: 1000\n\n")))
                      .watchTermination(
                          (start, end) -> {
                            end.whenComplete((done, problem) -> streams.giveBack());
                            return start;
                          });
                })
            .mapMaterializedValue(start -> NotUsed.getInstance());
    return CompletableFuture.completedFuture(
        HttpResponse.create()
            .addHeader(RawHeader.create("Cache-Control", "no-store"))
            .withEntity(HttpEntities.createChunked(EVENTS, events)));
  }

  /** What is otherwise than it was told last; a comment at least, as a sign of life. */
  private CompletionStage<ByteString> changes(Map<String, String> told) {
    return cluster()
        .thenCombine(
            merges(),
            (nodes, merges) -> {
              StringBuilder text = new StringBuilder(":\n\n");
              tell(text, told, "cluster", nodes);
              merges.ifPresent(page -> tell(text, told, "merges", page));
              return ByteString.fromString(text.toString());
            });
  }

  private static void tell(
      StringBuilder text, Map<String, String> told, String event, Object document) {
    String line = HttpJson.line(document);
    if (!line.equals(told.put(event, line))) {
      text.append("event: ").append(event).append("\ndata: ").append(line).append("\n\n");
    }
  }

  /**
   * The newest merges, those that run as they stand; empty while nobody can tell: what a lost node
   * kept takes a while to be found again, and that it was lost is told meanwhile.
   */
  private CompletionStage<Optional<Map<String, Object>>> merges() {
    return jobs.list(Optional.empty(), MERGES)
        .thenCompose(this::withProgress)
        .handle((document, problem) -> Optional.ofNullable(document))
        .toCompletableFuture()
        .completeOnTimeout(Optional.empty(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
  }

  private CompletionStage<Map<String, Object>> withProgress(JobPage page) {
    Map<String, Object> document = JobDocuments.page(page);
    List<Map<String, Object>> entries = new ArrayList<>();
    CompletionStage<List<Map<String, Object>>> all = CompletableFuture.completedFuture(entries);
    int live = 0;
    for (JobPage.Entry job : page.jobs()) {
      CompletionStage<Map<String, Object>> entry =
          job.status().ended() || ++live > LIVE_MERGES
              ? CompletableFuture.completedFuture(JobDocuments.entry(job))
              : jobs.view(job.id())
                  .thenApply(
                      view ->
                          view.map(JobDocuments::view).orElseGet(() -> JobDocuments.entry(job)));
      all = all.thenCombine(entry, (list, one) -> with(list, one));
    }
    return all.thenApply(
        list -> {
          document.put("merges", list);
          return document;
        });
  }

  private static List<Map<String, Object>> with(
      List<Map<String, Object>> list, Map<String, Object> one) {
    list.add(one);
    return list;
  }
}
