package org.rebasin.actors.http;

import akka.http.javadsl.model.HttpMethod;
import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.headers.RawHeader;
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
  private static final int LARGEST_PAGE = 1_000;

  private final Jobs jobs;
  private final Models models;
  private final ApiSettings settings;
  private final Reading reading;
  private final EventStreams streams;

  MergeRoutes(
      Jobs jobs, Models models, ApiSettings settings, Reading reading, EventStreams streams) {
    this.jobs = jobs;
    this.models = models;
    this.settings = settings;
    this.reading = reading;
    this.streams = streams;
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
    return reading
        .document(exchange, MergeDocument.class)
        .thenApply(
            document ->
                document.wish(
                    settings.data(), settings.limits(), exchange.header("Idempotency-Key")))
        .thenCompose(
            wish ->
                requireModels(wish.models())
                    .thenCompose(
                        checked -> new PrivateModels(models).locate(wish.request(), checked))
                    .thenCompose(located -> jobs.submit(located, wish.options())))
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
    int limit = Reading.limit(exchange, LARGEST_PAGE);
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
    long after = EventStreams.lastSeen(exchange);
    // Asked before the stream begins, since a stream that has begun cannot say 404 any more.
    return jobs.view(job)
        .thenApply(
            found -> {
              JobView view = found.orElseThrow(() -> unknown(job));
              // 204 is how a server tells a browser not to connect again.
              return view.status().ended() && after >= view.sequence()
                  ? HttpResponse.create().withStatus(204)
                  : streams.response(() -> jobs.events(job, after).map(MergeRoutes::text));
            });
  }

  private static ByteString text(JobEvent event) {
    return EventStreams.text(event.sequence(), event.kind().text(), JobDocuments.event(event));
  }
}
