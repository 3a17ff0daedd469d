package org.rebasin.actors.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rebasin.actors.http.Served.Answer;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Correction;
import org.rebasin.actors.work.JobId;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Split;
import org.rebasin.actors.work.Strategy;

class MergeRoutesTest {
  @TempDir static Path directory;
  private static Served served;
  private static String first;
  private static String second;

  @BeforeAll
  static void start() {
    served =
        new Served(
            directory,
            "rebasin.data { shapes = \"mnist:/srv/shapes\", half = \"mnist:/srv/x#train=9\" }",
            "rebasin.http.max-document = 20000",
            "rebasin.http.max-models = 4",
            "rebasin.http.heartbeat = 100ms");
    first = served.upload(served.model(1, 5, 4, 3));
    second = served.upload(served.model(2, 5, 4, 3));
  }

  @AfterAll
  static void stop() {
    served.close();
  }

  private static String models() {
    return "\"models\": [\"%s\", \"%s\"]".formatted(first, second);
  }

  private static String document(String more) {
    return "{" + models() + (more.isEmpty() ? "" : ", " + more) + "}";
  }

  private static JobId submit(String more, String... headers) {
    Answer answer = served.postMerge(document(more), headers);
    assertEquals(202, answer.status(), answer.text());
    JobId id = new JobId(answer.json().get("id").asText());
    assertEquals("/merges/" + id, answer.header("Location"));
    return id;
  }

  private static void assertProblem(Answer answer, int status, String type, String... parts) {
    assertEquals(status, answer.status(), answer.text());
    assertEquals("application/problem+json", answer.header("Content-Type"));
    assertEquals("urn:rebasin:problem:" + type, answer.json().get("type").asText());
    for (String part : parts) {
      assertTrue(answer.json().get("detail").asText().contains(part), answer.text());
    }
  }

  @Test
  void documentWithModelsAloneAsksForWhatTheCommandLineDoes() {
    JobId id = submit("");
    MergeRequest request = served.jobs().request(id);
    assertEquals(
        List.of(
            new MergeRequest.Stored(new ModelId(first)),
            new MergeRequest.Stored(new ModelId(second))),
        request.models());
    assertEquals(
        Optional.of(
            new MergeRequest.AlignmentPlan(
                Strategy.TO_REFERENCE, new Matching.Weight(0), 0, false)),
        request.alignment());
    assertEquals(Optional.of(List.of(0.5, 0.5)), request.merge());
    assertEquals(Optional.empty(), request.correction());
    assertEquals(Optional.empty(), request.evaluation());
  }

  @Test
  void everyFieldIsHonoured() {
    JobId id =
        submit(
            """
            "method": "straight-through", "weights": [3, 1], "data": "digits:train=100,test=50",
            "repair": true, "correction_examples": 60, "evaluate": false, "points": 5, "seed": 7,
            "matching_epochs": 2, "matching_batch_size": 10, "matching_rate": 0.5,
            "priority": 9, "deadline": "20m", "label": "a label"
            """);
    MergeRequest request = served.jobs().request(id);
    String data = "digits:seed=0,train=100,test=50";
    assertEquals(
        new MergeRequest.AlignmentPlan(
            Strategy.TO_REFERENCE, new Matching.StraightThrough(data, 2, 10, 0.5), 7, false),
        request.alignment().orElseThrow());
    assertEquals(Optional.of(List.of(0.75, 0.25)), request.merge());
    assertEquals(
        Optional.of(new Correction(Correction.Kind.REPAIR, data, 60)), request.correction());
    assertEquals(
        Optional.of(
            new MergeRequest.EvaluationPlan(data, false, 5, Set.of(Split.TEST, Split.TRAIN))),
        request.evaluation());
    assertEquals(9, served.jobs().options(id).priority());
    assertEquals(Optional.of(Duration.ofMinutes(20)), served.jobs().options(id).deadline());
    assertEquals("a label", served.jobs().options(id).label());
    JsonNode settings = served.get("/merges/" + id).json().get("settings");
    assertEquals(2, settings.get("matching_epochs").numberValue());
    assertEquals(10, settings.get("matching_batch_size").numberValue());
    assertEquals(0.5, settings.get("matching_rate").numberValue());
  }

