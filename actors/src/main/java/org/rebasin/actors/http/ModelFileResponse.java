package org.rebasin.actors.http;

import akka.NotUsed;
import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.headers.RawHeader;
import akka.stream.javadsl.Source;
import akka.util.ByteString;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import org.rebasin.actors.http.Endpoint.Exchange;
import org.rebasin.actors.store.ModelId;

/** A model's file as an answer: whole, a range of it, or nothing to who has it already. */
final class ModelFileResponse {
  /** For a path that never names anything else. */
  static final String FOR_EVER = "private, max-age=31536000, immutable";

  /** For a path whose model changes: ask each time whether it has. */
  static final String ASK_AGAIN = "private, no-cache";

  private ModelFileResponse() {}

  static RawHeader etag(ModelId id) {
    return RawHeader.create("ETag", '"' + id.sha256() + '"');
  }

  /**
   * The answer to a request for a file.
   *
   * @param caching what {@code Cache-Control} says
   * @throws ProblemException if the model is private, or the range lies outside
   */
  static HttpResponse of(Exchange exchange, Models.StoredFile file, String caching) {
    ModelId id = file.info().id();
    if (file.info().isPrivate()) {
      throw new ProblemException(
          Problem.Kind.PRIVATE_MODEL,
          "model %s is private: its numbers do not leave the node that has it".formatted(id));
    }
    HttpResponse headers =
        HttpResponse.create()
            .addHeader(etag(id))
            .addHeader(RawHeader.create("Accept-Ranges", "bytes"))
            .addHeader(RawHeader.create("Cache-Control", caching))
            .addHeader(
                RawHeader.create(
                    "Repr-Digest",
                    "sha-256=:%s:"
                        .formatted(
                            Base64.getEncoder()
                                .encodeToString(HexFormat.of().parseHex(id.sha256())))));
    if (exchange.header("If-None-Match").filter(tags -> matches(tags, id)).isPresent()) {
      return headers.withStatus(304);
    }
    long size = file.info().bytes();
    Optional<ByteRange> range =
        exchange
            .header("Range")
            .filter(header -> exchange.request().method().equals(HttpMethods.GET))
            .filter(header -> exchange.header("If-Range").map(tag -> matches(tag, id)).orElse(true))
            .flatMap(header -> ByteRange.of(header, size));
    ByteRange part = range.orElse(new ByteRange(0, size));
    Source<ByteString, NotUsed> bytes = file.bytes().read(part.from(), part.length());
    HttpResponse response =
        headers.withEntity(
            HttpEntities.create(ContentTypes.APPLICATION_OCTET_STREAM, part.length(), bytes));
    return range.isEmpty()
        ? response
        : response
            .withStatus(206)
            .addHeader(
                RawHeader.create(
                    "Content-Range",
                    "bytes %d-%d/%d"
                        .formatted(part.from(), part.from() + part.length() - 1, size)));
  }

  /** Whether a list of entity tags has a model's among it. */
  static boolean matches(String tags, ModelId id) {
    return Arrays.stream(tags.split(","))
        .map(String::strip)
        .anyMatch(
            tag -> tag.equals("*") || tag.replaceFirst("^W/", "").equals('"' + id.sha256() + '"'));
  }
}
