package org.rebasin.actors.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.JobId;

/**
 * Talks to a server as programs do. Every method waits for the answer, and throws an {@link
 * ApiException} where it is a problem or there is none.
 */
public final class ApiClient {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int NO_CONTENT = 204;
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration ANSWER = Duration.ofSeconds(60);
  static final Duration TRANSFER = Duration.ofHours(2);

  /** So often in a row in vain before a request or an event stream is given up. */
  static final int RECONNECTS = 10;

  private static final Duration PAUSE = Duration.ofMillis(500);

  /** Without a sign of life from an event stream; servers give one every few seconds. */
  private static final Duration SILENCE = Duration.ofSeconds(60);

  private final URI server;
  private final Optional<String> token;
  private final Duration silence;
  private final HttpClient client;

  /**
   * A client of a server.
   *
   * @param server such as {@code http://127.0.0.1:8080}
   * @param token what it wants to be shown, if anything
   * @param certificates in PEM, one of which it must show; those that the JVM trusts if empty
   * @throws IllegalArgumentException if that is no server's address, or there are no certificates
   */
  public ApiClient(String server, Optional<String> token, Optional<Path> certificates) {
    this(server, token, certificates, SILENCE);
  }

  ApiClient(String server, Optional<String> token, Optional<Path> certificates, Duration silence) {
    URI uri = URI.create(server.replaceFirst("/+$", ""));
    if (uri.getScheme() == null
        || !uri.getScheme().matches("https?")
        || uri.getHost() == null
        || uri.getRawQuery() != null
        || uri.getRawUserInfo() != null) {
      throw new IllegalArgumentException(
          "expected a server such as http://127.0.0.1:8080, found " + server);
    }
    this.server = uri;
    this.token = token;
    this.silence = silence;
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .followRedirects(HttpClient.Redirect.NEVER);
    certificates.map(TrustedCertificates::context).ifPresent(builder::sslContext);
    this.client = builder.build();
  }

  /** A secret from its file. */
  public static String token(Path file) {
    return ApiSettings.secret("token file", file);
  }