  @Test
  void methodsAndStrategiesHaveTheCommandLinesNames() {
    assertEquals(
        Strategy.CYCLE_CONSISTENT,
        served
            .jobs()
            .request(submit("\"strategy\": \"cycle-consistent\""))
            .alignment()
            .orElseThrow()
            .strategy());
    assertEquals(
        new Matching.Activation(true, "digits:seed=0,train=12000,test=2000"),
        served
            .jobs()
            .request(submit("\"method\": \"activation-pearson\", \"data\": \"digits\""))
            .alignment()
            .orElseThrow()
            .matching());
    assertEquals(
        Optional.empty(), served.jobs().request(submit("\"method\": \"none\"")).alignment());
  }

  @Test
  void dataOfTheServerIsNamedAndMayBeSelectedFrom() {
    for (String data : List.of("shapes", "shapes#train=50", "half#test=5")) {
      assertEquals(
          data,
          served
              .jobs()
              .request(submit("\"data\": \"%s\"".formatted(data)))
              .evaluation()
              .orElseThrow()
              .data());
    }
  }

  private static Stream<Arguments> refusedFields() {
    return Stream.of(
        Arguments.of(400, "malformed", "\"wieghts\": [1]", List.of("wieghts", "line 1", "weights")),
        Arguments.of(
            400, "malformed", "\"method\": \"magic\"", List.of("method", "magic", "weight")),
        Arguments.of(400, "malformed", "\"method\": \"WEIGHT\"", List.of("method", "WEIGHT")),
        Arguments.of(400, "malformed", "\"seed\": \"x\"", List.of("seed")),
        Arguments.of(400, "malformed", "\"seed\": 1.5", List.of("seed")),
        Arguments.of(400, "malformed", "\"weights\": 3", List.of("weights")),
        Arguments.of(400, "malformed", "\"points\": 99999999999", List.of("points")),
        Arguments.of(400, "malformed", "\"seed\": 1, \"seed\": 2", List.of("seed")),
        Arguments.of(422, "unprocessable", "\"weights\": [1]", List.of("weights", "2", "1")),
        Arguments.of(422, "unprocessable", "\"weights\": [1, null]", List.of("weights")),
        Arguments.of(422, "unprocessable", "\"weights\": [1, -1]", List.of("-1")),
        Arguments.of(422, "unprocessable", "\"method\": \"activation\"", List.of("data")),
        Arguments.of(422, "unprocessable", "\"repair\": true", List.of("repair", "data")),
        Arguments.of(422, "unprocessable", "\"evaluate\": true", List.of("evaluate", "data")),
        Arguments.of(422, "unprocessable", "\"restarts\": -1", List.of("restarts", "-1")),
        Arguments.of(
            422, "unprocessable", "\"points\": 4, \"data\": \"digits\"", List.of("points", "4")),
        Arguments.of(422, "unprocessable", "\"priority\": 1000", List.of("priority")),
        Arguments.of(422, "unprocessable", "\"deadline\": \"soon\"", List.of("deadline", "soon")),
        Arguments.of(422, "unprocessable", "\"deadline\": \"-PT1S\"", List.of("deadline")),
        Arguments.of(
            422,
            "unprocessable",
            "\"strategy\": \"merge-many\", \"method\": \"none\"",
            List.of("merge-many")),
        Arguments.of(
            422, "unprocessable", "\"data\": \"mnist:/etc\"", List.of("shapes", "mnist:/etc")),
        Arguments.of(422, "unprocessable", "\"data\": \"/etc/passwd\"", List.of("/etc/passwd")),
        Arguments.of(422, "unprocessable", "\"data\": \"shapes#nonsense=1\"", List.of("nonsense")),
        Arguments.of(
            422, "unprocessable", "\"data\": \"digits:train=1000000\"", List.of("100000")));
  }

  @ParameterizedTest
  @MethodSource("refusedFields")
  void fieldThatIsWrongIsRefusedByName(int status, String type, String field, List<String> parts) {
    int before = served.jobs().submitted().size();
    Answer answer = served.postMerge(document(field));
    assertProblem(answer, status, type, parts.toArray(String[]::new));
    assertTrue(!answer.text().contains("/srv"), answer.text());
    assertEquals(before, served.jobs().submitted().size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"{", "", "null", "[]", "{} {}", "\"text\"", "{\"models\": [}"})
  void malformedJsonIsRefused(String json) {
    assertProblem(served.postMerge(json), 400, "malformed");
  }

