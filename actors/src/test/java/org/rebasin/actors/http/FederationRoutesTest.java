package org.rebasin.actors.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rebasin.actors.federation.FederationSettings;
import org.rebasin.actors.http.Served.Answer;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Correction;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Strategy;
import org.rebasin.model.aggregation.AggregationSettings;
import org.rebasin.model.training.Optimizer;
import org.rebasin.model.training.Schedule;
import org.rebasin.model.training.TrainingSettings;

class FederationRoutesTest {
  private static final String SMALL =
      "{\"architecture\": \"mlp:5-4-3\", \"gate\": {\"data\": \"digits\"}%s}";
  private static final int LIMIT = 20_000;
  private static final AtomicInteger NUMBER = new AtomicInteger();

  @TempDir static Path directory;
  private static Served served;
  private static byte[] first;
  private static byte[] second;
  private static String firstId;
  private static String secondId;

  @BeforeAll
  static void start() {
    served =
        new Served(
            directory,
            "rebasin.data { shapes = \"mnist:/srv/shapes\", half = \"mnist:/srv/x#train=9\" }",
            "rebasin.http.max-document = 20000",
            "rebasin.http.max-upload = " + LIMIT,
            "rebasin.http.heartbeat = 100ms");
    first = served.model(1, 5, 4, 3);
    second = served.model(2, 5, 4, 3);
    firstId = served.upload(first);
    secondId = served.upload(second);
  }

  @AfterAll
  static void stop() {
    served.close();
  }

  private static Answer send(String method, String path, String document) {
    return served.ask(
        method,
        path,
        document.getBytes(StandardCharsets.UTF_8),
        "Content-Type",
        "application/json");
  }

  /** A federation of its own for each test, so that they may run in any order. */
  private static String created(String more) {
    String name = "f" + NUMBER.incrementAndGet();
    Answer answer = send("PUT", "/federations/" + name, SMALL.formatted(more));
    assertEquals(201, answer.status(), answer.text());
    assertEquals("/federations/" + name, answer.header("Location"));
    return name;
  }

  private static Answer contribute(String name, String model, String more) {
    return send(
        "POST",
        "/federations/%s/contributions".formatted(name),
        "{\"participant\": \"p\", \"examples\": 10, \"model\": \"%s\"%s}".formatted(model, more));
  }

