package org.rebasin.actors.http;

import akka.NotUsed;
import akka.http.javadsl.model.ContentType;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpMethod;
import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.MediaTypes;
import akka.http.javadsl.model.headers.RawHeader;
import akka.stream.Materializer;
import akka.stream.javadsl.Source;
import akka.util.ByteString;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.rebasin.actors.http.Endpoint.Exchange;
import org.rebasin.actors.http.Endpoint.Handler;
import org.rebasin.actors.job.JobEvent;
import org.rebasin.actors.job.JobView;
import org.rebasin.actors.job.Jobs;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.JobId;

/** Merges: begun, looked at, followed and ended. */
final class MergeRoutes {
  private static final ContentType EVENTS = MediaTypes.TEXT_EVENT_STREAM.toContentType();
  private static final String JSON = "application/json";
  private static final int PAGE = 100;
  private static final int LARGEST_PAGE = 1_000;

  private final Jobs jobs;
  private final Models models;
  private final ApiSettings settings;
  private final Materializer materializer;
  private final Slots streams;

  MergeRoutes(Jobs jobs, Models models, ApiSettings settings, Materializer materializer) {
    this.jobs = jobs;
    this.models = models;
    this.settings = settings;
    this.materializer = materializer;
    this.streams = new Slots("event streams", settings.limits().eventStreams());
  }

  List<Endpoint> endpoints() {
    return List.of(
        endpoint(HttpMethods.POST, "/merges", this::submit),
        endpoint(HttpMethods.GET, "/merges", this::list),
        endpoint(HttpMethods.GET, "/merges/{id}", this::view),
        endpoint(HttpMethods.DELETE, "/merges/{id}", this::cancel),
        endpoint(HttpMethods.GET, "/merges/{id}/events", this::events),
        endpoint(HttpMethods.POST, "/merges/{id}/retry", this::retry));
  }

  private Endpoint endpoint(HttpMethod method, String path, Handler handler) {
    return new Endpoint(method, path, settings.limits().requestTimeout(), handler);
  }

  private CompletionStage<HttpResponse> submit(Exchange exchange) {
    String type = exchange.request().entity().getContentType().mediaType().toString();
    if (!type.equals(JSON)) {
      throw new ProblemException(
          Problem.Kind.UNSUPPORTED_MEDIA_TYPE, "expected " + JSON + ", found " + type);
    }
    return exchange
        .request()
        .entity()
        .withSizeLimit(settings.limits().maxDocument())
        .toStrict(settings.limits().requestTimeout().toMillis(), Integer.MAX_VALUE, materializer)
        .thenApply(
            entity ->
                HttpJson.read(entity.getData().toArray(), MergeDocument.class)
                    .wish(settings.data(), settings.limits(), exchange.header("Idempotency-Key")))
        .thenCompose(
            wish ->
                requireModels(wish.models())
                    .thenCompose(checked -> jobs.submit(wish.request(), wish.options())))
        .thenCompose(job -> jobs.view(job).thenApply(view -> submitted(job, view)));
  }

  private static HttpResponse submitted(JobId job, Optional<JobView> view) {
    return Responses.json(202, JobDocuments.view(view.orElseThrow(() -> unknown(job))))
        .addHeader(RawHeader.create("Location", JobDocuments.path(job)));
  }

  /** Refuses models that are not there or not of one network, before work starts. */
  private CompletionStage<List<ModelInfo>> requireModels(List<ModelId> ids) {
    CompletionStage<List<ModelInfo>> checked = CompletableFuture.completedFuture(new ArrayList<>());
    // One after the other: a request may name many, and each opens a file.
    for (ModelId id : new LinkedHashSet<>(ids)) {
      checked =
          checked.thenCompose(
              before -> models.info(id).thenApply(found -> checked(before, id, found)));
    }
    return checked;
  }

  private static List<ModelInfo> checked(
      List<ModelInfo> before, ModelId id, Optional<ModelInfo> found) {
    ModelInfo info =
        found.orElseThrow(
            () ->
                new ProblemException(
                    Problem.Kind.UNPROCESSABLE,
                    "models: no model %s; upload it to /models first".formatted(id)));
    try {
      if (!before.isEmpty()) {
        before.get(0).requireSame(info);
      }
    } catch (IllegalArgumentException problem) {
      throw new ProblemException(Problem.Kind.UNPROCESSABLE, "models: " + problem.getMessage());
    }
    before.add(info);
    return before;
  }

