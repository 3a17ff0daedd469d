package org.rebasin.actors.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rebasin.actors.http.Served.Answer;
import org.rebasin.actors.work.JobId;

class ApiServerTest {
  private static final String TOKEN = "correct-horse-battery-staple";
  private static final Set<String> METHODS =
      Set.of("get", "head", "post", "put", "delete", "patch");

  @TempDir static Path directory;
  private static Served served;
  private static URI guarded;

  @BeforeAll
  static void start() throws IOException {
    served = new Served(directory);
    Path token = Files.writeString(directory.resolve("token"), TOKEN + "\n");
    guarded = served.start(tokenFile(token)).uri();
  }

  @AfterAll
  static void stop() {
    served.close();
  }

  private static String tokenFile(Path file) {
    return "rebasin.http.token-file = \"%s\"".formatted(file);
  }

  private static void assertProblem(Answer answer, int status) {
    assertEquals(status, answer.status(), answer.text());
    assertEquals("application/problem+json", answer.header("Content-Type"));
    for (String field : new String[] {"type", "title", "status", "detail", "instance"}) {
      assertTrue(answer.json().has(field), answer.text());
    }
    assertEquals(status, answer.json().get("status").asInt());
  }

  @Test
  void pathThatIsNoneIsAProblem() {
    for (String path : new String[] {"/nothing", "/models/x/y/z", "/merges/"}) {
      Answer answer = served.get(path);
      assertProblem(answer, 404);
    }
    assertEquals("/nothing", served.get("/nothing").json().get("instance").asText());
  }

  @Test
  void methodThatIsNotAllowedNamesThoseThatAre() {
    Answer answer = served.ask("PUT", "/merges", "x".getBytes(StandardCharsets.UTF_8));
    assertProblem(answer, 405);
    assertEquals("GET, HEAD, POST", answer.header("Allow"));
    assertProblem(served.ask("DELETE", "/models/" + "0".repeat(64), new byte[0]), 405);
    assertProblem(served.ask("OPTIONS", "/merges", new byte[0]), 405);
  }

  @Test
  void clusterIsDescribed() {
    JsonNode member = served.get("/cluster").json().get("members").get(0);
    assertEquals("akka://rebasin@127.0.0.1:25520", member.get("address").asText());
    assertEquals("up", member.get("status").asText());
    assertTrue(member.get("reachable").asBoolean());
    assertEquals("solver", member.get("roles").get(0).asText());
  }

  @Test
  void rightTokenIsServed() {
    for (String scheme : new String[] {"Bearer ", "bearer "}) {
      assertEquals(
          200,
          served
              .ask(guarded, "GET", "/cluster", new byte[0], "Authorization", scheme + TOKEN)
              .status());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Bearer wrong",
        "Bearer correct-horse-battery-stapl",
        "Bearer correct-horse-battery-staplee",
        "Bearer",
        "Basic Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5LXN0YXBsZTo=",
        "correct-horse-battery-staple"
      })
  void wrongTokenIsRefusedEverywhere(String authorization) {
    for (String path : new String[] {"/cluster", "/merges", "/openapi.json", "/nothing"}) {
      Answer answer = served.ask(guarded, "GET", path, new byte[0], "Authorization", authorization);
      assertProblem(answer, 401);
      assertTrue(answer.header("WWW-Authenticate").startsWith("Bearer"));
      assertFalse(answer.text().contains(TOKEN));
    }
  }

  @Test
  void noTokenIsRefusedBeforeAnythingIsTakenIn() throws IOException {
    byte[] model = served.model(1, 5, 4, 3);
    List<Path> before = served.uploaded();
    assertProblem(served.ask(guarded, "POST", "/models", model), 401);
    assertEquals(before, served.uploaded());
  }

