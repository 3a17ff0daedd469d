package org.rebasin.actors.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rebasin.actors.http.Served.Answer;

class UploadRoutesTest {
  private static final int LIMIT = 20_000;

  @TempDir static Path directory;
  private static Served served;
  private static URI forgetful;
  private static URI narrow;

  @BeforeAll
  static void start() {
    served = new Served(directory, "rebasin.http.max-upload = " + LIMIT);
    forgetful = served.start("rebasin.http.upload-expiry = 500ms").uri();
    narrow = served.start("rebasin.http.max-open-uploads = 2").uri();
  }

  @AfterAll
  static void stop() {
    served.close();
  }

  private static String begun(URI server, long length, String... headers) {
    String[] all = Arrays.copyOf(headers, headers.length + 2);
    all[headers.length] = "Upload-Length";
    all[headers.length + 1] = String.valueOf(length);
    Answer answer = served.ask(server, "POST", "/uploads", new byte[0], all);
    assertEquals(201, answer.status(), answer.text());
    assertEquals("0", answer.header("Upload-Offset"));
    return answer.header("Location");
  }

  private static String begun(long length, String... headers) {
    return begun(served.uri(), length, headers);
  }

  private static Answer append(String path, long offset, byte[] part) {
    return served.ask(
        "PATCH",
        path,
        part,
        "Content-Type",
        "application/offset+octet-stream",
        "Upload-Offset",
        String.valueOf(offset));
  }

  private static String offset(String path) {
    return served.ask("HEAD", path, new byte[0]).header("Upload-Offset");
  }