  private CompletionStage<HttpResponse> list(Exchange exchange) {
    Optional<JobId> after =
        exchange
            .query("after")
            .map(
                text -> {
                  try {
                    return new JobId(text);
                  } catch (IllegalArgumentException problem) {
                    throw new ProblemException(
                        Problem.Kind.MALFORMED, "after: " + problem.getMessage());
                  }
                });
    int limit = exchange.query("limit").map(MergeRoutes::limit).orElse(PAGE);
    return jobs.list(after, limit)
        .thenApply(
            page -> {
              HttpResponse response = Responses.json(200, JobDocuments.page(page));
              return page.next()
                  .map(
                      next ->
                          response.addHeader(
                              RawHeader.create(
                                  "Link",
                                  "</merges?after=%s&limit=%d>; rel=\"next\""
                                      .formatted(next, limit))))
                  .orElse(response);
            });
  }

  private static int limit(String text) {
    int limit = text.matches("\\d{1,4}") ? Integer.parseInt(text) : 0;
    if (limit < 1 || limit > LARGEST_PAGE) {
      throw new ProblemException(
          Problem.Kind.MALFORMED,
          "limit: expected 1 to %d, found '%s'".formatted(LARGEST_PAGE, text));
    }
    return limit;
  }

  /** The job that the path names. What has not an id's form names nothing. */
  private static JobId named(Exchange exchange) {
    try {
      return new JobId(exchange.path().get("id"));
    } catch (IllegalArgumentException problem) {
      throw new ProblemException(Problem.Kind.NOT_FOUND, problem.getMessage());
    }
  }

  private static ProblemException unknown(JobId job) {
    return new ProblemException(Problem.Kind.NOT_FOUND, "no merge " + job);
  }

  private CompletionStage<HttpResponse> view(Exchange exchange) {
    JobId job = named(exchange);
    return jobs.view(job).thenApply(view -> document(view.orElseThrow(() -> unknown(job))));
  }

  private static HttpResponse document(JobView view) {
    return Responses.json(200, JobDocuments.view(view));
  }

  private CompletionStage<HttpResponse> cancel(Exchange exchange) {
    return jobs.cancel(named(exchange)).thenApply(MergeRoutes::document);
  }

  private CompletionStage<HttpResponse> retry(Exchange exchange) {
    return jobs.retry(named(exchange)).thenApply(MergeRoutes::document);
  }

  private CompletionStage<HttpResponse> events(Exchange exchange) {
    JobId job = named(exchange);
    long after = exchange.header("Last-Event-ID").map(MergeRoutes::sequence).orElse(0L);
    // Asked before the stream begins, since a stream that has begun cannot say 404 any more.
    return jobs.view(job)
        .thenApply(
            found -> {
              JobView view = found.orElseThrow(() -> unknown(job));
              // 204 is how a server tells a browser not to connect again.
              return view.status().ended() && after >= view.sequence()
                  ? HttpResponse.create().withStatus(204)
                  : stream(job, after);
            });
  }

  private static long sequence(String text) {
    if (!text.matches("\\d{1,18}")) {
      throw new ProblemException(
          Problem.Kind.MALFORMED,
          "Last-Event-ID: expected an event's number, found '%s'".formatted(text));
    }
    return Long.parseLong(text);
  }

  private HttpResponse stream(JobId job, long after) {
    streams.requireFree();
    // Taken when the stream begins, not here: an answer whose client is gone never does.
    Source<ByteString, NotUsed> events =
        Source.lazySource(
                () -> {
                  streams.take();
                  return jobs.events(job, after)
                      .map(MergeRoutes::text)
                      .prepend(Source.single(ByteString.fromString("retry: 1000\n\n")))
                      .keepAlive(
                          settings.limits().heartbeat(), () -> ByteString.fromString(": \n\n"))
                      .watchTermination(
                          (start, end) -> {
                            end.whenComplete((done, problem) -> streams.giveBack());
                            return start;
                          });
                })
            .mapMaterializedValue(start -> NotUsed.getInstance());
    return HttpResponse.create()
        .addHeader(RawHeader.create("Cache-Control", "no-store"))
        .withEntity(HttpEntities.createChunked(EVENTS, events));
  }

  private static ByteString text(JobEvent event) {
    return ByteString.fromString(
        "id: %d%nevent: %s%ndata: %s%n%n"
            .replace("%n", "\n")
            .formatted(
                event.sequence(), event.kind().text(), HttpJson.line(JobDocuments.event(event))));
  }
}
