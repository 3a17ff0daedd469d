package org.rebasin.actors.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.JobId;

/** The client, with a server that behaves badly. */
class ApiClientTest {
  private static final JobId JOB = new JobId("0".repeat(26));

  @TempDir Path directory;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private HttpServer server;
  private ApiClient client;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.start();
    client = client(Duration.ofSeconds(20));
  }

  private ApiClient client(Duration silence) {
    return new ApiClient(
        "http://127.0.0.1:" + server.getAddress().getPort(),
        Optional.empty(),
        Optional.empty(),
        silence);
  }

  @AfterEach
  void stop() {
    server.stop(0);
    threads.shutdownNow();
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private static String event(int sequence, String kind) {
    return "id: %d\nevent: %s\ndata: {\"sequence\": %d, \"kind\": \"%s\"}\n\n"
        .formatted(sequence, kind, sequence, kind);
  }

  @Test
  void streamThatBreaksIsGoneOnWithBehindTheLastEvent() {
    List<String> asked = new CopyOnWriteArrayList<>();
    server.createContext(
        "/merges/" + JOB + "/events",
        exchange -> {
          asked.add(String.valueOf(exchange.getRequestHeaders().getFirst("Last-Event-ID")));
          if (asked.size() == 1) {
            // More is promised than comes before the connection is cut, in the middle of an event.
            exchange.sendResponseHeaders(200, 100_000);
            OutputStream body = exchange.getResponseBody();
            body.write(
                ("retry: 1000\n\n" + event(1, "submitted") + event(2, "progress") + "id: 3\nev")
                    .getBytes(StandardCharsets.UTF_8));
            body.flush();
            exchange.close();
          } else {
            answer(exchange, 200, ": \n\n" + event(2, "progress") + event(3, "succeeded"));
          }
        });
    server.createContext(
        "/merges/" + JOB,
        exchange ->
            answer(
                exchange,
                200,
                "{\"status\": \"%s\"}".formatted(asked.size() < 2 ? "running" : "succeeded")));
    List<Long> heard = new ArrayList<>();
    assertEquals(
        "succeeded",
        client
            .follow(JOB, event -> heard.add(event.get("sequence").asLong()))
            .get("status")
            .asText());
    assertEquals(List.of(1L, 2L, 3L), heard);
    assertEquals(List.of("null", "2"), asked);
  }

  @Test
  void mergeIsAskedForAgainUnderOneKeyWhileTheServerIsUnavailable() {
    List<String> keys = new CopyOnWriteArrayList<>();
    server.createContext(
        "/merges",
        exchange -> {
          keys.add(exchange.getRequestHeaders().getFirst("Idempotency-Key"));
          exchange.getRequestBody().readAllBytes();
          if (keys.size() < 3) {
            answer(exchange, 503, "{\"detail\": \"a majority of nodes is away\"}");
          } else {
            answer(exchange, 202, "{\"id\": \"%s\"}".formatted(JOB));
          }
        });
    assertEquals(JOB.value(), client.submit(Map.of("models", List.of())).get("id").asText());
    assertEquals(3, keys.size());
    assertEquals(1, Set.copyOf(keys).size());
  }

  @Test
  void mergeThatIsRefusedIsNotAskedForAgain() {
    List<String> asked = new CopyOnWriteArrayList<>();
    server.createContext(
        "/merges",
        exchange -> {
          asked.add("");
          exchange.getRequestBody().readAllBytes();
          answer(exchange, 422, "{\"detail\": \"no such model\"}");
        });
    ApiException refusal =
        assertThrows(ApiException.class, () -> client.submit(Map.of("models", List.of())));
    assertEquals(ApiException.Cause.BAD_INPUT, refusal.why());
    assertEquals(1, asked.size());
  }

  @Test
  void streamThatFallsSilentIsLeftForAnother() {
    CountDownLatch over = new CountDownLatch(1);
    AtomicInteger streams = new AtomicInteger();
    server.createContext(
        "/merges/" + JOB + "/events",
        exchange -> {
          if (streams.incrementAndGet() == 1) {
            exchange.sendResponseHeaders(200, 0);
            exchange
                .getResponseBody()
                .write(event(1, "submitted").getBytes(StandardCharsets.UTF_8));
            exchange.getResponseBody().flush();
            try {
              over.await();
            } catch (InterruptedException stop) {
              Thread.currentThread().interrupt();
            }
          } else {
            answer(exchange, 200, event(2, "succeeded"));
          }
        });
    server.createContext(
        "/merges/" + JOB,
        exchange ->
            answer(
                exchange,
                200,
                "{\"status\": \"%s\"}".formatted(streams.get() < 2 ? "running" : "succeeded")));
    List<Long> heard = new ArrayList<>();
    try {
      client(Duration.ofMillis(400))
          .follow(JOB, event -> heard.add(event.get("sequence").asLong()));
    } finally {
      over.countDown();
    }
    assertEquals(List.of(1L, 2L), heard);
  }

  @Test
  void modelThatArrivesWithOtherContentIsNotWritten() throws IOException {
    server.createContext("/models/", exchange -> answer(exchange, 200, "another model"));
    Path out = directory.resolve("out");
    ApiException refusal =
        assertThrows(ApiException.class, () -> client.download(new ModelId("0".repeat(64)), out));
    assertTrue(refusal.getMessage().contains("0".repeat(64)), refusal.getMessage());
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(0, files.count());
    }
    assertFalse(Files.exists(out));
  }

  @Test
  void serverThatIsNoneOfOursIsToldInItsOwnWords() {
    server.createContext("/", exchange -> answer(exchange, 502, "bad gateway\nmore"));
    ApiException refusal = assertThrows(ApiException.class, () -> client.view(JOB));
    assertEquals(ApiException.Cause.FAILED, refusal.why());
    assertTrue(refusal.getMessage().endsWith("bad gateway"), refusal.getMessage());
  }

  @Test
  void answerThatIsNoJsonIsRefused() {
    server.createContext("/", exchange -> answer(exchange, 200, "<html>"));
    ApiException refusal = assertThrows(ApiException.class, () -> client.view(JOB));
    assertTrue(refusal.getMessage().contains("JSON"), refusal.getMessage());
  }
}