  private static void assertProblem(Answer answer, int status, String type, String... parts) {
    assertEquals(status, answer.status(), answer.text());
    assertEquals("application/problem+json", answer.header("Content-Type"));
    assertEquals("urn:rebasin:problem:" + type, answer.json().get("type").asText());
    for (String part : parts) {
      assertTrue(answer.json().get("detail").asText().contains(part), answer.text());
    }
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, "not in time");
      Thread.sleep(10);
    }
  }

  private static byte[] part(byte[] model, int from, int to) {
    return Arrays.copyOfRange(model, from, to);
  }

  @Test
  void modelInPartsIsTheModelInOnePiece() {
    byte[] model = served.model(31, 5, 4, 3);
    String path = begun(model.length);
    Answer half = append(path, 0, part(model, 0, 100));
    assertEquals(204, half.status(), half.text());
    assertEquals("100", half.header("Upload-Offset"));
    assertEquals("100", offset(path));
    Answer whole = append(path, 100, part(model, 100, model.length));
    assertEquals(200, whole.status(), whole.text());
    String id = whole.json().get("id").asText();
    assertArrayEquals(model, served.get("/models/" + id).response().body());
    // Whoever did not hear the answer asks what became of it.
    Answer state = served.get(path);
    assertEquals(id, state.json().get("model").asText());
    assertEquals(String.valueOf(model.length), state.header("Upload-Offset"));
  }

  @Test
  void partThatDoesNotBelongThereIsRefusedWithThePlaceThatDoes() {
    byte[] model = served.model(32, 5, 4, 3);
    String path = begun(model.length);
    append(path, 0, part(model, 0, 100));
    for (long wrong : new long[] {0, 99, 101}) {
      Answer answer = append(path, wrong, part(model, 100, 200));
      assertProblem(answer, 409, "conflict", "100");
      assertEquals("100", answer.header("Upload-Offset"));
    }
    Answer beyond = append(path, 100, new byte[model.length]);
    assertProblem(beyond, 413, "too-large");
    assertProblem(served.ask("PATCH", path, new byte[1], "Upload-Offset", "x"), 400, "malformed");
    assertProblem(
        served.ask(
            "PATCH", path, new byte[1], "Content-Type", "text/plain", "Upload-Offset", "100"),
        415,
        "unsupported-media-type");
  }

  @Test
  void nothingOfAnUploadIsSeenBeforeItIsWholeAndNothingIsLeftOfOneGivenUp() throws IOException {
    List<Path> before = served.uploaded();
    byte[] model = served.model(33, 5, 4, 3);
    String path = begun(model.length);
    append(path, 0, part(model, 0, model.length - 1));
    assertTrue(
        served.uploaded().stream()
            .filter(file -> !before.contains(file))
            .noneMatch(file -> file.toString().endsWith(".safetensors")));
    assertEquals(204, served.ask("DELETE", path, new byte[0]).status());
    assertProblem(served.get(path), 404, "not-found");
    assertProblem(append(path, model.length - 1, new byte[1]), 404, "not-found");
    assertEquals(before, served.uploaded());
  }

  @Test
  void contentThatIsNoModelOrAnotherThanDeclaredIsRefusedAndForgotten() throws IOException {
    List<Path> before = served.uploaded();
    String nonsense = begun(11);
    assertProblem(
        append(nonsense, 0, "not a model".getBytes(StandardCharsets.UTF_8)), 422, "unprocessable");
    assertProblem(served.get(nonsense), 404, "not-found");
    byte[] model = served.model(34, 5, 4, 3);
    String other = begun(model.length, "X-Content-SHA256", "0".repeat(64));
    assertProblem(append(other, 0, model), 400, "digest-mismatch");
    assertProblem(served.get(other), 404, "not-found");
    assertEquals(before, served.uploaded());
  }

  @Test
  void clientThatVanishedGoesOnWhereItWas() throws Exception {
    byte[] model = served.model(35, 5, 4, 3);
    String path = begun(model.length);
    try (Socket socket = new Socket("127.0.0.1", served.uri().getPort())) {
      half(socket, path, model);
      await(() -> offset(path).equals("150"));
    }
    Answer rest = append(path, 150, part(model, 150, model.length));
    assertEquals(200, rest.status(), rest.text());
  }

  @Test
  void clientThatIsBackNeedNotWaitForTheEndOfItsFormerConnection() throws Exception {
    byte[] model = served.model(36, 5, 4, 3);
    String path = begun(model.length);
    try (Socket silent = new Socket("127.0.0.1", served.uri().getPort())) {
      half(silent, path, model);
      await(() -> offset(path).equals("150"));
      Answer rest = append(path, 150, part(model, 150, model.length));
      assertEquals(200, rest.status(), rest.text());
    }
  }

  /** Sends 150 bytes of a request that says that there are more. */
  private static void half(Socket socket, String path, byte[] model) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(
        ("PATCH %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n"
                    .formatted(path)
                + "Upload-Offset: 0\r\nContent-Length: %d\r\n\r\n".formatted(model.length))
            .getBytes(StandardCharsets.US_ASCII));
    out.write(model, 0, 150);
    out.flush();
  }

  @Test
  void uploadThatNobodyGoesOnWithIsForgottenWithWhatHadCome() throws Exception {
    List<Path> before = served.uploaded();
    String path = begun(forgetful, 1000);
    await(() -> served.ask(forgetful, "GET", path, new byte[0]).status() == 404);
    await(
        () -> {
          try {
            return served.uploaded().equals(before);
          } catch (IOException problem) {
            throw new java.io.UncheckedIOException(problem);
          }
        });
  }

  @Test
  void noMoreUploadsAreBegunThanAreAllowed() throws Exception {
    String one = begun(narrow, 1000);
    String two = begun(narrow, 1000);
    Answer third = served.ask(narrow, "POST", "/uploads", new byte[0], "Upload-Length", "1000");
    assertProblem(third, 503, "unavailable", "2 open uploads");
    for (String path : List.of(one, two)) {
      assertEquals(204, served.ask(narrow, "DELETE", path, new byte[0]).status());
    }
    String again = begun(narrow, 1000);
    assertEquals(204, served.ask(narrow, "DELETE", again, new byte[0]).status());
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "x", "99999999999999999999"})
  void lengthThatIsNoneIsRefused(String length) {
    assertProblem(
        served.ask("POST", "/uploads", new byte[0], "Upload-Length", length),
        400,
        "malformed",
        "Upload-Length");
  }

  @Test
  void modelThatIsTooLargeIsRefusedBeforeItComes() {
    assertProblem(
        served.ask("POST", "/uploads", new byte[0], "Upload-Length", String.valueOf(LIMIT + 1)),
        413,
        "too-large");
    assertProblem(served.ask("POST", "/uploads", new byte[0]), 400, "malformed");
    assertProblem(served.get("/uploads/..%2f..%2fetc"), 404, "not-found");
  }

  @Test
  void privateUploadIsNotGivenAway() {
    byte[] model = served.model(37, 5, 4, 3);
    Answer begun =
        served.ask(
            "POST",
            "/uploads?visibility=private",
            new byte[0],
            "Upload-Length",
            String.valueOf(model.length));
    Answer whole = append(begun.header("Location"), 0, model);
    assertEquals(200, whole.status(), whole.text());
    assertEquals("private", whole.json().get("visibility").asText());
    assertProblem(served.get("/models/" + whole.json().get("id").asText()), 403, "private-model");
  }
}
