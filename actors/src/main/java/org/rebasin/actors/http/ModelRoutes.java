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
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rebasin.actors.http.Endpoint.Exchange;
import org.rebasin.actors.store.Labels;
import org.rebasin.actors.store.ModelId;

/** Models in and out. */
final class ModelRoutes {
  /** What a model's bytes may be called; an unnamed type too. */
  private static final Set<String> BYTES =
      Set.of("application/octet-stream", "application/vnd.safetensors", "none/none");

  private static final Pattern SHA256 = Pattern.compile("sha-256=:([A-Za-z0-9+/=]+):");

  private final Models models;
  private final ApiSettings.Limits limits;
  private final Slots uploads;

  ModelRoutes(Models models, ApiSettings.Limits limits) {
    this.models = models;
    this.limits = limits;
    this.uploads = new Slots("uploads", limits.uploads());
  }

  List<Endpoint> endpoints() {
    return List.of(
        new Endpoint(HttpMethods.POST, "/models", limits.uploadTimeout(), this::upload),
        new Endpoint(HttpMethods.GET, "/models/{id}", limits.requestTimeout(), this::download),
        new Endpoint(HttpMethods.HEAD, "/models/{id}", limits.requestTimeout(), this::download),
        new Endpoint(HttpMethods.GET, "/models/{id}/info", limits.requestTimeout(), this::info));
  }

  private CompletionStage<HttpResponse> upload(Exchange exchange) {
    String type = exchange.request().entity().getContentType().mediaType().toString();
    if (!BYTES.contains(type)) {
      throw new ProblemException(
          Problem.Kind.UNSUPPORTED_MEDIA_TYPE,
          "expected a safetensors file as application/octet-stream, found " + type);
    }
    exchange
        .header("Content-Encoding")
        .filter(coding -> !coding.equalsIgnoreCase("identity"))
        .ifPresent(
            coding -> {
              throw new ProblemException(
                  Problem.Kind.UNSUPPORTED_MEDIA_TYPE,
                  "expected content that is not encoded, found Content-Encoding: " + coding);
            });
    Optional<ModelId> declared = declared(exchange);
    boolean isPrivate = isPrivate(exchange);
    requireRoom(exchange.request().entity().getContentLengthOption());
    uploads.take();
    Source<ByteString, Object> bytes =
        exchange
            .request()
            .entity()
            .withSizeLimit(limits.maxUpload())
            .getDataBytes()
            .completionTimeout(limits.uploadTimeout());
    return models
        .receive(bytes, declared, isPrivate)
        .whenComplete((info, problem) -> uploads.giveBack())
        .thenApply(
            info ->
                Responses.json(201, info.document())
                    .addHeader(RawHeader.create("Location", "/models/" + info.id()))
                    .addHeader(etag(info.id())));
  }

  private static boolean isPrivate(Exchange exchange) {
    Optional<String> visibility = exchange.query(Labels.VISIBILITY);
    if (visibility.isPresent() && !visibility.get().equals(Labels.PRIVATE)) {
      throw new ProblemException(
          Problem.Kind.MALFORMED,
          "visibility: expected private or nothing, found '%s'".formatted(visibility.get()));
    }
    return visibility.isPresent();
  }

  private void requireRoom(OptionalLong length) {
    if (length.isEmpty()) {
      return;
    }
    if (length.getAsLong() > limits.maxUpload()) {
      throw new ProblemException(
          Problem.Kind.TOO_LARGE,
          "expected at most %d bytes, found %d".formatted(limits.maxUpload(), length.getAsLong()));
    }
    if (length.getAsLong() > models.usableBytes()) {
      throw new ProblemException(
          Problem.Kind.INSUFFICIENT_STORAGE,
          "expected at most the %d bytes that are free, found %d"
              .formatted(models.usableBytes(), length.getAsLong()));
    }
  }

  /** What the sender says the content's SHA-256 is, if anything. */
  private static Optional<ModelId> declared(Exchange exchange) {
    Optional<ModelId> byDigest =
        exchange
            .header("Repr-Digest")
            .map(
                header -> {
                  Matcher digest = SHA256.matcher(header);
                  if (!digest.find()) {
                    throw new ProblemException(
                        Problem.Kind.MALFORMED,
                        "Repr-Digest: expected sha-256=:BASE64:, found '%s'".formatted(header));
                  }
                  try {
                    return id(
                        "Repr-Digest",
                        HexFormat.of().formatHex(Base64.getDecoder().decode(digest.group(1))));
                  } catch (IllegalArgumentException problem) {
                    throw new ProblemException(
                        Problem.Kind.MALFORMED, "Repr-Digest: " + problem.getMessage());
                  }
                });
    return byDigest
        .or(() -> exchange.header("X-Content-SHA256").map(hex -> id("X-Content-SHA256", hex)))
        .or(() -> exchange.query("sha256").map(hex -> id("sha256", hex)));
  }

  private static ModelId id(String where, String hex) {
    try {
      return new ModelId(hex.toLowerCase(java.util.Locale.ROOT));
    } catch (IllegalArgumentException problem) {
      throw new ProblemException(Problem.Kind.MALFORMED, where + ": " + problem.getMessage());
    }
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

  private static RawHeader etag(ModelId id) {
    return RawHeader.create("ETag", '"' + id.sha256() + '"');
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
        .thenApply(found -> download(exchange, found.orElseThrow(() -> unknown(id))));
  }

  private HttpResponse download(Exchange exchange, Models.StoredFile file) {
    ModelId id = file.info().id();
    if (file.info().isPrivate()) {
      throw new ProblemException(
          Problem.Kind.PRIVATE_MODEL,
          "model %s is private: its numbers may not leave the cluster".formatted(id));
    }
    HttpResponse headers =
        HttpResponse.create()
            .addHeader(etag(id))
            .addHeader(RawHeader.create("Accept-Ranges", "bytes"))
            // A name that is a content's digest never means anything else.
            .addHeader(RawHeader.create("Cache-Control", "private, max-age=31536000, immutable"))
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

  private static boolean matches(String tags, ModelId id) {
    return Arrays.stream(tags.split(","))
        .map(String::strip)
        .anyMatch(
            tag -> tag.equals("*") || tag.replaceFirst("^W/", "").equals('"' + id.sha256() + '"'));
  }
}