  @Test
  void tlsIsSpokenToWhoTrustsTheCertificateAndNobodyElse() throws Exception {
    Path keystore = directory.resolve("keys.p12");
    Path certificate = directory.resolve("certificate.pem");
    Path password = Files.writeString(directory.resolve("password"), "changeit\n");
    keytool(
        "-genkeypair",
        "-alias",
        "server",
        "-keyalg",
        "EC",
        "-storetype",
        "PKCS12",
        "-keystore",
        keystore.toString(),
        "-storepass",
        "changeit",
        "-dname",
        "CN=localhost",
        "-ext",
        "san=ip:127.0.0.1,dns:localhost",
        "-validity",
        "2");
    keytool(
        "-exportcert",
        "-rfc",
        "-alias",
        "server",
        "-keystore",
        keystore.toString(),
        "-storepass",
        "changeit",
        "-file",
        certificate.toString());
    URI secure =
        served
            .start(
                tokenFile(directory.resolve("token")),
                "rebasin.http.tls.keystore = \"%s\"".formatted(keystore),
                "rebasin.http.tls.password-file = \"%s\"".formatted(password))
            .uri();
    assertEquals("https", secure.getScheme());
    ApiClient trusting =
        new ApiClient(secure.toString(), Optional.of(TOKEN), Optional.of(certificate));
    assertTrue(trusting.list(1).has("merges"));
    ApiClient other = new ApiClient(secure.toString(), Optional.of(TOKEN), Optional.empty());
    assertEquals(
        ApiException.Cause.UNREACHABLE,
        assertThrows(ApiException.class, () -> other.list(1)).why());
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class,
            () -> new TlsKeys(keystore, "not the password").context());
    assertTrue(refusal.getMessage().contains(keystore.toString()), refusal.getMessage());
  }

  private static void keytool(String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "::", "192.0.2.1"})
  void addressThatOthersReachNeedsAToken(String host) {
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class,
            () -> ApiSettings.of(Served.config("rebasin.http.host = \"%s\"".formatted(host))));
    assertTrue(refusal.getMessage().contains("rebasin.http.token-file"), refusal.getMessage());
    assertTrue(refusal.getMessage().contains(host), refusal.getMessage());
    assertEquals(
        host,
        ApiSettings.of(
                Served.config(
                    "rebasin.http.host = \"%s\"".formatted(host),
                    tokenFile(directory.resolve("token"))))
            .host());
  }

  @Test
  void tokenThatIsNoneOrEasyIsRefused() throws IOException {
    Path empty = Files.writeString(directory.resolve("empty"), "\n");
    Path easy = Files.writeString(directory.resolve("short"), "easy-one");
    for (Path file : new Path[] {empty, easy, directory.resolve("missing")}) {
      IllegalArgumentException refusal =
          assertThrows(
              IllegalArgumentException.class, () -> ApiSettings.of(Served.config(tokenFile(file))));
      assertTrue(refusal.getMessage().contains("token-file"), refusal.getMessage());
      assertFalse(refusal.getMessage().contains("easy-one"), refusal.getMessage());
    }
  }

  @Test
  void strangersNameIsNotServedWithoutAToken() throws IOException {
    assertTrue(raw("GET /cluster HTTP/1.1\r\nHost: evil.example\r\n\r\n").contains(" 421 "));
    assertTrue(raw("GET /cluster HTTP/1.1\r\nHost: localhost:1\r\n\r\n").contains(" 200 "));
  }

  @Test
  void whatIsNoHttpOrTooLongIsAProblemToo() throws IOException {
    String nonsense = raw("nonsense that is no method\r\n\r\n");
    assertTrue(nonsense.startsWith("HTTP/1.1 4") || nonsense.startsWith("HTTP/1.1 5"), nonsense);
    assertTrue(nonsense.contains("application/problem+json"), nonsense);
    String header =
        raw("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(10_000) + "\r\n\r\n");
    assertTrue(header.contains(" 431 "), header);
    assertTrue(header.contains("application/problem+json"), header);
    String uri = raw("GET /" + "x".repeat(5_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assertTrue(uri.contains(" 414 "), uri);
  }

  private static String raw(String request) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", served.uri().getPort())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      byte[] answer = new byte[2_000];
      int read = 0;
      // The head and the document may come apart.
      while (read < answer.length) {
        int more = socket.getInputStream().read(answer, read, answer.length - read);
        if (more < 0) {
          break;
        }
        read += more;
        String text = new String(answer, 0, read, StandardCharsets.US_ASCII);
        if (text.contains("\r\n\r\n") && text.stripTrailing().endsWith("}")) {
          break;
        }
      }
      return new String(answer, 0, read, StandardCharsets.US_ASCII);
    }
  }

  @Test
  void descriptionNamesEveryRouteAndNoOther() throws IOException {
    JsonNode document = served.get("/openapi.json").json();
    assertEquals("3.1.0", document.get("openapi").asText());
    Set<String> documented = new TreeSet<>();
    document
        .get("paths")
        .fields()
        .forEachRemaining(
            path ->
                path.getValue()
                    .fieldNames()
                    .forEachRemaining(method -> documented.add(method + " " + path.getKey())));
    Set<String> routes = new TreeSet<>();
    ApiSettings settings = ApiSettings.of(Served.config());
    served
        .endpoints(settings)
        .forEach(
            endpoint ->
                routes.add(
                    endpoint.method().value().toLowerCase(Locale.ROOT) + " " + endpoint.path()));
    assertEquals(routes, documented);
  }

  @Test
  void everyDocumentedRouteAnswersWithADocumentedStatus() throws IOException {
    JsonNode document = new ObjectMapper().readTree(OpenApi.bytes());
    int asked = 0;
    for (Iterator<Map.Entry<String, JsonNode>> paths = document.get("paths").fields();
        paths.hasNext(); ) {
      Map.Entry<String, JsonNode> path = paths.next();
      String id = path.getKey().startsWith("/models") ? "0".repeat(64) : "0".repeat(26);
      for (Iterator<String> methods = path.getValue().fieldNames(); methods.hasNext(); ) {
        String method = methods.next();
        assertTrue(METHODS.contains(method), method);
        if (path.getKey().equals("/updates")) {
          // Never ends; see DashboardTest.
          continue;
        }
        Answer answer =
            served.ask(
                method.toUpperCase(Locale.ROOT),
                path.getKey()
                    .replace("{id}", id)
                    .replace("{name}", "none")
                    .replace("{version}", "1"),
                new byte[0]);
        assertTrue(
            path.getValue().get(method).get("responses").has(String.valueOf(answer.status())),
            () -> method + " " + path.getKey() + ": " + answer.status() + " " + answer.text());
        asked++;
      }
    }
    assertTrue(asked >= 12);
  }

  @Test
  void everyReferenceInTheDescriptionLeadsSomewhere() throws IOException {
    JsonNode document = new ObjectMapper().readTree(OpenApi.bytes());
    for (JsonNode reference : document.findValues("$ref")) {
      assertFalse(document.at(reference.asText().substring(1)).isMissingNode(), reference.asText());
    }
  }

  @Test
  void idsAreOfTheDescribedForm() throws IOException {
    JsonNode schemas = new ObjectMapper().readTree(OpenApi.bytes()).at("/components/schemas");
    String job = JobId.next(Clock.systemUTC()).value();
    assertTrue(job.matches(schemas.at("/JobId/pattern").asText()), job);
    assertTrue("0".repeat(64).matches(schemas.at("/ModelId/pattern").asText()));
  }

  @Test
  void requestsOfTheDescriptionHaveTheFieldsThatAreRead() throws IOException {
    String request = "FederationRequest/properties/";
    assertFields("MergeRequest", MergeDocument.class);
    assertFields("ContributionRequest", ContributionDocument.class);
    assertFields("Rollback", FederationRoutes.RollbackDocument.class);
    assertFields("FederationRequest", FederationDocument.class);
    assertFields(request + "alignment", FederationDocument.AlignmentPart.class);
    assertFields(request + "aggregation", FederationDocument.AggregationPart.class);
    assertFields(request + "correction", FederationDocument.CorrectionPart.class);
    assertFields(request + "gate", FederationDocument.GatePart.class);
    assertFields(request + "participants/items", FederationDocument.ParticipantPart.class);
  }

  private static void assertFields(String schema, Class<? extends Record> type) throws IOException {
    JsonNode fields =
        new ObjectMapper()
            .readTree(OpenApi.bytes())
            .at("/components/schemas/" + schema + "/properties");
    Set<String> documented = new TreeSet<>();
    fields.fieldNames().forEachRemaining(documented::add);
    Set<String> read = new TreeSet<>();
    for (java.lang.reflect.RecordComponent component : type.getRecordComponents()) {
      read.add(component.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT));
    }
    assertEquals(read, documented, schema);
  }
}
