package org.rebasin.actors.http;

import akka.http.javadsl.model.HttpMethod;
import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.headers.RawHeader;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import akka.util.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.rebasin.actors.federation.FederationEvent;
import org.rebasin.actors.federation.FederationName;
import org.rebasin.actors.federation.FederationSettings;
import org.rebasin.actors.federation.FederationStatus;
import org.rebasin.actors.federation.FederationView;
import org.rebasin.actors.federation.Federations;
import org.rebasin.actors.http.Endpoint.Exchange;
import org.rebasin.actors.http.Endpoint.Handler;
import org.rebasin.actors.store.ModelId;

/** Federations: created, looked at, followed and governed. */
final class FederationRoutes {
  private static final String PATH = "/federations/{name}";

  /** Views that are asked for at a time. */
  private static final int AT_A_TIME = 16;

  private final Federations federations;
  private final Models models;
  private final ApiSettings settings;
  private final Reading reading;
  private final EventStreams streams;

  FederationRoutes(
      Federations federations,
      Models models,
      ApiSettings settings,
      Reading reading,
      EventStreams streams) {
    this.federations = federations;
    this.models = models;
    this.settings = settings;
    this.reading = reading;
    this.streams = streams;
  }

  List<Endpoint> endpoints() {
    List<Endpoint> endpoints = new ArrayList<>();
    endpoints.add(endpoint(HttpMethods.GET, "/federations", this::list));
    endpoints.add(endpoint(HttpMethods.PUT, PATH, this::create));
    endpoints.add(endpoint(HttpMethods.GET, PATH, this::view));
    endpoints.add(endpoint(HttpMethods.GET, PATH + "/events", this::events));
    endpoints.add(govern("pause", Federations::pause));
    endpoints.add(govern("resume", Federations::resume));
    endpoints.add(govern("close", Federations::close));
    endpoints.add(endpoint(HttpMethods.POST, PATH + "/rollback", this::rollback));
    return endpoints;
  }

  private Endpoint endpoint(HttpMethod method, String path, Handler handler) {
    return new Endpoint(method, path, settings.limits().requestTimeout(), handler);
  }

  private Endpoint govern(
      String what, BiFunction<Federations, FederationName, CompletionStage<FederationView>> act) {
    return endpoint(
        HttpMethods.POST,
        PATH + "/" + what,
        exchange -> act.apply(federations, named(exchange)).thenApply(this::document));
  }

  /** The federation that the path names. What has not a name's form names nothing. */
  static FederationName named(Exchange exchange) {
    try {
      return new FederationName(exchange.path().get("name"));
    } catch (IllegalArgumentException problem) {
      throw new ProblemException(Problem.Kind.NOT_FOUND, problem.getMessage());
    }
  }

  static ProblemException unknown(FederationName name) {
    return new ProblemException(Problem.Kind.NOT_FOUND, "no federation " + name);
  }

  private HttpResponse document(FederationView view) {
    return Responses.json(200, FederationDocuments.view(view));
  }

  private CompletionStage<HttpResponse> create(Exchange exchange) {
    FederationName name;
    try {
      name = new FederationName(exchange.path().get("name"));
    } catch (IllegalArgumentException problem) {
      throw new ProblemException(Problem.Kind.UNPROCESSABLE, problem.getMessage());
    }
    return reading
        .document(exchange, FederationDocument.class)
        .thenCompose(this::checked)
        .thenCompose(
            wish ->
                federations
                    .view(name)
                    .thenCompose(
                        before ->
                            federations
                                .create(name, wish)
                                .thenApply(
                                    view ->
                                        Responses.json(
                                                before.isPresent() ? 200 : 201,
                                                FederationDocuments.view(view))
                                            .addHeader(
                                                RawHeader.create(
                                                    "Location", FederationDocuments.path(name))))));
  }

  /** The settings that a document asks for, if its initial model is there and of its network. */
  private CompletionStage<FederationSettings> checked(FederationDocument document) {
    Optional<ModelId> initial = document.initialId();
    if (initial.isEmpty()) {
      return CompletableFuture.completedFuture(
          document.settings(settings.data(), Optional.empty()));
    }
    return models
        .info(initial.get())
        .thenApply(
            found ->
                document.settings(
                    settings.data(),
                    Optional.of(
                        found.orElseThrow(
                            () ->
                                new ProblemException(
                                    Problem.Kind.UNPROCESSABLE,
                                    "initial: no model %s; upload it to /models first"
                                        .formatted(initial.get()))))));
  }

  private CompletionStage<HttpResponse> list(Exchange exchange) {
    return federations
        .list()
        .thenCompose(
            names ->
                Source.from(names)
                    .mapAsync(AT_A_TIME, federations::view)
                    .mapConcat(found -> found.stream().toList())
                    .map(FederationDocuments::entry)
                    .runWith(Sink.seq(), reading.materializer()))
        .thenApply(entries -> Responses.json(200, Map.of("federations", entries)));
  }

  private CompletionStage<HttpResponse> view(Exchange exchange) {
    FederationName name = named(exchange);
    return federations
        .view(name)
        .thenApply(found -> document(found.orElseThrow(() -> unknown(name))));
  }

  /** What {@code POST /federations/{name}/rollback} takes. */
  record RollbackDocument(OptionalInt version) {}

  private CompletionStage<HttpResponse> rollback(Exchange exchange) {
    FederationName name = named(exchange);
    return reading
        .document(exchange, RollbackDocument.class)
        .thenCompose(
            document ->
                federations.rollback(
                    name,
                    document
                        .version()
                        .orElseThrow(
                            () ->
                                new ProblemException(
                                    Problem.Kind.UNPROCESSABLE,
                                    "version: expected a version's number, found none"))))
        .thenApply(this::document);
  }

  private CompletionStage<HttpResponse> events(Exchange exchange) {
    FederationName name = named(exchange);
    long after = EventStreams.lastSeen(exchange);
    // Asked before the stream begins, since a stream that has begun cannot say 404 any more.
    return federations
        .view(name)
        .thenCompose(
            found ->
                found.orElseThrow(() -> unknown(name)).status() == FederationStatus.CLOSED
                    ? isSilent(name, after)
                    : CompletableFuture.completedFuture(false))
        .thenApply(
            silent ->
                // 204 is how a server tells a browser not to connect again.
                silent
                    ? HttpResponse.create().withStatus(204)
                    : streams.response(() -> federations.events(name, after).map(this::text)));
  }

  /** Whether nothing follows in a closed federation, whose events complete. */
  private CompletionStage<Boolean> isSilent(FederationName name, long after) {
    return federations
        .events(name, after)
        .runWith(Sink.headOption(), reading.materializer())
        .thenApply(Optional::isEmpty);
  }

  private ByteString text(FederationEvent event) {
    return EventStreams.text(
        event.sequence(), FederationDocuments.kind(event), FederationDocuments.event(event));
  }
}
