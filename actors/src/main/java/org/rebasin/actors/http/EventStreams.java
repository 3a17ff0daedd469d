package org.rebasin.actors.http;

import akka.NotUsed;
import akka.http.javadsl.model.ContentType;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.MediaTypes;
import akka.http.javadsl.model.headers.RawHeader;
import akka.stream.javadsl.Source;
import akka.util.ByteString;
import java.util.function.Supplier;
import org.rebasin.actors.http.Endpoint.Exchange;

/** Server-sent events; so many streams at a time, whatever they tell of. */
final class EventStreams {
  private static final ContentType EVENTS = MediaTypes.TEXT_EVENT_STREAM.toContentType();

  private final ApiSettings.Limits limits;
  private final Slots slots;

  EventStreams(ApiSettings.Limits limits) {
    this.limits = limits;
    this.slots = new Slots("event streams", limits.eventStreams());
  }

  /** The last event that the client of a request has seen; 0 for none. */
  static long lastSeen(Exchange exchange) {
    return exchange.header("Last-Event-ID").map(EventStreams::sequence).orElse(0L);
  }

  private static long sequence(String text) {
    if (!text.matches("\\d{1,18}")) {
      throw new ProblemException(
          Problem.Kind.MALFORMED,
          "Last-Event-ID: expected an event's number, found '%s'".formatted(text));
    }
    return Long.parseLong(text);
  }

  /** An event's text. */
  static ByteString text(long sequence, String kind, Object document) {
    return ByteString.fromString(
        "id: %d\nevent: %s\ndata: %s\n\n".formatted(sequence, kind, HttpJson.line(document)));
  }

  /**
   * Tells events, with signs of life between them.
   *
   * @param events their texts, each time from the beginning
   */
  HttpResponse response(Supplier<Source<ByteString, NotUsed>> events) {
    slots.requireFree();
    // Taken when the stream begins, not here: an answer whose client is gone never does.
    Source<ByteString, NotUsed> stream =
        Source.lazySource(
                () -> {
                  slots.take();
                  return events
                      .get()
                      .prepend(Source.single(ByteString.fromString("retry: 1000\n\n")))
                      .keepAlive(limits.heartbeat(), () -> ByteString.fromString(": \n\n"))
                      .watchTermination(
                          (start, end) -> {
                            end.whenComplete((done, problem) -> slots.giveBack());
                            return start;
                          });
                })
            .mapMaterializedValue(start -> NotUsed.getInstance());
    return HttpResponse.create()
        .addHeader(RawHeader.create("Cache-Control", "no-store"))
        .withEntity(HttpEntities.createChunked(EVENTS, stream));
  }
}
