package org.rebasin.actors.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.actors.http.Served.Answer;

/** The dashboard's files as they are served, and the routes that it reads. */
class DashboardTest {
  private static final String TOKEN = "correct-horse-battery-staple";
  private static final Path SOURCES =
      Path.of("src", "main", "resources", "org", "rebasin", "actors", "http", "dashboard");

  /** What a module imports. */
  private static final Pattern IMPORT = Pattern.compile("from \"\\./([a-z]+\\.js)\"");

  @TempDir static Path directory;
  private static Served served;
  private static URI guarded;

  @BeforeAll
  static void start() throws IOException {
    served = new Served(directory);
    Path token = Files.writeString(directory.resolve("token"), TOKEN + "\n");
    guarded = served.start("rebasin.http.token-file = \"%s\"".formatted(token)).uri();
  }

  @AfterAll
  static void stop() {
    served.close();
  }

  private static List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(SOURCES)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static String path(String file) {
    return file.equals("index.html") ? "/" : "/dashboard/" + file;
  }

  @Test
  void everyFileIsServedWithItsTypeAndGuards() throws IOException {
    for (String file : files()) {
      Answer answer = served.get(path(file));
      assertEquals(200, answer.status(), file);
      String expected =
          switch (file.substring(file.lastIndexOf('.'))) {
            case ".html" -> "text/html; charset=UTF-8";
            case ".css" -> "text/css; charset=UTF-8";
            case ".svg" -> "image/svg+xml";
            default -> "application/javascript; charset=UTF-8";
          };
      assertEquals(expected, answer.header("Content-Type"), file);
      assertEquals(Files.readString(SOURCES.resolve(file)), answer.text());
      assertTrue(answer.header("Content-Security-Policy").startsWith("default-src 'self'"), file);
      assertFalse(answer.header("Content-Security-Policy").contains("unsafe"), file);
      assertEquals("nosniff", answer.header("X-Content-Type-Options"), file);
      assertEquals("no-cache", answer.header("Cache-Control"), file);
    }
  }

  @Test
  void fileThatIsKnownIsNotSentAgain() throws IOException {
    for (String file : files()) {
      String tag = served.get(path(file)).header("ETag");
      assertTrue(tag.matches("\"[0-9a-f]{32}\""), tag);
      Answer again = served.get(path(file), "If-None-Match", "\"other\", W/" + tag);
      assertEquals(304, again.status(), file);
      assertEquals("", again.text());
      assertEquals(200, served.get(path(file), "If-None-Match", "\"other\"").status());
    }
  }

  @Test
  void nothingElseIsThere() {
    for (String path :
        new String[] {
          "/dashboard",
          "/dashboard/",
          "/dashboard/index.html",
          "/dashboard/other.js",
          "/dashboard/..%2fopenapi.json",
          "/dashboard//etc/passwd"
        }) {
      int status = served.get(path).status();
      assertEquals(404, status, path);
    }
  }

  @Test
  void filesLoadOnlyWhatIsServed() throws IOException {
    TreeSet<String> known = new TreeSet<>(files());
    for (String file : known) {
      String text = Files.readString(SOURCES.resolve(file));
      for (Matcher module = IMPORT.matcher(text); module.find(); ) {
        assertTrue(known.contains(module.group(1)), file + " loads " + module.group(1));
      }
      assertFalse(text.contains("innerHTML"), file);
      assertFalse(text.contains("insertAdjacentHTML"), file);
      assertFalse(text.contains("document.write"), file);
      assertFalse(
          text.replace("http://www.w3.org/2000/svg", "").matches("(?s).*https?://.*"), file);
    }
  }

  @Test
  void shellNeedsNoTokenAndWhatItShowsDoes() throws IOException {
    for (String file : files()) {
      assertEquals(200, served.ask(guarded, "GET", path(file), new byte[0]).status(), file);
    }
    for (String path : new String[] {"/cluster", "/updates", "/telemetry", "/data", "/merges"}) {
      assertEquals(401, served.ask(guarded, "GET", path, new byte[0]).status(), path);
    }
    assertEquals(401, served.ask(guarded, "GET", "/dashboard/other.js", new byte[0]).status());
  }

  @Test
  void shellIsReadAlone() {
    Answer answer = served.ask("POST", "/", "x".getBytes(StandardCharsets.UTF_8));
    assertEquals(405, answer.status());
    assertEquals("GET, HEAD", answer.header("Allow"));
    Answer head = served.ask("HEAD", "/", new byte[0]);
    assertEquals(200, head.status());
    assertEquals("", head.text());
  }

  @Test
  void telemetryThatIsOffSaysSo() {
    JsonNode telemetry = served.get("/telemetry").json();
    assertFalse(telemetry.get("on").asBoolean());
    assertTrue(telemetry.get("actors").isEmpty());
  }

  @Test
  void dataSetsThatRequestsMayNameAreListed() {
    URI other = served.start("rebasin.data { mnist = \"mnist:/nowhere\" }").uri();
    JsonNode names = served.ask(other, "GET", "/data", new byte[0]).json().get("names");
    assertEquals("[\"digits\",\"mnist\"]", names.toString());
    assertEquals("[\"digits\"]", served.get("/data").json().get("names").toString());
  }

  @Test
  void updatesTellEverythingAtFirstAndThenWhatChanges() throws Exception {
    String a = served.upload(served.model(31, 4, 3, 2));
    String b = served.upload(served.model(32, 4, 3, 2));
    HttpResponse<java.io.InputStream> response =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(served.uri().resolve("/updates")).build(),
                HttpResponse.BodyHandlers.ofInputStream());
    assertEquals(200, response.statusCode());
    assertEquals("text/event-stream", response.headers().firstValue("Content-Type").orElseThrow());
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
      JsonNode cluster = next(lines, "cluster");
      assertEquals("up", cluster.at("/members/0/status").asText());
      int before = next(lines, "merges").get("merges").size();
      String id =
          served
              .postMerge(Served.json(java.util.Map.of("models", List.of(a, b), "label", "new")))
              .json()
              .get("id")
              .asText();
      JsonNode merges = next(lines, "merges").get("merges");
      assertEquals(before + 1, merges.size());
      assertEquals(id, merges.get(0).get("id").asText());
      assertEquals("align", merges.get(0).get("phases").get(0).get("phase").asText());
    }
  }

  /** The data of the next event of a name; waits as long as the stream lives. */
  private static JsonNode next(BufferedReader lines, String event) throws IOException {
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.equals("event: " + event)) {
        String data = lines.readLine();
        return new ObjectMapper().readTree(data.substring("data: ".length()));
      }
    }
    throw new AssertionError("the stream ended before an event " + event);
  }
}
