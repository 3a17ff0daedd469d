package org.rebasin.actors.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rebasin.actors.http.Served.Answer;

class ModelRoutesTest {
  private static final int LIMIT = 20_000;

  @TempDir static Path directory;
  private static Served served;

  @BeforeAll
  static void start() {
    served = new Served(directory, "rebasin.http.max-upload = " + LIMIT);
  }

  @AfterAll
  static void stop() {
    served.close();
  }

  private static byte[] digest(byte[] content) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(content);
    } catch (NoSuchAlgorithmException problem) {
      throw new IllegalStateException(problem);
    }
  }

  private static String hex(byte[] content) {
    return HexFormat.of().formatHex(digest(content));
  }

  private static void assertProblem(Answer answer, int status, String type, String... parts) {
    assertEquals(status, answer.status(), answer.text());
    assertEquals("application/problem+json", answer.header("Content-Type"));
    assertEquals("urn:rebasin:problem:" + type, answer.json().get("type").asText());
    assertEquals(status, answer.json().get("status").asInt());
    for (String part : parts) {
      assertTrue(answer.json().get("detail").asText().contains(part), answer.text());
    }
  }

  @Test
  void uploadedModelComesBackByteForByteUnderItsHash() {
    byte[] model = served.model(1, 5, 4, 3);
    Answer created = served.ask("POST", "/models", model);
    assertEquals(201, created.status(), created.text());
    assertEquals(hex(model), created.json().get("id").asText());
    assertEquals("/models/" + hex(model), created.header("Location"));
    assertEquals("mlp:5-4-3", created.json().get("architecture").asText());

    Answer read = served.get(created.header("Location"));
    assertEquals(200, read.status());
    assertArrayEquals(model, read.response().body());
    assertEquals('"' + hex(model) + '"', read.header("ETag"));
    assertEquals(String.valueOf(model.length), read.header("Content-Length"));

    Answer head = served.ask("HEAD", created.header("Location"), new byte[0]);
    assertEquals(200, head.status());
    assertEquals('"' + hex(model) + '"', head.header("ETag"));
    assertEquals(0, head.response().body().length);
  }

  @Test
  void sameModelTwiceIsOneModel() throws IOException {
    byte[] model = served.model(2, 5, 4, 3);
    assertEquals(201, served.ask("POST", "/models", model).status());
    List<Path> files = served.uploaded();
    assertEquals(201, served.ask("POST", "/models", model).status());
    assertEquals(files, served.uploaded());
  }

  @Test
  void infoTellsTensorsAndArchitecture() {
    String id = served.upload(served.model(3, 5, 4, 3));
    Answer info = served.get("/models/" + id + "/info");
    assertEquals(200, info.status(), info.text());
    assertEquals(5 * 4 + 4 + 4 * 3 + 3, info.json().get("parameters").asInt());
    assertEquals("fc1.weight", info.json().get("tensors").get(0).get("name").asText());
    assertEquals("[4,5]", info.json().get("tensors").get(0).get("shape").toString());
    assertEquals("public", info.json().get("visibility").asText());
  }

  @Test
  void contentThatIsWhatItsDigestSaysIsTaken() {
    byte[] model = served.model(4, 5, 4, 3);
    String base64 = Base64.getEncoder().encodeToString(digest(model));
    assertEquals(
        201,
        served.ask("POST", "/models", model, "Repr-Digest", "sha-256=:" + base64 + ":").status());
    assertEquals(
        201, served.ask("POST", "/models", model, "X-Content-SHA256", hex(model)).status());
    assertEquals(201, served.ask("POST", "/models?sha256=" + hex(model), model).status());
  }

  @Test
  void contentThatIsNotWhatItsDigestSaysIsRefusedAndLeavesNothing() throws IOException {
    byte[] model = served.model(5, 5, 4, 3);
    List<Path> before = served.uploaded();
    Answer byHeader = served.ask("POST", "/models", model, "X-Content-SHA256", "0".repeat(64));
    assertProblem(byHeader, 400, "digest-mismatch", "0".repeat(64), hex(model));
    assertProblem(
        served.ask(
            "POST",
            "/models",
            model,
            "Repr-Digest",
            "sha-256=:" + Base64.getEncoder().encodeToString(new byte[32]) + ":"),
        400,
        "digest-mismatch");
    assertEquals(before, served.uploaded());
    assertTrue(served.inStore(hex(model)).isEmpty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"sha-256=:AAAA:", "md5=:AAAA:", "nonsense", "sha-256=:=:"})
  void digestThatIsNoneIsRefused(String digest) {
    assertProblem(
        served.ask("POST", "/models", served.model(5, 5, 4, 3), "Repr-Digest", digest),
        400,
        "malformed",
        "Repr-Digest");
  }

  @Test
  void contentThatIsNoModelIsRefusedAndLeavesNothing() throws IOException {
    List<Path> before = served.uploaded();
    assertProblem(
        served.ask("POST", "/models", "not a model at all".getBytes(StandardCharsets.UTF_8)),
        422,
        "unprocessable",
        "the content");
    byte[] cut = Arrays.copyOf(served.model(6, 5, 4, 3), 200);
    assertProblem(served.ask("POST", "/models", cut), 422, "unprocessable");
    assertProblem(served.ask("POST", "/models", new byte[0]), 422, "unprocessable");
    assertEquals(before, served.uploaded());
  }

  @Test
  void modelThatIsNotFiniteIsRefusedByTensorWithoutThePathOnTheServer() {
    byte[] model = served.model(7, 5, 4, 3);
    Arrays.fill(model, model.length - 4, model.length, (byte) 0xff);
    Answer answer = served.ask("POST", "/models", model);
    assertProblem(answer, 422, "unprocessable", "fc2.bias", "NaN");
    assertTrue(!answer.text().contains(directory.toString()), answer.text());
  }

  @Test
  void uploadOverTheLimitIsRefusedWhetherOrNotItsLengthIsTold() throws IOException {
    List<Path> before = served.uploaded();
    byte[] large = new byte[LIMIT + 1];
    assertProblem(served.ask("POST", "/models", large), 413, "too-large", String.valueOf(LIMIT));
    try (Socket socket = connect()) {
      OutputStream out = socket.getOutputStream();
      out.write(head("Transfer-Encoding: chunked"));
      for (int sent = 0; sent <= LIMIT; sent += 5_000) {
        out.write(ascii(Integer.toHexString(5_000) + "\r\n"));
        out.write(new byte[5_000]);
        out.write(ascii("\r\n"));
      }
      out.write(ascii("0\r\n\r\n"));
      assertTrue(answer(socket).startsWith("HTTP/1.1 413"));
    }
    assertEquals(before, served.uploaded());
  }

  @Test
  void uploadThatIsCutOffLeavesNothing() throws Exception {
    byte[] model = served.model(8, 5, 4, 3);
    List<Path> before = served.uploaded();
    try (Socket socket = connect()) {
      socket.getOutputStream().write(head("Content-Length: " + model.length));
      socket.getOutputStream().write(model, 0, model.length / 2);
      socket.getOutputStream().flush();
      long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
      while (served.uploaded().size() == before.size() && System.nanoTime() < patience) {
        Thread.sleep(5);
      }
      assertEquals(before.size() + 1, served.uploaded().size());
    }
    long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (served.uploaded().size() > before.size() && System.nanoTime() < patience) {
      Thread.sleep(5);
    }
    assertEquals(before, served.uploaded());
    assertTrue(served.inStore(hex(model)).isEmpty());
    assertEquals(201, served.ask("POST", "/models", model).status());
  }

  private static Socket connect() throws IOException {
    Socket socket = new Socket("127.0.0.1", served.uri().getPort());
    socket.setSoTimeout(10_000);
    return socket;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] head(String length) {
    return ascii(
        "POST /models HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n"
            + length
            + "\r\n\r\n");
  }

  private static String answer(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    byte[] first = in.readNBytes(12);
    return new String(first, StandardCharsets.US_ASCII);
  }

  @ParameterizedTest
  @CsvSource({"application/json", "application/x-www-form-urlencoded", "multipart/form-data"})
  void otherTypesThanBytesAreRefused(String type) {
    assertProblem(
        served.ask("POST", "/models", served.model(9, 5, 4, 3), "Content-Type", type),
        415,
        "unsupported-media-type",
        type);
  }

  @ParameterizedTest
  @CsvSource({"bytes=0-9,0,10", "bytes=100-,100,-1", "bytes=-7,-7,-1", "bytes=5-99999999,5,-1"})
  void rangeIsThatPartOfTheFile(String range, int from, int to) {
    byte[] model = served.model(10, 5, 4, 3);
    String id = served.upload(model);
    int first = from < 0 ? model.length + from : from;
    int last = to < 0 ? model.length : to;
    Answer part = served.get("/models/" + id, "Range", range);
    assertEquals(206, part.status(), part.text());
    assertArrayEquals(Arrays.copyOfRange(model, first, last), part.response().body());
    assertEquals(
        "bytes %d-%d/%d".formatted(first, last - 1, model.length), part.header("Content-Range"));
  }

  @Test
  void rangeOutsideIsRefused() {
    String id = served.upload(served.model(10, 5, 4, 3));
    assertProblem(
        served.get("/models/" + id, "Range", "bytes=1000000-"), 416, "range-not-satisfiable");
    assertProblem(served.get("/models/" + id, "Range", "bytes=-0"), 416, "range-not-satisfiable");
  }

  @ParameterizedTest
  @ValueSource(strings = {"lines=1-2", "bytes=0-1,4-5", "bytes=9-3", "bytes=-"})
  void rangeThatIsNoneOfBytesIsTheWholeFile(String range) {
    byte[] model = served.model(10, 5, 4, 3);
    Answer whole = served.get("/models/" + served.upload(model), "Range", range);
    assertEquals(200, whole.status());
    assertArrayEquals(model, whole.response().body());
  }

  @Test
  void modelThatTheClientHasIsNotSentAgain() {
    String id = served.upload(served.model(10, 5, 4, 3));
    Answer same = served.get("/models/" + id, "If-None-Match", "\"other\", \"" + id + '"');
    assertEquals(304, same.status());
    assertEquals(0, same.response().body().length);
    assertEquals(200, served.get("/models/" + id, "If-None-Match", "\"other\"").status());
  }

  @Test
  void rangeOfAnotherModelIsTheWholeFile() {
    String id = served.upload(served.model(10, 5, 4, 3));
    assertEquals(
        200, served.get("/models/" + id, "Range", "bytes=0-9", "If-Range", "\"other\"").status());
    assertEquals(
        206,
        served.get("/models/" + id, "Range", "bytes=0-9", "If-Range", '"' + id + '"').status());
  }

  @Test
  void privateModelIsDescribedButNotGivenAway() {
    String id = served.upload(served.model(11, Map.of("visibility", "private"), 5, 4, 3));
    assertProblem(served.get("/models/" + id), 403, "private-model", id);
    assertEquals(403, served.ask("HEAD", "/models/" + id, new byte[0]).status());
    assertEquals(403, served.get("/models/" + id, "If-None-Match", "*").status());
    Answer info = served.get("/models/" + id + "/info");
    assertEquals(200, info.status());
    assertEquals("private", info.json().get("visibility").asText());
  }

  @Test
  void modelIsPrivateIfItsUploadSaysSoAndStaysIt() {
    byte[] model = served.model(12, 5, 4, 3);
    Answer created = served.ask("POST", "/models?visibility=private", model);
    assertEquals("private", created.json().get("visibility").asText());
    assertProblem(served.get("/models/" + hex(model)), 403, "private-model");
    served.upload(model);
    assertProblem(served.get("/models/" + hex(model)), 403, "private-model");
    assertProblem(
        served.ask("POST", "/models?visibility=public", model), 400, "malformed", "visibility");
  }

  @Test
  void modelThatIsNotThereIsNotFound() {
    String id = "0".repeat(64);
    assertProblem(served.get("/models/" + id), 404, "not-found", id);
    assertProblem(served.get("/models/" + id + "/info"), 404, "not-found", id);
    assertEquals(404, served.ask("HEAD", "/models/" + id, new byte[0]).status());
  }

  @ParameterizedTest
  @ValueSource(strings = {"..%2f..%2fetc%2fpasswd", "ABC", "a", "%00", "..;"})
  void whatIsNoIdIsNotFound(String id) {
    assertProblem(served.get("/models/" + id), 404, "not-found");
  }
}
