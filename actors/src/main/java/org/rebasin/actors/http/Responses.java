package org.rebasin.actors.http;

import akka.http.javadsl.model.ContentType;
import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.MediaTypes;
import akka.http.javadsl.model.headers.RawHeader;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.rebasin.actors.federation.FederationRefusedException;

/** Answers that consist of a document. */
final class Responses {
  /** The media type of problems. */
  static final ContentType PROBLEM =
      MediaTypes.customWithFixedCharset(
              "application",
              "problem+json",
              akka.http.javadsl.model.HttpCharsets.UTF_8,
              new java.util.HashMap<>(),
              false)
          .toContentType();

  private Responses() {}

  /** A document. */
  static HttpResponse json(int status, Object document) {
    return HttpResponse.create()
        .withStatus(status)
        .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, HttpJson.bytes(document)));
  }

  /**
   * A page of a list, which says where the next one is.
   *
   * @param name of the list
   * @param next where the next page begins; empty if there is none
   * @param path of the next page by where it begins
   */
  static HttpResponse page(
      String name, List<?> entries, Optional<String> next, UnaryOperator<String> path) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put(name, entries);
    next.ifPresent(place -> document.put("next", place));
    HttpResponse response = json(200, document);
    return next.map(
            place ->
                response.addHeader(
                    RawHeader.create("Link", "<%s>; rel=\"next\"".formatted(path.apply(place)))))
        .orElse(response);
  }

  /** A problem, at the path that was asked for. */
  static HttpResponse problem(Problem problem, String instance) {
    HttpResponse response =
        HttpResponse.create()
            .withStatus(problem.kind().status())
            .withEntity(HttpEntities.create(PROBLEM, HttpJson.bytes(problem.document(instance))));
    return problem.kind() == Problem.Kind.UNAUTHORIZED
        ? response.addHeader(RawHeader.create("WWW-Authenticate", "Bearer realm=\"rebasin\""))
        : response;
  }

  /** What a federation refused, with the time after which it is worth trying again. */
  static HttpResponse refusal(FederationRefusedException refusal, String instance) {
    Problem.Kind kind =
        switch (refusal.reason()) {
          case UNKNOWN -> Problem.Kind.NOT_FOUND;
          case CONFLICT -> Problem.Kind.CONFLICT;
          case INVALID -> Problem.Kind.UNPROCESSABLE;
          case FULL -> Problem.Kind.FULL;
          case UNAVAILABLE -> Problem.Kind.UNAVAILABLE;
        };
    HttpResponse response = problem(new Problem(kind, refusal.getMessage()), instance);
    return refusal
        .retryAfter()
        .map(
            wait ->
                response.addHeader(
                    // In whole seconds, and not before the time.
                    RawHeader.create(
                        "Retry-After", String.valueOf(wait.plusMillis(999).toSeconds()))))
        .orElse(response);
  }
}