  @Test
  void modelsThatAreNoneAreRefused() {
    assertProblem(served.postMerge("{}"), 422, "unprocessable", "models");
    assertProblem(
        served.postMerge("{\"models\": [\"%s\"]}".formatted(first)), 422, "unprocessable", "2");
    assertProblem(
        served.postMerge("{\"models\": [\"../x\", \"y\"]}"), 422, "unprocessable", "../x");
    assertProblem(served.postMerge("{\"models\": [null, null]}"), 422, "unprocessable", "models");
    String unknown = "0".repeat(64);
    assertProblem(
        served.postMerge("{\"models\": [\"%s\", \"%s\"]}".formatted(first, unknown)),
        422,
        "unprocessable",
        "no model " + unknown);
    assertProblem(
        served.postMerge(
            "{\"models\": %s}".formatted(Served.json(List.of(first, first, first, first, first)))),
        422,
        "unprocessable",
        "2 to 4");
  }

  @Test
  void modelsOfDifferentArchitectureAreRefusedByTensor() {
    String other = served.upload(served.model(3, 5, 6, 3));
    assertProblem(
        served.postMerge("{\"models\": [\"%s\", \"%s\"]}".formatted(first, other)),
        422,
        "unprocessable",
        "fc1",
        "[4",
        "[6",
        first.substring(0, 12),
        other.substring(0, 12));
    String deeper = served.upload(served.model(4, 5, 4, 3, 2));
    assertProblem(
        served.postMerge("{\"models\": [\"%s\", \"%s\"]}".formatted(first, deeper)),
        422,
        "unprocessable",
        "fc3");
  }

  @Test
  void documentOfAnotherTypeOrTooLargeIsRefused() {
    assertProblem(
        served.ask("POST", "/merges", "a=b".getBytes(), "Content-Type", "text/plain"),
        415,
        "unsupported-media-type",
        "text/plain");
    assertProblem(
        served.postMerge(document("\"label\": \"" + "x".repeat(30_000) + '"')), 413, "too-large");
  }

  @Test
  void repeatedKeyBeginsOneMergeAndRefusesAnother() {
    JobId id = submit("\"seed\": 31", "Idempotency-Key", "key-31");
    assertEquals(id, submit("\"seed\": 31", "Idempotency-Key", "key-31"));
    assertProblem(
        served.postMerge(document("\"seed\": 32"), "Idempotency-Key", "key-31"),
        422,
        "key-reused",
        "another request");
    assertProblem(
        served.postMerge(document(""), "Idempotency-Key", "k".repeat(300)),
        422,
        "unprocessable",
        "idempotency key");
  }

  @Test
  void jobsThatDoNotAnswerAreUnavailable() {
    served.jobs().away(true);
    try {
      assertProblem(served.postMerge(document("")), 503, "unavailable", "journal");
    } finally {
      served.jobs().away(false);
    }
  }

  @Test
  void mergeIsViewedUntilItHasItsModel() {
    JobId id = submit("\"label\": \"one\"");
    JsonNode running = served.get("/merges/" + id).json();
    assertEquals("running", running.get("status").asText());
    assertEquals("one", running.get("label").asText());
    assertEquals("align", running.get("phases").get(0).get("phase").asText());
    served.jobs().succeed(id, new ModelId(second));
    JsonNode ended = served.get("/merges/" + id).json();
    assertEquals("succeeded", ended.get("status").asText());
    assertEquals(second, ended.get("outcome").get("merged").asText());
    assertEquals(first, ended.get("models").get(0).asText());
  }

  @Test
  void failedMergeSaysWhy() {
    JobId id = submit("");
    served.jobs().fail(id, "no such luck");
    JsonNode failed = served.get("/merges/" + id).json();
    assertEquals("failed", failed.get("status").asText());
    assertEquals("no such luck", failed.get("failure").get("message").asText());
    assertEquals("bad_input", failed.get("failure").get("kind").asText());
  }

