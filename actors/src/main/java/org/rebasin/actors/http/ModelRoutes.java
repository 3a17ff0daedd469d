package org.rebasin.actors.http;

import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.headers.RawHeader;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.rebasin.actors.http.Endpoint.Exchange;
import org.rebasin.actors.store.ModelId;

/** Models in and out. */
final class ModelRoutes {
  private final Models models;
  private final ModelUploads uploads;
  private final ApiSettings.Limits limits;

  ModelRoutes(Models models, ModelUploads uploads, ApiSettings.Limits limits) {
    this.models = models;
    this.uploads = uploads;
    this.limits = limits;
  }

  List<Endpoint> endpoints() {
    return List.of(
        new Endpoint(HttpMethods.POST, "/models", limits.uploadTimeout(), this::upload),
        new Endpoint(HttpMethods.GET, "/models/{id}", limits.requestTimeout(), this::download),
        new Endpoint(HttpMethods.HEAD, "/models/{id}", limits.requestTimeout(), this::download),
        new Endpoint(HttpMethods.GET, "/models/{id}/info", limits.requestTimeout(), this::info));
  }

  private CompletionStage<HttpResponse> upload(Exchange exchange) {
    return uploads
        .receive(exchange)
        .thenApply(
            info ->
                Responses.json(201, info.document())
                    .addHeader(RawHeader.create("Location", "/models/" + info.id()))
                    .addHeader(ModelFileResponse.etag(info.id())));
  }

  /** The model that the path names. What has not an id's form names nothing. */
  private static ModelId named(Exchange exchange) {
    String text = exchange.path().get("id");
    if (!text.matches("[0-9a-f]{64}")) {
      throw new ProblemException(
          Problem.Kind.NOT_FOUND,
          "expected a model's id, 64 lower-case hexadecimal digits, found '%s'".formatted(text));
    }
    return new ModelId(text);
  }

  private static ProblemException unknown(ModelId id) {
    return new ProblemException(Problem.Kind.NOT_FOUND, "no model " + id);
  }

  private CompletionStage<HttpResponse> info(Exchange exchange) {
    ModelId id = named(exchange);
    return models
        .info(id)
        .thenApply(found -> Responses.json(200, found.orElseThrow(() -> unknown(id)).document()));
  }

  private CompletionStage<HttpResponse> download(Exchange exchange) {
    ModelId id = named(exchange);
    return models
        .find(id)
        .thenApply(
            found ->
                ModelFileResponse.of(
                    exchange,
                    found.orElseThrow(() -> unknown(id)),
                    // A name that is a content's digest never means anything else.
                    ModelFileResponse.FOR_EVER));
  }
}
