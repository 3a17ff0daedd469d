package org.rebasin.actors.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.rebasin.actors.store.ModelId;

/** Uploads a model, and goes on where it was when the connection breaks. */
public final class UploadClient {
  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;

  private final ApiClient api;

  /** Uploads to a client's server. */
  public UploadClient(ApiClient api) {
    this.api = api;
  }

  /**
   * Uploads a model.
   *
   * @param id the file's content
   * @param isPrivate whether it must not leave that node again
   */
  public void upload(ModelId id, Path file, boolean isPrivate) {
    long length = size(file);
    Optional<String> place = Optional.empty();
    long reached = 0;
    int fruitless = 0;
    while (true) {
      try {
        if (place.isEmpty()) {
          place = Optional.of(begin(id, length, isPrivate));
        }
        Optional<State> state = state(place.get());
        if (state.isEmpty()) {
          // The node that it was begun on has forgotten it.
          place = Optional.empty();
          fruitless++;
        } else if (state.get().isStored()) {
          return;
        } else {
          long offset = state.get().offset();
          fruitless = offset > reached ? 0 : fruitless + 1;
          reached = offset;
          if (offset < length) {
            append(place.get(), file, offset, length);
          } else {
            // All of it is there, and being checked.
            ApiClient.pause();
          }
        }
      } catch (ApiException problem) {
        boolean lost =
            problem.passes()
                || (place.isPresent() && problem.why() == ApiException.Cause.UNREACHABLE);
        fruitless++;
        if (!lost || fruitless > ApiClient.RECONNECTS) {
          throw problem;
        }
        ApiClient.pause();
      }
      if (fruitless > ApiClient.RECONNECTS) {
        throw new ApiException(
            ApiException.Cause.FAILED, "the upload of %s does not get on".formatted(file));
      }
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot read " + file, problem);
    }
  }

  private String begin(ModelId id, long length, boolean isPrivate) {
    HttpResponse<byte[]> response =
        api.send(
            api.request("/uploads" + (isPrivate ? "?visibility=private" : ""))
                .header("Upload-Length", String.valueOf(length))
                .header("X-Content-SHA256", id.sha256())
                .POST(BodyPublishers.noBody())
                .build(),
            BodyHandlers.ofByteArray());
    api.requireSuccess(response, response::body);
    return response
        .headers()
        .firstValue("Location")
        .filter(place -> place.startsWith("/"))
        .orElseThrow(
            () ->
                new ApiException(
                    ApiException.Cause.FAILED, "expected the Location of an upload, found none"));
  }

  /** How much the server has, and whether that is a stored model. */
  private record State(long offset, boolean isStored) {}

  /** How an upload stands; empty if the server knows nothing of it. */
  private Optional<State> state(String place) {
    HttpResponse<byte[]> response =
        api.send(api.request(place).GET().build(), BodyHandlers.ofByteArray());
    if (response.statusCode() == NOT_FOUND) {
      return Optional.empty();
    }
    api.requireSuccess(response, response::body);
    JsonNode document = api.parse(response.body());
    if (!document.path("offset").isIntegralNumber()) {
      throw new ApiException(
          ApiException.Cause.FAILED, "expected the offset of an upload, found " + document);
    }
    return Optional.of(new State(document.path("offset").asLong(), document.has("model")));
  }

  private void append(String place, Path file, long offset, long length) {
    try (InputStream bytes = Files.newInputStream(file)) {
      bytes.skipNBytes(offset);
      HttpRequest request =
          api.request(place)
              .timeout(ApiClient.TRANSFER)
              .header("Content-Type", "application/offset+octet-stream")
              .header(ResumableUpload.OFFSET, String.valueOf(offset))
              .method(
                  "PATCH",
                  BodyPublishers.fromPublisher(
                      BodyPublishers.ofInputStream(() -> bytes), length - offset))
              .build();
      HttpResponse<byte[]> response = api.send(request, BodyHandlers.ofByteArray());
      // Somebody else was faster, or the server has forgotten it: the next look at it tells.
      if (response.statusCode() != CONFLICT && response.statusCode() != NOT_FOUND) {
        api.requireSuccess(response, response::body);
      }
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot read " + file, problem);
    }
  }
}
