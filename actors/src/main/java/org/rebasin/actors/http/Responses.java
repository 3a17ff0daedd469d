package org.rebasin.actors.http;

import akka.http.javadsl.model.ContentType;
import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.MediaTypes;
import akka.http.javadsl.model.headers.RawHeader;

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
}
