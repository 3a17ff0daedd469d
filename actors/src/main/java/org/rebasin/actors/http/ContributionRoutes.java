package org.rebasin.actors.http;

import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.headers.RawHeader;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.rebasin.actors.federation.Contribution;
import org.rebasin.actors.federation.ContributionView;
import org.rebasin.actors.federation.FederationName;
import org.rebasin.actors.federation.FederationStatus;
import org.rebasin.actors.federation.FederationView;
import org.rebasin.actors.federation.Federations;
import org.rebasin.actors.http.Endpoint.Exchange;
import org.rebasin.actors.store.ModelId;

/** Contributions to federations: given, by a model's id or its bytes, and looked at. */
final class ContributionRoutes {
  private static final String PATH = "/federations/{name}/contributions";

  /** One more is asked for, to know whether there is another page. */
  private static final int LARGEST_PAGE = 999;

  /** What a participant may tell in the metadata of its file, behind this. */
  private static final String METADATA = "rebasin.";

  private final Federations federations;
  private final Models models;
  private final ModelUploads uploads;
  private final ApiSettings.Limits limits;
  private final Reading reading;

  ContributionRoutes(
      Federations federations,
      Models models,
      ModelUploads uploads,
      ApiSettings settings,
      Reading reading) {
    this.federations = federations;
    this.models = models;
    this.uploads = uploads;
    this.limits = settings.limits();
    this.reading = reading;
  }

  List<Endpoint> endpoints() {
    Duration patience = limits.requestTimeout();
    return List.of(
        new Endpoint(HttpMethods.POST, PATH, limits.uploadTimeout(), this::contribute),
        new Endpoint(HttpMethods.GET, PATH, patience, this::list),
        new Endpoint(HttpMethods.GET, PATH + "/{id}", patience, this::view));
  }

  private CompletionStage<FederationView> federation(FederationName name) {
    return federations
        .view(name)
        .thenApply(found -> found.orElseThrow(() -> FederationRoutes.unknown(name)));
  }

  private CompletionStage<HttpResponse> contribute(Exchange exchange) {
    FederationName name = FederationRoutes.named(exchange);
    if (exchange.contentType().equals("application/json")) {
      return federation(name)
          .thenCompose(
              view ->
                  reading
                      .document(exchange, ContributionDocument.class)
                      .thenApply(ContributionDocument::contribution)
                      .thenCompose(contribution -> give(view, contribution)));
    }
    // What is wrong with it is said before the model is taken in.
    Optional<ContributionDocument> told = told(exchange);
    told.ifPresent(document -> document.contribution(new ModelId("0".repeat(64))));
    return federation(name)
        .thenCompose(
            view -> {
              requireOpen(view);
              return uploads
                  .receive(exchange)
                  .thenCompose(
                      info ->
                          give(
                              view,
                              told.orElseGet(() -> told(exchange, info.metadata()))
                                  .contribution(info.id())));
            });
  }

  private static void requireOpen(FederationView view) {
    if (view.status() != FederationStatus.OPEN) {
      throw new ProblemException(
          Problem.Kind.CONFLICT,
          "federation %s: expected an open one, found it %s"
              .formatted(view.name(), view.status().text()));
    }
  }

  /** What the request tells beside the model, if that is enough without the file's metadata. */
  private static Optional<ContributionDocument> told(Exchange exchange) {
    ContributionDocument document = told(exchange, Map.of());
    return document.participant().isPresent() && document.examples().isPresent()
        ? Optional.of(document)
        : Optional.empty();
  }

