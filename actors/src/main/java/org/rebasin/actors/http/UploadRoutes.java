package org.rebasin.actors.http;

import akka.Done;
import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.headers.RawHeader;
import akka.stream.Materializer;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.rebasin.actors.http.Endpoint.Exchange;
import org.rebasin.actors.store.ModelId;

/**
 * Uploads that go on where they broke off, in the manner of the tus protocol: begun with the
 * model's length, continued at an offset. They belong to the node that they were begun on.
 */
final class UploadRoutes {
  private static final String LENGTH = "Upload-Length";
  private static final Set<String> PARTS =
      Set.of(
          "application/offset+octet-stream",
          "application/partial-upload",
          "application/octet-stream");
  private static final Duration LONGEST_CHECK = Duration.ofSeconds(30);

  private final Models models;
  private final ModelUploads uploads;
  private final ApiSettings.Limits limits;
  private final Map<String, ResumableUpload> open = new ConcurrentHashMap<>();

  UploadRoutes(
      Models models, ModelUploads uploads, ApiSettings.Limits limits, Materializer materializer) {
    this.models = models;
    this.uploads = uploads;
    this.limits = limits;
    Duration check =
        Duration.ofMillis(
            Math.max(1, Math.min(limits.uploadExpiry().toMillis() / 2, LONGEST_CHECK.toMillis())));
    // Ends with the actor system.
    materializer
        .system()
        .scheduler()
        .scheduleWithFixedDelay(check, check, this::forgetIdle, materializer.executionContext());
  }

  List<Endpoint> endpoints() {
    Duration patience = limits.requestTimeout();
    return List.of(
        new Endpoint(HttpMethods.POST, "/uploads", patience, this::begin),
        new Endpoint(HttpMethods.GET, "/uploads/{id}", patience, this::view),
        new Endpoint(HttpMethods.PATCH, "/uploads/{id}", limits.uploadTimeout(), this::append),
        new Endpoint(HttpMethods.DELETE, "/uploads/{id}", patience, this::discard));
  }

  private void forgetIdle() {
    for (ResumableUpload upload : open.values()) {
      if (upload.idleNanos() > limits.uploadExpiry().toNanos()) {
        forget(upload);
      }
    }
  }

  private CompletionStage<Done> forget(ResumableUpload upload) {
    open.remove(upload.id(), upload);
    return upload.discard();
  }

  private CompletionStage<HttpResponse> begin(Exchange exchange) {
    long length = header(exchange, LENGTH);
    if (length < 1) {
      throw new ProblemException(
          Problem.Kind.MALFORMED, LENGTH + ": expected at least 1, found " + length);
    }
    uploads.requireRoom(OptionalLong.of(length));
    requireRoomBeside(length);
    Optional<ModelId> declared = ModelUploads.declared(exchange);
    boolean isPrivate = ModelUploads.isPrivate(exchange);
    makePlace();
    return models
        .begin(isPrivate)
        .thenCompose(
            model -> {
              String id = UUID.randomUUID().toString().replace("-", "");
              ResumableUpload upload = new ResumableUpload(id, length, declared, model);
              open.put(id, upload);
              if (open.size() > limits.openUploads()) {
                // As many came at the same moment.
                return forget(upload)
                    .thenCompose(gone -> CompletableFuture.failedFuture(tooMany()));
              }
              return CompletableFuture.completedFuture(
                  headers(Responses.json(201, document(upload)), upload)
                      .addHeader(RawHeader.create("Location", "/uploads/" + id)));
            });
  }

  /** What was begun needs room as well, whenever it comes. */
  private void requireRoomBeside(long length) {
    long expected =
        open.values().stream()
            .filter(upload -> !upload.failed())
            .mapToLong(upload -> upload.length() - upload.offset())
            .sum();
    long free = models.usableBytes() - expected;
    if (length > free) {
      throw new ProblemException(
          Problem.Kind.INSUFFICIENT_STORAGE,
          "expected at most the %d bytes that are free beside other uploads, found %d"
              .formatted(Math.max(0, free), length));
    }
  }

  /** Forgets the oldest of those that are complete, if there is no place for another. */
  private void makePlace() {
    if (open.size() < limits.openUploads()) {
      return;
    }
    ResumableUpload oldest =
        open.values().stream()
            .filter(upload -> upload.stored().isPresent())
            .max(Comparator.comparingLong(ResumableUpload::idleNanos))
            .orElseThrow(this::tooMany);
    forget(oldest);
  }

  private ProblemException tooMany() {
    return new ProblemException(
        Problem.Kind.UNAVAILABLE,
        "expected at most %d open uploads; try again later".formatted(limits.openUploads()));
  }

  private static long header(Exchange exchange, String name) {
    String text =
        exchange
            .header(name)
            .orElseThrow(
                () ->
                    new ProblemException(
                        Problem.Kind.MALFORMED, name + ": expected a number of bytes, found none"));
    return Reading.number(name, text, 0, Long.MAX_VALUE);
  }

  /** The upload that the path names. */
  private ResumableUpload named(Exchange exchange) {
    String id = exchange.path().get("id");
    ResumableUpload upload = open.get(id);
    if (upload == null) {
      throw new ProblemException(
          Problem.Kind.NOT_FOUND,
          "no upload '%s' on this node; begin again with POST /uploads".formatted(id));
    }
    return upload;
  }

  private static Map<String, Object> document(ResumableUpload upload) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("upload", upload.id());
    document.put("offset", upload.offset());
    document.put("length", upload.length());
    upload.stored().ifPresent(info -> document.put("model", info.id().sha256()));
    return document;
  }

  private static HttpResponse headers(HttpResponse response, ResumableUpload upload) {
    return response
        .addHeader(RawHeader.create(ResumableUpload.OFFSET, String.valueOf(upload.offset())))
        .addHeader(RawHeader.create(LENGTH, String.valueOf(upload.length())))
        .addHeader(RawHeader.create("Cache-Control", "no-store"));
  }

  private CompletionStage<HttpResponse> view(Exchange exchange) {
    ResumableUpload upload = named(exchange);
    return CompletableFuture.completedFuture(
        headers(Responses.json(200, document(upload)), upload));
  }

  private CompletionStage<HttpResponse> append(Exchange exchange) {
    ResumableUpload upload = named(exchange);
    if (!PARTS.contains(exchange.contentType())) {
      throw new ProblemException(
          Problem.Kind.UNSUPPORTED_MEDIA_TYPE,
          "expected a part of a file as application/offset+octet-stream, found "
              + exchange.contentType());
    }
    ModelUploads.requireIdentity(exchange);
    long offset = header(exchange, ResumableUpload.OFFSET);
    return uploads
        .inSlot(() -> upload.append(offset, uploads.content(exchange)))
        .whenComplete(
            (info, problem) -> {
              if (upload.failed()) {
                open.remove(upload.id(), upload);
              }
            })
        .thenApply(
            complete ->
                headers(
                    complete
                        .map(
                            info ->
                                Responses.json(200, info.document())
                                    .addHeader(ModelFileResponse.etag(info.id())))
                        .orElseGet(() -> HttpResponse.create().withStatus(204)),
                    upload));
  }

  private CompletionStage<HttpResponse> discard(Exchange exchange) {
    return forget(named(exchange)).thenApply(gone -> HttpResponse.create().withStatus(204));
  }
}