  private static Answer give(String name, byte[] model, String query, String... headers) {
    return served.ask(
        "POST",
        "/federations/%s/contributions?%s".formatted(name, query),
        model,
        Stream.concat(Stream.of("Content-Type", "application/octet-stream"), Arrays.stream(headers))
            .toArray(String[]::new));
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
  void documentWithAllFieldsAsksForAllOfThem() {
    String document =
        """
        {"architecture": "mlp:5-4-3", "initial": "%s", "first": "cycle-consistent",
         "alignment": {"method": "straight-through", "data": "shapes", "epochs": 2,
                       "batch_size": 30, "learning_rate": 0.5},
         "aggregation": {"rule": "fedbuff", "server_optimizer": "adam", "server_rate": 0.5,
                         "momentum": 0.9, "staleness_exponent": 0.25, "trimmed_fraction": 0.1},
         "buffer": 7, "remembered": 3, "patience": "90s", "pending": 9, "norm_bound": 2.5,
         "correction": {"kind": "repair", "data": "half#subset-seed=3", "examples": 40},
         "gate": {"data": "shapes#test=100", "margin": 0.02},
         "participants": [{"name": "a", "data": "shapes#shard=1/2", "epochs": 3, "batch_size": 50,
                           "optimizer": "sgd", "learning_rate": 0.1, "weight_decay": 0.01,
                           "warmup_epochs": 1, "decay": "cosine", "seed": 4, "proximal": 0.1,
                           "contributions": 5}],
         "seed": 11}
        """
            .formatted(firstId);
    Answer answer = send("PUT", "/federations/whole", document);
    assertEquals(201, answer.status(), answer.text());
    FederationSettings settings = served.federations().settings("whole");
    assertEquals(
        new FederationSettings(
            "mlp:5-4-3",
            Optional.of(new ModelId(firstId)),
            Strategy.CYCLE_CONSISTENT,
            Optional.of(new Matching.StraightThrough("shapes", 2, 30, 0.5)),
            new AggregationSettings(
                AggregationSettings.Rule.FEDBUFF,
                AggregationSettings.ServerOptimizer.ADAM,
                0.5,
                0.9,
                0.25,
                0.1),
            7,
            3,
            Duration.ofSeconds(90),
            9,
            2.5,
            Optional.of(new Correction(Correction.Kind.REPAIR, "half#subset-seed=3", 40)),
            new FederationSettings.Gate("shapes#test=100", 0.02, 0.5),
            List.of(
                new FederationSettings.Participant(
                    "a",
                    "shapes#shard=1/2",
                    new TrainingSettings(
                        3, 50, Optimizer.Kind.SGD, 0.1, 0.01, 1, Schedule.Decay.COSINE, 4),
                    0.1,
                    5)),
            11),
        settings);
    assertFalse(answer.text().contains("/srv"), answer.text());

    // What it says of itself creates the same one, and another of that name is refused.
    String again = served.get("/federations/whole").json().get("settings").toString();
    Answer same = send("PUT", "/federations/whole", again);
    assertEquals(200, same.status(), same.text());
    assertProblem(
        send("PUT", "/federations/whole", SMALL.formatted("")), 409, "conflict", "other settings");
  }

  @Test
  void documentWithWhatIsNeededAloneHasDefaults() {
    FederationSettings settings = served.federations().settings(created(""));
    assertEquals(Optional.of(new Matching.Weight(0)), settings.alignment());
    assertEquals(AggregationSettings.FEDAVG, settings.aggregation());
    assertEquals(Strategy.MERGE_MANY, settings.first());
    assertEquals(4, settings.buffer());
    assertEquals(Duration.ofMinutes(5), settings.patience());
    assertEquals(0.01, settings.gate().margin());
    assertTrue(settings.initial().isEmpty() && settings.correction().isEmpty());
  }

  @Test
  void architectureIsTheInitialModelsUnlessGiven() {
    String document = "{\"initial\": \"%s\", \"gate\": {\"data\": \"digits\"}}".formatted(firstId);
    assertEquals(201, send("PUT", "/federations/from-model", document).status());
    assertEquals("mlp:5-4-3", served.federations().settings("from-model").architecture());
    assertEquals(1, served.get("/federations/from-model").json().get("version").asInt());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"gate\": {\"data\": \"digits\"}} | 422 | architecture:",
        "{\"architecture\": \"mlp:5-4-3\"} | 422 | gate.data:",
        "{\"architecture\": \"mlp:5-4-3\", \"gate\": {\"data\": \"nope\"}} | 422 | nope",
        "{\"architecture\": \"what\", \"gate\": {\"data\": \"digits\"}} | 422 | architecture:",
        "{\"architecture\": \"file:/etc/passwd\", \"gate\": {\"data\": \"digits\"}} | 422 | file",
        "{\"gate\": {\"dat\": \"digits\"}} | 400 | gate.dat",
        "{\"bufer\": 3} | 400 | bufer",
        "{\"buffer\": \"3\"} | 400 | buffer",
        "{\"buffer\": 2.5} | 400 | buffer",
        "{\"participants\": [{\"nam\": 1}]} | 400 | participants[0].nam",
        "[] | 400 | ''",
        "null | 400 | null",
        "{ | 400 | line 1"
      })
  void documentThatCannotBeIsRefusedByField(String document, int status, String part) {
    assertProblem(
        send("PUT", "/federations/refused", document),
        status,
        status == 400 ? "malformed" : "unprocessable",
        part);
    assertEquals(404, served.get("/federations/refused").status());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"buffer\": 0 | buffer",
        "\"remembered\": -1 | remembered",
        "\"pending\": 1001 | pending",
        "\"norm_bound\": 1 | norm bound",
        "\"patience\": \"soon\" | patience",
        "\"first\": \"best\" | first",
        "\"initial\": \"x\" | initial",
        "\"alignment\": {\"method\": \"luck\"} | alignment: method",
        "\"alignment\": {\"method\": \"none\", \"restarts\": 1} | alignment: restarts",
        "\"alignment\": {\"data\": \"digits\"} | alignment: data",
        "\"aggregation\": {\"rule\": \"mode\"} | aggregation: rule",
        "\"aggregation\": {\"server_rate\": 0} | aggregation: server rate",
        "\"aggregation\": {\"server_rate\": 1e999} | aggregation: server rate",
        "\"correction\": {\"examples\": 1} | correction: examples",
        "\"participants\": [null] | participants[0]",
        "\"participants\": [{\"name\": \"a\"}] | participants[0]: data",
        "\"participants\": [{\"name\": \"../x\", \"data\": \"digits\"}] | participants[0]",
        "\"participants\": [{\"name\": \"a\", \"data\": \"digits\", \"epochs\": 0}]"
            + " | participants[0]: epochs"
      })
  void valueThatCannotBeIsRefusedByField(String more, String part) {
    assertProblem(
        send("PUT", "/federations/refused", SMALL.formatted(", " + more)),
        422,
        "unprocessable",
        part);
    assertEquals(404, served.get("/federations/refused").status());
  }

  @Test
  void initialModelMustBeThereAndOfTheArchitecture() {
    String unknown = "0".repeat(64);
    assertProblem(
        send("PUT", "/federations/refused", SMALL.formatted(", \"initial\": \"" + unknown + '"')),
        422,
        "unprocessable",
        unknown);
    String other = served.upload(served.model(3, 5, 6, 3));
    assertProblem(
        send("PUT", "/federations/refused", SMALL.formatted(", \"initial\": \"" + other + '"')),
        422,
        "unprocessable",
        "mlp:5-4-3",
        "mlp:5-6-3");
  }

  @ParameterizedTest
  @ValueSource(strings = {"UPPER", "a%20b", "..%2fx", "-a", "a_b", "%00", "ä"})
  void nameThatIsNoneIsRefused(String name) {
    String encoded = name.replace("ä", "%C3%A4");
    assertProblem(
        send("PUT", "/federations/" + encoded, SMALL.formatted("")), 422, "unprocessable");
    assertProblem(served.get("/federations/" + encoded), 404, "not-found");
    assertProblem(served.get("/federations/" + encoded + "/model"), 404, "not-found");
    assertProblem(give(encoded, first, "participant=p&examples=1"), 404, "not-found");
  }

  @Test
  void documentOfAnotherTypeOrTooLargeIsRefused() {
    assertProblem(
        served.ask("PUT", "/federations/refused", "a=b".getBytes(), "Content-Type", "text/plain"),
        415,
        "unsupported-media-type");
    assertProblem(
        send("PUT", "/federations/refused", SMALL.formatted(" ".repeat(30_000))), 413, "too-large");
  }

  @Test
  void listTellsHowEachFederationStands() {
    String name = created("");
    contribute(name, firstId, "");
    served.federations().publish(name, new ModelId(firstId), 0.75);
    JsonNode entry = null;
    for (JsonNode each : served.get("/federations").json().get("federations")) {
      if (each.get("name").asText().equals(name)) {
        entry = each;
      }
    }
    assertEquals("open", entry.get("status").asText());
    assertEquals(1, entry.get("version").asInt());
    assertEquals(0.75, entry.get("accuracy").asDouble());
    assertEquals(0.0125, entry.get("loss").asDouble());
    assertEquals(1, entry.get("versions").asInt());
    assertEquals(1, entry.get("contributions").get("merged").asInt());
    assertEquals("waits for contributions", entry.get("activity").asText());
  }

  @Test
  void pausedFederationResumesAndAClosedOneDoesNot() {
    String name = created("");
    String path = "/federations/" + name;
    assertEquals(
        "paused", served.ask("POST", path + "/pause", new byte[0]).json().get("status").asText());
    assertProblem(contribute(name, firstId, ""), 409, "conflict", "paused");
    assertEquals(
        "open", served.ask("POST", path + "/resume", new byte[0]).json().get("status").asText());
    assertEquals(201, contribute(name, firstId, "").status());
    assertEquals(
        "closed", served.ask("POST", path + "/close", new byte[0]).json().get("status").asText());
    assertProblem(served.ask("POST", path + "/resume", new byte[0]), 409, "conflict");
    assertProblem(contribute(name, secondId, ""), 409, "conflict", "closed");
    // What was accepted stays so, whatever its sender heard of it.
    assertEquals(200, contribute(name, firstId, "").status());
    assertProblem(
        served.ask("POST", "/federations/none/pause", new byte[0]), 404, "not-found", "none");
  }

  @Test
  void rollbackMakesAnEarlierVersionCurrent() {
    String name = created("");
    served.federations().publish(name, new ModelId(firstId), 0.5);
    served.federations().publish(name, new ModelId(secondId), 0.6);
    String path = "/federations/" + name + "/rollback";
    Answer back = send("POST", path, "{\"version\": 1}");
    assertEquals(200, back.status(), back.text());
    assertEquals(1, back.json().get("version").asInt());
    assertEquals(2, back.json().get("versions").asInt());
    assertEquals("1", served.get("/federations/" + name + "/model").header("Rebasin-Version"));
    assertProblem(send("POST", path, "{\"version\": 3}"), 404, "not-found", "3");
    assertProblem(send("POST", path, "{}"), 422, "unprocessable", "version");
    assertProblem(send("POST", path, "{\"version\": \"1\"}"), 400, "malformed", "version");
  }

  @Test
  void versionsAreListedByPagesAndTellWhatTheyWereMadeFrom() {
    String name = created("");
    contribute(name, firstId, "");
    for (int i = 0; i < 3; i++) {
      served.federations().publish(name, new ModelId(i % 2 == 0 ? firstId : secondId), 0.5);
    }
    String path = "/federations/" + name + "/versions";
    Answer page = served.get(path + "?limit=2");
    assertEquals(3, page.json().get("versions").get(0).get("number").asInt());
    assertEquals("2", page.json().get("next").asText());
    String link = page.header("Link");
    Answer rest = served.get(link.substring(1, link.indexOf('>')));
    assertEquals(1, rest.json().get("versions").size());
    assertFalse(rest.json().has("next"));
    JsonNode version = served.get(path + "/1").json();
    assertEquals(firstId, version.get("model").asText());
    assertEquals(0.5, version.get("accuracy").asDouble());
    JsonNode ingredient = version.get("ingredients").get(0);
    assertEquals("p", ingredient.get("participant").asText());
    assertEquals(10, ingredient.get("weight").asInt());
    assertEquals(64, ingredient.get("permutations").asText().length());
    assertEquals("fedavg", version.get("settings").get("rule").asText());
    assertEquals(1, served.get(path + "/2").json().get("parent").asInt());
    for (String none : new String[] {"0", "4", "x", "-1", "99999999999"}) {
      assertProblem(served.get(path + "/" + none), 404, "not-found");
      assertProblem(served.get(path + "/" + none + "/model"), 404, "not-found");
    }
    assertProblem(served.get(path + "?limit=1000"), 400, "malformed", "limit");
    assertProblem(served.get(path + "?before=x"), 400, "malformed", "before");
  }

  @Test
  void modelOfAVersionIsDownloadedWholeOrInPartOrNotAgain() {
    String name = created("");
    served.federations().publish(name, new ModelId(firstId), 0.5);
    served.federations().publish(name, new ModelId(secondId), 0.5);
    String path = "/federations/" + name;
    Answer current = served.get(path + "/model");
    assertEquals(200, current.status(), current.text());
    assertArrayEquals(second, current.response().body());
    assertEquals('"' + secondId + '"', current.header("ETag"));
    assertEquals("2", current.header("Rebasin-Version"));
    assertTrue(current.header("Cache-Control").contains("no-cache"));
    Answer earlier = served.get(path + "/versions/1/model");
    assertArrayEquals(first, earlier.response().body());
    assertEquals("1", earlier.header("Rebasin-Version"));
    Answer part = served.get(path + "/model", "Range", "bytes=8-15");
    assertEquals(206, part.status());
    assertArrayEquals(Arrays.copyOfRange(second, 8, 16), part.response().body());
    Answer same = served.get(path + "/model", "If-None-Match", '"' + secondId + '"');
    assertEquals(304, same.status());
    assertEquals("2", same.header("Rebasin-Version"));
    Answer head = served.ask("HEAD", path + "/model", new byte[0]);
    assertEquals(200, head.status());
    assertEquals("2", head.header("Rebasin-Version"));
    assertProblem(
        served.get(path + "/model", "Range", "bytes=999999-"), 416, "range-not-satisfiable");
  }

  @Test
  void whoHasTheCurrentVersionWaitsForAnother() throws Exception {
    String name = created("");
    String path = "/federations/" + name + "/model";
    assertEquals(204, served.get(path).status());
    assertEquals(204, served.get(path + "?other-than=0&wait=1").status());
    CompletableFuture<Answer> waiting =
        CompletableFuture.supplyAsync(() -> served.get(path + "?other-than=0&wait=15"));
    served.federations().publish(name, new ModelId(firstId), 0.5);
    Answer came = waiting.get(15, TimeUnit.SECONDS);
    assertEquals(200, came.status(), came.text());
    assertEquals("1", came.header("Rebasin-Version"));
    assertEquals(204, served.get(path + "?other-than=1").status());
    assertEquals(200, served.get(path + "?other-than=7").status());
    assertProblem(served.get(path + "?wait=301"), 400, "malformed", "wait");
    assertProblem(served.get(path + "?other-than=x"), 400, "malformed", "other-than");
    assertProblem(served.get("/federations/none/model"), 404, "not-found");
  }

  @Test
  void contributionByIdIsAcceptedOnceAndTheSameAgainIsTheSame() {
    String name = created("");
    String metrics = ", \"metrics\": {\"train_loss\": 0.25}";
    Answer given = contribute(name, firstId, metrics);
    assertEquals(201, given.status(), given.text());
    String id = given.json().get("id").asText();
    assertEquals("/federations/%s/contributions/%s".formatted(name, id), given.header("Location"));
    assertEquals("accepted", given.json().get("outcome").asText());
    assertEquals(0.25, given.json().get("metrics").get("train_loss").asDouble());
    Answer again = contribute(name, firstId, metrics);
    assertEquals(200, again.status(), again.text());
    assertEquals(id, again.json().get("id").asText());
    assertEquals(1, served.federations().given(name).size());

    served.federations().publish(name, new ModelId(secondId), 0.5);
    JsonNode merged = served.get(given.header("Location")).json();
    assertEquals("merged", merged.get("outcome").asText());
    assertEquals(1, merged.get("version").asInt());
    assertEquals(201, contribute(name, firstId, ", \"base_version\": 1").status());
  }

  @Test
  void contributionsAreListedByPages() {
    String name = created("");
    contribute(name, firstId, "");
    contribute(name, secondId, "");
    String path = "/federations/%s/contributions".formatted(name);
    Answer page = served.get(path + "?limit=1");
    assertEquals(secondId, page.json().get("contributions").get(0).get("model").asText());
    String link = page.header("Link");
    Answer rest = served.get(link.substring(1, link.indexOf('>')));
    assertEquals(firstId, rest.json().get("contributions").get(0).get("model").asText());
    assertFalse(rest.json().has("next"));
    assertProblem(served.get(path + "?after=../x"), 400, "malformed", "after");
    assertProblem(served.get(path + "/x"), 404, "not-found");
    assertProblem(served.get(path + "/" + "0".repeat(32)), 404, "not-found");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | 422 | model",
        "{\"model\": \"x\"} | 422 | model",
        "{\"model\": \"MODEL\"} | 422 | participant",
        "{\"model\": \"MODEL\", \"participant\": \"p\"} | 422 | examples",
        "{\"model\": \"MODEL\", \"participant\": \"p q\", \"examples\": 1} | 422 | p q",
        "{\"model\": \"MODEL\", \"participant\": \"p\", \"examples\": 0} | 422 | examples",
        "{\"model\": \"MODEL\", \"participant\": \"p\", \"examples\": 1, \"base_version\": 9}"
            + " | 422 | 9",
        "{\"model\": \"MODEL\", \"participant\": \"p\", \"examples\": 1, \"base_version\": 0}"
            + " | 422 | base version",
        "{\"model\": \"MODEL\", \"participant\": \"p\", \"examples\": 1,"
            + " \"metrics\": {\"a\": null}} | 422 | metrics",
        "{\"modell\": \"MODEL\"} | 400 | modell",
        "{\"examples\": \"many\"} | 400 | examples"
      })
  void contributionThatCannotBeIsRefusedByField(String document, int status, String part) {
    String name = created("");
    assertProblem(
        send(
            "POST",
            "/federations/%s/contributions".formatted(name),
            document.replace("MODEL", firstId)),
        status,
        status == 400 ? "malformed" : "unprocessable",
        part);
    assertTrue(served.federations().given(name).isEmpty());
  }

  @Test
  void modelOfAnotherNetworkIsRefusedBeforeItIsScreened() {
    String name = created("");
    String other = served.upload(served.model(3, 5, 6, 3));
    assertProblem(contribute(name, other, ""), 422, "unprocessable", "mlp:5-4-3", "mlp:5-6-3");
    served.federations().publish(name, new ModelId(firstId), 0.5);
    assertProblem(contribute(name, other, ""), 422, "unprocessable", "fc1", "[4", "[6");
    assertProblem(
        contribute(name, "0".repeat(64), ""), 422, "unprocessable", "0".repeat(64), "/uploads");
    assertProblem(
        give(name, served.model(3, 5, 6, 3), "participant=p&examples=1"), 422, "unprocessable");
    assertTrue(served.federations().given(name).isEmpty());
  }

  @Test
  void modelsBytesAreAContributionInOneRequest() {
    String name = created("");
    served.federations().publish(name, new ModelId(firstId), 0.5);
    byte[] model = served.model(21, 5, 4, 3);
    Answer given = give(name, model, "participant=site-1&examples=600&base-version=1");
    assertEquals(201, given.status(), given.text());
    assertEquals("site-1", given.json().get("participant").asText());
    assertEquals(600, given.json().get("examples").asInt());
    assertEquals(1, given.json().get("base_version").asInt());
    assertEquals(200, give(name, model, "participant=site-1&examples=600&base-version=1").status());
    assertEquals(1, served.federations().given(name).size());
  }

  @Test
  void fileMayTellWhoItIsFrom() {
    String name = created("");
    byte[] model =
        served.model(
            22, Map.of("rebasin.participant", "site-2", "rebasin.examples", "70"), 5, 4, 3);
    Answer given = give(name, model, "");
    assertEquals(201, given.status(), given.text());
    assertEquals("site-2", given.json().get("participant").asText());
    assertEquals(70, given.json().get("examples").asInt());
    assertProblem(give(name, served.model(23, 5, 4, 3), ""), 422, "unprocessable", "participant");
  }

  @Test
  void bytesThatAreNoModelAreRefusedAndLeaveNothing() throws Exception {
    String name = created("");
    List<Path> before = served.uploaded();
    assertProblem(
        give(name, "not a model".getBytes(StandardCharsets.UTF_8), "participant=p&examples=1"),
        422,
        "unprocessable");
    assertProblem(
        give(name, Arrays.copyOf(first, 200), "participant=p&examples=1"), 422, "unprocessable");
    assertProblem(give(name, new byte[LIMIT + 1], "participant=p&examples=1"), 413, "too-large");
    assertProblem(
        give(name, first, "participant=p&examples=1", "X-Content-SHA256", "0".repeat(64)),
        400,
        "digest-mismatch");
    byte[] infinite = served.model(24, 5, 4, 3);
    Arrays.fill(infinite, infinite.length - 4, infinite.length, (byte) 0xff);
    assertProblem(give(name, infinite, "participant=p&examples=1"), 422, "unprocessable", "NaN");
    assertProblem(
        give(name, served.model(25, 5, 4, 3), "participant=p&examples=x"), 400, "malformed");
    assertProblem(
        give(name, served.model(25, 5, 4, 3), "participant=..%2f&examples=1"),
        422,
        "unprocessable");
    assertProblem(
        give("none", served.model(25, 5, 4, 3), "participant=p&examples=1"), 404, "not-found");
    served.ask("POST", "/federations/" + name + "/close", new byte[0]);
    assertProblem(
        give(name, served.model(25, 5, 4, 3), "participant=p&examples=1"), 409, "conflict");
    assertEquals(before, served.uploaded());
    assertTrue(served.federations().given(name).isEmpty());
  }

  @Test
  void fullFederationSaysWhenToComeAgain() {
    String name = created(", \"pending\": 1");
    assertEquals(201, contribute(name, firstId, "").status());
    Answer full = contribute(name, secondId, "");
    assertProblem(full, 429, "full", "1 contributions");
    assertEquals("2", full.header("Retry-After"));
    served.federations().publish(name, new ModelId(firstId), 0.5);
    assertEquals(201, contribute(name, secondId, "").status());
  }

  @Test
  void federationsThatDoNotAnswerAreUnavailable() {
    String name = created("");
    served.federations().away(true);
    try {
      assertProblem(contribute(name, firstId, ""), 503, "unavailable", "journal");
      assertProblem(served.get("/federations"), 503, "unavailable");
      assertProblem(served.get("/federations/" + name + "/model"), 503, "unavailable");
    } finally {
      served.federations().away(false);
    }
  }

  @Test
  void eventsAreToldInOrderAndEndWithTheFederation() {
    String name = created("");
    contribute(name, firstId, "");
    served.federations().publish(name, new ModelId(firstId), 0.5);
    served.federations().refuseCandidate(name, 0.12, 0.49);
    String path = "/federations/" + name;
    send("POST", path + "/rollback", "{\"version\": 1}");
    served.ask("POST", path + "/close", new byte[0]);
    Answer events = served.get(path + "/events");
    assertTrue(events.header("Content-Type").startsWith("text/event-stream"));
    assertEquals(
        List.of(
            "created",
            "contribution",
            "contribution",
            "published",
            "candidate-refused",
            "rolled-back",
            "status"),
        events
            .text()
            .lines()
            .filter(line -> line.startsWith("event: "))
            .map(line -> line.substring(7))
            .toList());
    assertTrue(events.text().contains("\"accuracy\":0.12,\"required\":0.49"), events.text());
    Answer rest = served.get(path + "/events", "Last-Event-ID", "6");
    assertEquals(
        List.of("id: 7"), rest.text().lines().filter(line -> line.startsWith("id:")).toList());
    assertEquals(204, served.get(path + "/events", "Last-Event-ID", "7").status());
    assertProblem(served.get(path + "/events", "Last-Event-ID", "x"), 400, "malformed");
    assertProblem(served.get("/federations/none/events"), 404, "not-found");
  }
}
