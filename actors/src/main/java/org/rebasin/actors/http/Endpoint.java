package org.rebasin.actors.http;

import akka.http.javadsl.model.HttpMethod;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * One thing that the server does.
 *
 * @param method by which it is asked for
 * @param path where, with names in braces for what varies, as OpenAPI writes paths
 * @param patience how long until there must be an answer
 * @param handler answers
 * @param isOpen whether it is served without the server's token, too
 */
record Endpoint(
    HttpMethod method, String path, Duration patience, Handler handler, boolean isOpen) {
  /** One that wants the server's token, if it has one. */
  Endpoint(HttpMethod method, String path, Duration patience, Handler handler) {
    this(method, path, patience, handler, false);
  }

  /** Answers requests. What it throws, or its answer fails with, is told as a problem. */
  @FunctionalInterface
  interface Handler {
    /** The answer to a request. */
    CompletionStage<HttpResponse> answer(Exchange exchange);
  }

  /**
   * A request on its way.
   *
   * @param request as it came
   * @param path what stands for the names in the path
   */
  record Exchange(HttpRequest request, Map<String, String> path) {
    /** A header's value. */
    Optional<String> header(String name) {
      return request.getHeader(name).map(header -> header.value());
    }

    /** The content's type, without parameters. */
    String contentType() {
      return request.entity().getContentType().mediaType().toString();
    }

    /** A parameter of the query. */
    Optional<String> query(String name) {
      return request.getUri().query().get(name);
    }
  }

  /** What stands for the names in the path, if it is this endpoint's. */
  Optional<Map<String, String>> match(List<String> segments) {
    List<String> pattern = segments(path);
    if (pattern.size() != segments.size()) {
      return Optional.empty();
    }
    Map<String, String> values = new HashMap<>();
    for (int i = 0; i < pattern.size(); i++) {
      String expected = pattern.get(i);
      if (expected.startsWith("{")) {
        values.put(expected.substring(1, expected.length() - 1), segments.get(i));
      } else if (!expected.equals(segments.get(i))) {
        return Optional.empty();
      }
    }
    return Optional.of(values);
  }

  /** A path's parts. */
  static List<String> segments(String path) {
    return List.of(path.substring(1).split("/", -1));
  }
}
