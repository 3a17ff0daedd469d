package org.rebasin.actors.http;

import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The description of all this for programs, OpenAPI 3.1, as it lies among the resources. */
final class OpenApi {
  private static final String RESOURCE = "/org/rebasin/actors/http/openapi.json";

  private OpenApi() {}

  /** The document. */
  static byte[] bytes() {
    try (InputStream resource = OpenApi.class.getResourceAsStream(RESOURCE)) {
      if (resource == null) {
        throw new IllegalStateException("expected a resource " + RESOURCE + ", found none");
      }
      return resource.readAllBytes();
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot read " + RESOURCE, problem);
    }
  }

  static HttpResponse response() {
    return HttpResponse.create()
        .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, bytes()));
  }
}