  /** A request of the server, to be completed. */
  HttpRequest.Builder request(String path) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server + path)).timeout(ANSWER);
    token.ifPresent(secret -> request.header("Authorization", "Bearer " + secret));
    return request;
  }

  <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> body) {
    try {
      return client.send(request, body);
    } catch (HttpTimeoutException problem) {
      throw new ApiException(
          ApiException.Cause.UNREACHABLE, "%s does not answer in time".formatted(server), problem);
    } catch (ConnectException problem) {
      throw new ApiException(
          ApiException.Cause.UNREACHABLE,
          "no server answers at %s; start one with 'rebasin node', or say where it is with --url"
              .formatted(server),
          problem);
    } catch (FileNotFoundException problem) {
      throw new UncheckedIOException("cannot read a model", problem);
    } catch (IOException problem) {
      throw new ApiException(
          ApiException.Cause.UNREACHABLE,
          "the connection to %s broke: %s".formatted(server, problem.getMessage()),
          problem);
    } catch (InterruptedException problem) {
      Thread.currentThread().interrupt();
      throw new ApiException(ApiException.Cause.FAILED, "interrupted", problem);
    }
  }

  /** Sends a request whose answer is a document. */
  JsonNode document(HttpRequest request) {
    HttpResponse<byte[]> response = send(request, BodyHandlers.ofByteArray());
    requireSuccess(response, response::body);
    return parse(response.body());
  }

  /**
   * Sends a request that may be sent twice: again and again while the server is unavailable, as
   * when a node of its cluster was lost, and when a connection breaks.
   */
  JsonNode patiently(HttpRequest request) {
    for (int attempt = 1; ; attempt++) {
      try {
        return document(request);
      } catch (ApiException problem) {
        if (!problem.passes() || attempt > RECONNECTS) {
          throw problem;
        }
        pause();
      }
    }
  }

  /** An answer's document. */
  JsonNode parse(byte[] body) {
    try {
      return JSON.readTree(body);
    } catch (IOException problem) {
      throw new ApiException(
          ApiException.Cause.FAILED,
          "expected a JSON document from %s, found %s".formatted(server, problem.getMessage()),
          problem);
    }
  }

  /** Turns a problem document into an exception. */
  void requireSuccess(HttpResponse<?> response, Supplier<byte[]> body) {
    int status = response.statusCode();
    if (status / 100 == 2) {
      return;
    }
    String detail = new String(body.get(), StandardCharsets.UTF_8).strip();
    try {
      JsonNode problem = JSON.readTree(detail);
      detail = problem.path("detail").asText(problem.path("title").asText(detail));
    } catch (IOException notJson) {
      // Not our server, or something between: its own words are all there is.
      detail = detail.lines().findFirst().orElse("");
    }
    throw ApiException.of(
        status, "%s: %s".formatted(server, detail), response.headers().firstValue("Retry-After"));
  }

  /** Whether the server has a model. */
  public boolean has(ModelId id) {
    int status =
        send(
                request("/models/" + id).method("HEAD", BodyPublishers.noBody()).build(),
                BodyHandlers.discarding())
            .statusCode();
    // A private model is there, though its bytes are not given away.
    if (status == 404 || status == 403 || status == 200) {
      return status != 404;
    }
    throw ApiException.of(status, "%s: status %d".formatted(server, status));
  }

  /** Downloads a model, complete and with the right content or not at all. */
  public void download(ModelId id, Path target) {
    download("/models/" + id, target, headers -> id);
  }

  /**
   * Downloads a file, complete and with the right content or not at all.
   *
   * @param content what the file must be, by the answer's headers
   * @return the headers; empty if the answer is that there is nothing
   */
  Optional<HttpHeaders> download(String path, Path target, Function<HttpHeaders, ModelId> content) {
    Path absolute = target.toAbsolutePath();
    Path partial = absolute.resolveSibling(".rebasin-" + UUID.randomUUID() + ".partial");
    try {
      try {
        HttpResponse<InputStream> response =
            send(request(path).timeout(TRANSFER).GET().build(), BodyHandlers.ofInputStream());
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        try (DigestInputStream body = new DigestInputStream(response.body(), digest)) {
          requireSuccess(response, () -> readAll(body));
          if (response.statusCode() == NO_CONTENT) {
            return Optional.empty();
          }
          Files.copy(body, partial);
        }
        ModelId id = content.apply(response.headers());
        String found = HexFormat.of().formatHex(digest.digest());
        if (!found.equals(id.sha256())) {
          throw new ApiException(
              ApiException.Cause.FAILED,
              "expected content of SHA-256 %s from %s, found %s".formatted(id, server, found));
        }
        Files.move(
            partial, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        return Optional.of(response.headers());
      } finally {
        Files.deleteIfExists(partial);
      }
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot write " + target, problem);
    } catch (NoSuchAlgorithmException problem) {
      throw new IllegalStateException("every Java platform has SHA-256", problem);
    }
  }

  private static byte[] readAll(InputStream in) {
    try {
      return in.readAllBytes();
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
  }

  /**
   * Begins a merge; patiently, under one key, so that there is one merge whatever happened to the
   * answer.
   *
   * @param document as {@code POST /merges} takes it
   */
  public JsonNode submit(Map<String, Object> document) {
    HttpRequest request =
        request("/merges")
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", UUID.randomUUID().toString())
            .POST(BodyPublishers.ofByteArray(HttpJson.bytes(document)))
            .build();
    return patiently(request);
  }

  /** How a merge stands. */
  public JsonNode view(JobId job) {
    return document(request("/merges/" + job).GET().build());
  }

  /** Merges, the newest first. */
  public JsonNode list(int limit) {
    return document(request("/merges?limit=" + limit).GET().build());
  }

  /** Cancels a merge. */
  public JsonNode cancel(JobId job) {
    return document(request("/merges/" + job).DELETE().build());
  }

  /**
   * Follows a merge to its end, and connects again where the stream breaks.
   *
   * @param events hears each event once, as a document
   * @return how the merge stands at its end
   */
  public JsonNode follow(JobId job, Consumer<JsonNode> events) {
    long last = 0;
    int fruitless = 0;
    while (true) {
      long before = last;
      try {
        last = followOnce("/merges/%s/events".formatted(job), last, events);
        JsonNode view = view(job);
        fruitless = 0;
        if (!view.path("status").asText().equals("running")) {
          return view;
        }
      } catch (ApiException problem) {
        boolean lost = problem.why() == ApiException.Cause.UNREACHABLE && (before > 0 || last > 0);
        if (!lost && problem.why() != ApiException.Cause.UNAVAILABLE) {
          throw problem;
        }
        fruitless = last > before ? 0 : fruitless + 1;
        if (fruitless > RECONNECTS) {
          throw problem;
        }
      }
      pause();
    }
  }

  static void pause() {
    pause(PAUSE);
  }

  static void pause(Duration time) {
    try {
      Thread.sleep(time.toMillis());
    } catch (InterruptedException problem) {
      Thread.currentThread().interrupt();
      throw new ApiException(ApiException.Cause.FAILED, "interrupted", problem);
    }
  }

  /** Reads one stream until it ends or breaks; returns the last event's number. */
  long followOnce(String path, long after, Consumer<JsonNode> events) {
    HttpRequest.Builder request = request(path).header("Accept", "text/event-stream");
    if (after > 0) {
      request.header("Last-Event-ID", String.valueOf(after));
    }
    HttpResponse<InputStream> response = send(request.GET().build(), BodyHandlers.ofInputStream());
    long last = after;
    try (InputStream body = response.body();
        Watchdog watchdog = new Watchdog(body, silence);
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
      requireSuccess(
          response,
          () -> lines.lines().reduce("", String::concat).getBytes(StandardCharsets.UTF_8));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        watchdog.heard();
        if (line.startsWith("data: ")) {
          JsonNode event = parse(line.substring(6).getBytes(StandardCharsets.UTF_8));
          if (event.path("sequence").asLong() > last) {
            last = event.path("sequence").asLong();
            events.accept(event);
          }
        }
      }
    } catch (IOException broken) {
      // The next connection goes on behind the last event.
      return last;
    }
    return last;
  }

  /** A document of the server's as the command line's own are. */
  public static Map<String, Object> map(JsonNode document) {
    return JSON.convertValue(
        document instanceof ObjectNode object ? object : JSON.createObjectNode(),
        JSON.getTypeFactory()
            .constructMapType(java.util.LinkedHashMap.class, String.class, Object.class));
  }
}
