package org.rebasin.actors.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.stream.javadsl.Source;
import akka.util.ByteString;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.actors.http.Served.Answer;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.stream.Holder;

/** Uploads to a server that has no room, or no hand free. */
class FullServerTest {
  @TempDir Path directory;
  private final AtomicLong usable = new AtomicLong(Long.MAX_VALUE);
  private final AtomicBoolean diskFull = new AtomicBoolean();
  private Served served;

  /** Models on a disk that may be full. */
  private final class OnFullDisk implements Models {
    private final Models models;

    OnFullDisk(Models models) {
      this.models = models;
    }

    @Override
    public CompletionStage<ModelInfo> receive(
        Source<ByteString, ?> bytes, Optional<ModelId> declared, boolean isPrivate) {
      return models.receive(
          bytes.map(
              piece -> {
                if (diskFull.get()) {
                  throw new IOException("No space left on device");
                }
                return piece;
              }),
          declared,
          isPrivate);
    }

    @Override
    public long usableBytes() {
      return Math.min(usable.get(), models.usableBytes());
    }

    @Override
    public CompletionStage<Optional<ModelInfo>> info(ModelId id) {
      return models.info(id);
    }

    @Override
    public CompletionStage<Optional<StoredFile>> find(ModelId id) {
      return models.find(id);
    }

    @Override
    public CompletionStage<Growing> begin(boolean isPrivate) {
      return models.begin(isPrivate);
    }

    @Override
    public CompletionStage<List<Holder>> holders(ModelId id) {
      return models.holders(id);
    }
  }

  @BeforeEach
  void start() {
    served = new Served(directory, OnFullDisk::new, "rebasin.http.max-uploads = 1");
  }

  @AfterEach
  void stop() {
    served.close();
  }

  private static void assertRefused(Answer answer, int status, String detail) {
    assertEquals(status, answer.status(), answer.text());
    assertEquals("application/problem+json", answer.header("Content-Type"));
    assertTrue(answer.json().get("detail").asText().contains(detail), answer.text());
  }

  @Test
  void modelLargerThanWhatIsFreeIsRefusedBeforeItIsRead() throws IOException {
    byte[] model = served.model(1, 5, 4, 3);
    usable.set(model.length - 1);
    List<Path> before = served.uploaded();
    assertRefused(
        served.ask("POST", "/models", model),
        507,
        "%d bytes that are free".formatted(usable.get()));
    assertEquals(before, served.uploaded());
    usable.set(model.length);
    assertEquals(201, served.ask("POST", "/models", model).status());
  }

  @Test
  void diskThatFillsUpMeanwhileRefusesTheModelAndKeepsNothingOfIt() throws IOException {
    String stored = served.upload(served.model(1, 5, 4, 3));
    byte[] model = served.model(2, 5, 4, 3);
    List<Path> before = served.uploaded();
    diskFull.set(true);
    assertRefused(served.ask("POST", "/models", model), 507, "disk is full");
    assertEquals(before, served.uploaded());
    assertEquals(200, served.get("/models/" + stored).status());
    diskFull.set(false);
    assertEquals(201, served.ask("POST", "/models", model).status());
  }

  @Test
  void uploadsBeyondTheirNumberAreToldToComeAgain() throws Exception {
    byte[] first = served.model(1, 5, 4, 3);
    byte[] second = served.model(2, 5, 4, 3);
    List<Path> before = served.uploaded();
    try (Socket socket = new Socket("127.0.0.1", served.uri().getPort())) {
      socket.setSoTimeout(10_000);
      OutputStream out = socket.getOutputStream();
      out.write(
          ("POST /models HTTP/1.1\r\nHost: localhost\r\n"
                  + "Content-Type: application/octet-stream\r\nContent-Length: "
                  + first.length
                  + "\r\n\r\n")
              .getBytes(StandardCharsets.US_ASCII));
      out.write(first, 0, first.length / 2);
      out.flush();
      awaitFiles(before.size() + 1);

      assertRefused(served.ask("POST", "/models", second), 503, "at most 1 uploads at a time");

      out.write(first, first.length / 2, first.length - first.length / 2);
      out.flush();
      String status = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
      assertEquals("HTTP/1.1 201", status);
    }
    assertEquals(201, served.ask("POST", "/models", second).status());
  }

  private void awaitFiles(int count) throws IOException, InterruptedException {
    long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (served.uploaded().size() < count && System.nanoTime() < patience) {
      Thread.sleep(5);
    }
    assertEquals(count, served.uploaded().size());
  }
}
