package org.rebasin.actors.http;

import akka.stream.javadsl.Source;
import akka.util.ByteString;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rebasin.actors.http.Endpoint.Exchange;
import org.rebasin.actors.store.Labels;
import org.rebasin.actors.store.ModelId;

/** Models that come as a request's content; so many at a time, whatever route they take. */
final class ModelUploads {
  /** What a model's bytes may be called; an unnamed type too. */
  private static final Set<String> BYTES =
      Set.of("application/octet-stream", "application/vnd.safetensors", "none/none");

  private static final Pattern SHA256 = Pattern.compile("sha-256=:([A-Za-z0-9+/=]+):");

  private final Models models;
  private final ApiSettings.Limits limits;
  private final Slots slots;

  ModelUploads(Models models, ApiSettings.Limits limits) {
    this.models = models;
    this.limits = limits;
    this.slots = new Slots("uploads", limits.uploads());
  }

  /** Whether a request's content is called a model's bytes. */
  static boolean isBytes(Exchange exchange) {
    return BYTES.contains(exchange.contentType());
  }

  /** Takes in the model that is a request's content, or refuses before it reads any of it. */
  CompletionStage<ModelInfo> receive(Exchange exchange) {
    if (!isBytes(exchange)) {
      throw new ProblemException(
          Problem.Kind.UNSUPPORTED_MEDIA_TYPE,
          "expected a safetensors file as application/octet-stream, found "
              + exchange.contentType());
    }
    requireIdentity(exchange);
    Optional<ModelId> declared = declared(exchange);
    boolean isPrivate = isPrivate(exchange);
    requireRoom(exchange.request().entity().getContentLengthOption());
    return inSlot(() -> models.receive(content(exchange), declared, isPrivate));
  }

  /** Does what reads a request's content, when it is not one too many at a time. */
  <T> CompletionStage<T> inSlot(Supplier<CompletionStage<T>> reading) {
    slots.take();
    CompletionStage<T> read;
    try {
      read = reading.get();
    } catch (RuntimeException problem) {
      slots.giveBack();
      throw problem;
    }
    return read.whenComplete((done, problem) -> slots.giveBack());
  }

  /** A request's content, in bounded time and of bounded length. */
  Source<ByteString, Object> content(Exchange exchange) {
    return exchange
        .request()
        .entity()
        .withSizeLimit(limits.maxUpload())
        .getDataBytes()
        .completionTimeout(limits.uploadTimeout());
  }

  static void requireIdentity(Exchange exchange) {
    exchange
        .header("Content-Encoding")
        .filter(coding -> !coding.equalsIgnoreCase("identity"))
        .ifPresent(
            coding -> {
              throw new ProblemException(
                  Problem.Kind.UNSUPPORTED_MEDIA_TYPE,
                  "expected content that is not encoded, found Content-Encoding: " + coding);
            });
  }

  static boolean isPrivate(Exchange exchange) {
    Optional<String> visibility = exchange.query(Labels.VISIBILITY);
    if (visibility.isPresent() && !visibility.get().equals(Labels.PRIVATE)) {
      throw new ProblemException(
          Problem.Kind.MALFORMED,
          "visibility: expected private or nothing, found '%s'".formatted(visibility.get()));
    }
    return visibility.isPresent();
  }

  void requireRoom(OptionalLong length) {
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
  static Optional<ModelId> declared(Exchange exchange) {
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
      return new ModelId(hex.toLowerCase(Locale.ROOT));
    } catch (IllegalArgumentException problem) {
      throw new ProblemException(Problem.Kind.MALFORMED, where + ": " + problem.getMessage());
    }
  }
}
