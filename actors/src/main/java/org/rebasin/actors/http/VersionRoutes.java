package org.rebasin.actors.http;

import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.headers.RawHeader;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.rebasin.actors.federation.FederationName;
import org.rebasin.actors.federation.Federations;
import org.rebasin.actors.federation.Version;
import org.rebasin.actors.http.Endpoint.Exchange;

/** The versions of federations: their records, and their models to whoever waits for one. */
final class VersionRoutes {
  /** In seconds. A proxy between client and server seldom waits longer for an answer. */
  private static final int LONGEST_WAIT = 300;

  /** One more is asked for, to know whether there is another page. */
  private static final int LARGEST_PAGE = 999;

  private static final String VERSION = "Rebasin-Version";

  private final Federations federations;
  private final Models models;
  private final ApiSettings.Limits limits;
  private final Slots waiting;

  VersionRoutes(Federations federations, Models models, ApiSettings settings) {
    this.federations = federations;
    this.models = models;
    this.limits = settings.limits();
    this.waiting = new Slots("waiting requests", limits.eventStreams());
  }

  List<Endpoint> endpoints() {
    Duration patience = limits.requestTimeout();
    return List.of(
        new Endpoint(HttpMethods.GET, "/federations/{name}/versions", patience, this::list),
        new Endpoint(
            HttpMethods.GET, "/federations/{name}/versions/{version}", patience, this::view),
        new Endpoint(
            HttpMethods.GET,
            "/federations/{name}/versions/{version}/model",
            patience,
            this::download),
        new Endpoint(
            HttpMethods.POST,
            "/federations/{name}/versions/{version}/reproduce",
            limits.uploadTimeout(),
            this::reproduce),
        new Endpoint(
            HttpMethods.GET,
            "/federations/{name}/model",
            patience.plusSeconds(LONGEST_WAIT),
            this::current));
  }

  private static ProblemException unknown(FederationName name, String version) {
    return new ProblemException(
        Problem.Kind.NOT_FOUND, "federation %s has no version %s".formatted(name, version));
  }

  private CompletionStage<HttpResponse> list(Exchange exchange) {
    FederationName name = FederationRoutes.named(exchange);
    OptionalInt before = number(exchange, "before");
    int limit = Reading.limit(exchange, LARGEST_PAGE);
    return required(name)
        .thenCompose(view -> federations.versions(name, before, limit + 1))
        .thenApply(
            found -> {
              List<Version> page = found.stream().limit(limit).toList();
              Optional<String> next =
                  found.size() > limit
                      ? Optional.of(String.valueOf(page.get(limit - 1).number()))
                      : Optional.empty();
              return Responses.page(
                  "versions",
                  page.stream().map(FederationDocuments::version).toList(),
                  next,
                  place ->
                      "%s/versions?before=%s&limit=%d"
                          .formatted(FederationDocuments.path(name), place, limit));
            });
  }

  private CompletionStage<?> required(FederationName name) {
    return federations
        .view(name)
        .thenApply(found -> found.orElseThrow(() -> FederationRoutes.unknown(name)));
  }

  private static OptionalInt number(Exchange exchange, String parameter) {
    return exchange
        .query(parameter)
        .map(text -> OptionalInt.of((int) Reading.number(parameter, text, 0, Integer.MAX_VALUE)))
        .orElse(OptionalInt.empty());
  }

  /** The version that the path names. What is no number names none. */
  private CompletionStage<Version> named(Exchange exchange) {
    FederationName name = FederationRoutes.named(exchange);
    String text = exchange.path().get("version");
    if (!text.matches("[1-9]\\d{0,8}")) {
      throw unknown(name, text);
    }
    return required(name)
        .thenCompose(view -> federations.version(name, Integer.parseInt(text)))
        .thenApply(found -> found.orElseThrow(() -> unknown(name, text)));
  }

  private CompletionStage<HttpResponse> view(Exchange exchange) {
    return named(exchange)
        .thenApply(version -> Responses.json(200, FederationDocuments.version(version)));
  }

  private CompletionStage<HttpResponse> reproduce(Exchange exchange) {
    return named(exchange)
        .thenCompose(
            version -> federations.reproduce(FederationRoutes.named(exchange), version.number()))
        .thenApply(made -> Responses.json(200, FederationDocuments.reproduction(made)));
  }

  private CompletionStage<HttpResponse> download(Exchange exchange) {
    return named(exchange)
        .thenCompose(version -> file(exchange, version, ModelFileResponse.FOR_EVER));
  }

  private CompletionStage<HttpResponse> file(Exchange exchange, Version version, String caching) {
    return models
        .find(version.model())
        .thenApply(
            found ->
                ModelFileResponse.of(
                        exchange,
                        found.orElseThrow(
                            () ->
                                new ProblemException(
                                    Problem.Kind.UNAVAILABLE,
                                    "no node that answers has model %s of version %d; try again"
                                            .formatted(version.model(), version.number())
                                        + " later")),
                        caching)
                    .addHeader(RawHeader.create(VERSION, String.valueOf(version.number()))));
  }

  /** The current version's model, as soon as it is another than the one that the client has. */
  private CompletionStage<HttpResponse> current(Exchange exchange) {
    FederationName name = FederationRoutes.named(exchange);
    OptionalInt has = number(exchange, "other-than");
    // Of no version is the one numbered 0, which is as good as none.
    OptionalInt other = has.isPresent() && has.getAsInt() == 0 ? OptionalInt.empty() : has;
    Duration wait =
        Duration.ofSeconds(
            exchange
                .query("wait")
                .map(text -> Reading.number("wait", text, 0, LONGEST_WAIT))
                .orElse(0L));
    return required(name)
        .thenCompose(view -> otherThan(name, other, wait))
        .thenCompose(
            found ->
                found.isPresent()
                    ? file(exchange, found.get(), ModelFileResponse.ASK_AGAIN)
                    : unchanged());
  }

  private CompletionStage<Optional<Version>> otherThan(
      FederationName name, OptionalInt other, Duration wait) {
    if (wait.isZero()) {
      return federations.versionOtherThan(name, other, wait);
    }
    waiting.take();
    // A connection on which nothing happens is closed: half that time leaves room for the answer.
    Duration bounded =
        Duration.ofMillis(Math.min(wait.toMillis(), limits.idleTimeout().toMillis() / 2));
    return federations
        .versionOtherThan(name, other, bounded)
        .whenComplete((version, problem) -> waiting.giveBack());
  }

  private static CompletionStage<HttpResponse> unchanged() {
    return CompletableFuture.completedFuture(
        HttpResponse.create()
            .withStatus(204)
            .addHeader(RawHeader.create("Cache-Control", ModelFileResponse.ASK_AGAIN)));
  }
}
