package org.rebasin.actors.http;

import akka.event.LoggingAdapter;
import akka.http.ParsingErrorHandler;
import akka.http.javadsl.model.HttpResponse;
import akka.http.scaladsl.model.ErrorInfo;
import akka.http.scaladsl.model.StatusCode;
import akka.http.scaladsl.settings.ServerSettings;
import java.util.Map;

/** Answers what is not even HTTP, or exceeds the limits on lines and headers. Loaded by name. */
public final class UnparsableRequest extends ParsingErrorHandler {
  /** The one that Akka HTTP finds by the field's name. */
  public static final UnparsableRequest MODULE$ = new UnparsableRequest();

  private UnparsableRequest() {}

  @Override
  public HttpResponse handle(
      StatusCode status, ErrorInfo info, LoggingAdapter log, ServerSettings settings) {
    return HttpResponse.create()
        .withStatus(status.intValue())
        .withEntity(
            akka.http.javadsl.model.HttpEntities.create(
                Responses.PROBLEM,
                HttpJson.bytes(
                    new java.util.TreeMap<>(
                        Map.of(
                            "type", Problem.Kind.MALFORMED.type(),
                            "title", status.reason(),
                            "status", status.intValue(),
                            "detail", info.summary())))));
  }
}
