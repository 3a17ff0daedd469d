package org.rebasin.actors.http;

import akka.stream.Materializer;
import java.util.concurrent.CompletionStage;
import org.rebasin.actors.http.Endpoint.Exchange;

/**
 * Reads what requests say.
 *
 * @param limits what bounds it
 */
record Reading(ApiSettings.Limits limits, Materializer materializer) {
  private static final String JSON = "application/json";
  private static final int PAGE = 100;

  /** A request's content as a document. */
  <T> CompletionStage<T> document(Exchange exchange, Class<T> type) {
    String found = exchange.contentType();
    if (!found.equals(JSON)) {
      throw new ProblemException(
          Problem.Kind.UNSUPPORTED_MEDIA_TYPE, "expected " + JSON + ", found " + found);
    }
    return exchange
        .request()
        .entity()
        .withSizeLimit(limits.maxDocument())
        .toStrict(limits.requestTimeout().toMillis(), Integer.MAX_VALUE, materializer)
        .thenApply(entity -> HttpJson.read(entity.getData().toArray(), type));
  }

  /** How many entries a page shall have. */
  static int limit(Exchange exchange, int largest) {
    return exchange
        .query("limit")
        .map(text -> (int) number("limit", text, 1, largest))
        .orElse(Math.min(PAGE, largest));
  }

  /** A number of a query. */
  static long number(String name, String text, long least, long most) {
    // At most 18 digits, so that none exceeds a long.
    long number = text.matches("\\d{1,18}") ? Long.parseLong(text) : -1;
    if (number < least || number > most) {
      throw new ProblemException(
          Problem.Kind.MALFORMED,
          "%s: expected %d to %d, found '%s'".formatted(name, least, most, text));
    }
    return number;
  }
}
