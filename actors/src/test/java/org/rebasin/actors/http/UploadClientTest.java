package org.rebasin.actors.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.actors.store.ModelId;

/** Uploads over a line that breaks. */
class UploadClientTest {
  private static final Pattern PART = Pattern.compile("PATCH (/uploads/[0-9a-f]+) ");

  /** Bytes of parts that the line lets through before it breaks. */
  private static final int LET_THROUGH = 300_000;

  @TempDir Path directory;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final AtomicInteger breaks = new AtomicInteger();
  private Served served;
  private ServerSocket line;
  private volatile boolean forgets;
  private final AtomicInteger breaksLeft = new AtomicInteger();
  private final AtomicInteger begun = new AtomicInteger();

  @BeforeEach
  void start() throws IOException {
    served = new Served(directory);
    line = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    threads.execute(this::carry);
  }

  @AfterEach
  void stop() throws IOException {
    line.close();
    threads.shutdownNow();
    served.close();
  }

  private void carry() {
    while (!line.isClosed()) {
      try {
        Socket client = line.accept();
        Socket server = new Socket(InetAddress.getLoopbackAddress(), served.uri().getPort());
        threads.execute(() -> copy(client, server, true));
        threads.execute(() -> copy(server, client, false));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void copy(Socket from, Socket to, boolean isUpward) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[16_384];
      Optional<String> part = Optional.empty();
      long carried = 0;
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        out.write(buffer, 0, read);
        out.flush();
        if (isUpward) {
          String text = new String(buffer, 0, read, StandardCharsets.ISO_8859_1);
          Matcher request = PART.matcher(text);
          begun.addAndGet(text.startsWith("POST /uploads ") ? 1 : 0);
          part = request.find() ? Optional.of(request.group(1)) : part;
          carried += part.isPresent() ? read : 0;
          if (carried > LET_THROUGH && breaksLeft.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            breaks.incrementAndGet();
            if (forgets) {
              served.ask("DELETE", part.orElseThrow(), new byte[0]);
            }
            return;
          }
        }
      }
    } catch (IOException broken) {
      // As lines do; both ends are closed by now.
      return;
    }
  }

  private UploadClient client() {
    return new UploadClient(
        new ApiClient(
            "http://127.0.0.1:" + line.getLocalPort(), Optional.empty(), Optional.empty()));
  }

  private void assertArrives(int seed) throws IOException {
    Path file = served.modelFile(seed, Map.of(), 600, 500, 10);
    ModelId id = new ModelId(hash(file));
    client().upload(id, file, false);
    assertArrayEquals(Files.readAllBytes(file), served.get("/models/" + id).response().body());
  }

  private static String hash(Path file) throws IOException {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    } catch (NoSuchAlgorithmException problem) {
      throw new IllegalStateException(problem);
    }
  }

  @Test
  void uploadGoesOnWhereTheLineBroke() throws IOException {
    breaksLeft.set(2);
    assertArrives(1);
    assertEquals(2, breaks.get());
    assertEquals(1, begun.get());
  }

  @Test
  void uploadThatTheServerHasForgottenBeginsAgain() throws IOException {
    forgets = true;
    breaksLeft.set(1);
    assertArrives(2);
    assertEquals(1, breaks.get());
    assertEquals(2, begun.get());
  }

  @Test
  void fileThatIsNotWhatItsNameSaysIsRefused() {
    Path file = served.modelFile(3, Map.of(), 5, 4, 3);
    ApiException refusal =
        assertThrows(
            ApiException.class, () -> client().upload(new ModelId("0".repeat(64)), file, false));
    assertEquals(ApiException.Cause.BAD_INPUT, refusal.why());
    assertTrue(refusal.getMessage().contains("0".repeat(64)), refusal.getMessage());
  }
}