  private static ContributionDocument told(Exchange exchange, Map<String, String> metadata) {
    Optional<String> base = told(exchange, metadata, "base-version");
    Optional<String> examples = told(exchange, metadata, "examples");
    return new ContributionDocument(
        told(exchange, metadata, "participant"),
        base.isPresent()
            ? OptionalInt.of((int) Reading.number("base-version", base.get(), 0, Integer.MAX_VALUE))
            : OptionalInt.empty(),
        examples.isPresent()
            ? OptionalLong.of(Reading.number("examples", examples.get(), 0, Long.MAX_VALUE))
            : OptionalLong.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private static Optional<String> told(
      Exchange exchange, Map<String, String> metadata, String field) {
    return exchange
        .query(field)
        .or(() -> Optional.ofNullable(metadata.get(METADATA + field.replace('-', '_'))));
  }

  /** Gives a contribution, of a model that is there and of the federation's network. */
  private CompletionStage<HttpResponse> give(FederationView view, Contribution contribution) {
    FederationName name = view.name();
    return federations
        .contribution(name, contribution.id())
        .thenCompose(
            before ->
                before.isPresent()
                    // Sent again, as when the answer was lost: whatever became of the federation.
                    ? CompletableFuture.completedFuture(answer(200, name, before.get()))
                    : requireFit(view, contribution.model())
                        .thenCompose(info -> federations.contribute(name, contribution))
                        .thenApply(given -> answer(201, name, given)));
  }

  private HttpResponse answer(int status, FederationName name, ContributionView view) {
    return Responses.json(status, FederationDocuments.contribution(view))
        .addHeader(
            RawHeader.create(
                "Location",
                "%s/contributions/%s".formatted(FederationDocuments.path(name), view.id())));
  }

  /** Refuses at once what the screen would refuse later, as far as headers tell. */
  private CompletionStage<ModelInfo> requireFit(FederationView view, ModelId id) {
    return models
        .info(id)
        .thenCompose(
            found -> {
              ModelInfo info =
                  found.orElseThrow(
                      () ->
                          new ProblemException(
                              Problem.Kind.UNPROCESSABLE,
                              "model: no model %s; upload it to /models or /uploads first"
                                  .formatted(id)));
              Optional<ModelId> reference = view.current().map(version -> version.model());
              if (reference.isEmpty()) {
                requireArchitecture(view, info);
                return CompletableFuture.completedFuture(info);
              }
              return models
                  .info(reference.get())
                  .thenApply(
                      global -> {
                        // If it is on no node that answers now, the screen will tell.
                        global.ifPresent(one -> requireSame(one, info));
                        return info;
                      });
            });
  }

  private static void requireArchitecture(FederationView view, ModelInfo info) {
    String expected = view.settings().architecture();
    if (!info.architecture().equals(expected)) {
      throw new ProblemException(
          Problem.Kind.UNPROCESSABLE,
          "model: expected architecture %s of federation %s, found %s"
              .formatted(expected, view.name(), info.architecture()));
    }
  }

  private static void requireSame(ModelInfo global, ModelInfo info) {
    try {
      global.requireSame(info);
    } catch (IllegalArgumentException problem) {
      throw new ProblemException(Problem.Kind.UNPROCESSABLE, "model: " + problem.getMessage());
    }
  }

  private CompletionStage<HttpResponse> list(Exchange exchange) {
    FederationName name = FederationRoutes.named(exchange);
    Optional<String> after = exchange.query("after");
    after.ifPresent(
        id -> {
          if (!isId(id)) {
            throw new ProblemException(
                Problem.Kind.MALFORMED,
                "after: expected a contribution's id, 32 hexadecimal digits, found '%s'"
                    .formatted(id));
          }
        });
    int limit = Reading.limit(exchange, LARGEST_PAGE);
    return federation(name)
        .thenCompose(view -> federations.contributions(name, after, limit + 1))
        .thenApply(
            found -> {
              List<ContributionView> page = found.stream().limit(limit).toList();
              Optional<String> next =
                  found.size() > limit ? Optional.of(page.get(limit - 1).id()) : Optional.empty();
              return Responses.page(
                  "contributions",
                  page.stream().map(FederationDocuments::contribution).toList(),
                  next,
                  place ->
                      "%s/contributions?after=%s&limit=%d"
                          .formatted(FederationDocuments.path(name), place, limit));
            });
  }

  private static boolean isId(String text) {
    return text.matches("[0-9a-f]{32}");
  }

  private CompletionStage<HttpResponse> view(Exchange exchange) {
    FederationName name = FederationRoutes.named(exchange);
    String id = exchange.path().get("id");
    ProblemException unknown =
        new ProblemException(
            Problem.Kind.NOT_FOUND, "federation %s has no contribution '%s'".formatted(name, id));
    if (!isId(id)) {
      throw unknown;
    }
    return federation(name)
        .thenCompose(view -> federations.contribution(name, id))
        .thenApply(
            found ->
                Responses.json(
                    200, FederationDocuments.contribution(found.orElseThrow(() -> unknown))));
  }
}