  @Test
  void listGoesThroughAllMergesByPages() {
    JobId one = submit("");
    JobId two = submit("");
    JobId three = submit("");
    Answer page = served.get("/merges?limit=2");
    assertEquals(200, page.status(), page.text());
    assertEquals(three.value(), page.json().get("merges").get(0).get("id").asText());
    assertEquals(two.value(), page.json().get("merges").get(1).get("id").asText());
    assertEquals(two.value(), page.json().get("next").asText());
    String link = page.header("Link");
    Answer next = served.get(link.substring(1, link.indexOf('>')));
    assertEquals(one.value(), next.json().get("merges").get(0).get("id").asText());
  }

  @ParameterizedTest
  @ValueSource(strings = {"limit=0", "limit=1001", "limit=x", "after=../x", "limit=99999999999"})
  void pageThatCannotBeIsRefused(String query) {
    assertProblem(
        served.get("/merges?" + query), 400, "malformed", query.substring(0, query.indexOf('=')));
  }

  @Test
  void cancelledMergeEndsAndMayBeRetriedButASucceededOneNot() {
    JobId id = submit("");
    Answer cancelled = served.ask("DELETE", "/merges/" + id, new byte[0]);
    assertEquals(200, cancelled.status(), cancelled.text());
    assertEquals("cancelled", cancelled.json().get("status").asText());
    assertEquals(200, served.ask("DELETE", "/merges/" + id, new byte[0]).status());
    Answer retried = served.ask("POST", "/merges/" + id + "/retry", new byte[0]);
    assertEquals("running", retried.json().get("status").asText());
    served.jobs().succeed(id, new ModelId(second));
    assertProblem(served.ask("DELETE", "/merges/" + id, new byte[0]), 409, "conflict");
    assertProblem(served.ask("POST", "/merges/" + id + "/retry", new byte[0]), 409, "conflict");
  }

  @Test
  void mergeThatIsNotThereIsNotFound() {
    for (String id : List.of("0".repeat(26), "x", "..%2fx")) {
      assertProblem(served.get("/merges/" + id), 404, "not-found");
      assertProblem(served.get("/merges/" + id + "/events"), 404, "not-found");
      assertProblem(served.ask("DELETE", "/merges/" + id, new byte[0]), 404, "not-found");
      assertProblem(served.ask("POST", "/merges/" + id + "/retry", new byte[0]), 404, "not-found");
    }
  }

  @Test
  void eventsAreToldInOrderAndEndWithTheMerge() {
    JobId id = submit("");
    served.jobs().progress(id, 1, 2);
    served.jobs().succeed(id, new ModelId(second));
    Answer events = served.get("/merges/" + id + "/events");
    assertEquals(200, events.status());
    assertTrue(events.header("Content-Type").startsWith("text/event-stream"));
    assertEquals(
        List.of(
            "id: 1", "event: submitted", "id: 2", "event: progress", "id: 3", "event: succeeded"),
        events.text().lines().filter(line -> line.matches("(id|event): .*")).toList());
    assertTrue(events.text().contains("\"done\":1,\"total\":2"), events.text());
  }

  @Test
  void eventsGoOnBehindTheLastOneSeen() {
    JobId id = submit("");
    served.jobs().progress(id, 1, 2);
    served.jobs().succeed(id, new ModelId(second));
    Answer rest = served.get("/merges/" + id + "/events", "Last-Event-ID", "2");
    assertEquals(
        List.of("id: 3"), rest.text().lines().filter(line -> line.startsWith("id:")).toList());
    assertEquals(204, served.get("/merges/" + id + "/events", "Last-Event-ID", "3").status());
    assertProblem(
        served.get("/merges/" + id + "/events", "Last-Event-ID", "x"), 400, "malformed", "x");
  }

  @Test
  void eventsThatComeLaterAreToldWithSignsOfLifeBetween() throws Exception {
    JobId id = submit("");
    Thread later =
        new Thread(
            () -> {
              try {
                Thread.sleep(350);
              } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
              }
              served.jobs().succeed(id, new ModelId(second));
            });
    later.start();
    Answer events = served.get("/merges/" + id + "/events");
    later.join();
    assertTrue(events.text().contains(": \n\n"), events.text());
    assertTrue(events.text().contains("event: succeeded"), events.text());
  }
}
