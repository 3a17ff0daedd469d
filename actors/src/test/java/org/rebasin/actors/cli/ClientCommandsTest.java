package org.rebasin.actors.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.actors.http.Served;
import org.rebasin.actors.job.MergeOutcome;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.report.ParsedReport;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Correction;
import org.rebasin.actors.work.JobId;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Strategy;
import org.rebasin.actors.work.TaskResult.Evaluated;
import org.rebasin.model.evaluation.Calibration;
import org.rebasin.model.evaluation.Evaluation;
import org.rebasin.model.evaluation.Score;

class ClientCommandsTest {
  private static final String TOKEN = "a-token-of-some-length";

  @TempDir static Path directory;
  private static Served served;
  private static Path first;
  private static Path second;

  @BeforeAll
  static void start() {
    served = new Served(directory);
    first = served.modelFile(1, Map.of(), 5, 4, 3);
    second = served.modelFile(2, Map.of(), 5, 4, 3);
  }

  @AfterAll
  static void stop() {
    served.close();
  }

  private static Run run(Object... arguments) {
    return at(served.uri(), arguments);
  }

  private static Run at(URI server, Object... arguments) {
    Object[] all = new Object[arguments.length + 2];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    all[arguments.length] = "--url";
    all[arguments.length + 1] = server;
    return Run.of(all);
  }

  private static JobId submitted(Object... more) {
    Object[] arguments = new Object[more.length + 4];
    arguments[0] = "submit";
    arguments[1] = first;
    arguments[2] = second;
    arguments[3] = "--json";
    System.arraycopy(more, 0, arguments, 4, more.length);
    return new JobId(run(arguments).done().json().get("id").asText());
  }

  private static ModelId id(int index, JobId job) {
    return served.jobs().request(job).models().get(index).stored().orElseThrow();
  }

  /** Runs a command that waits for its merge, and lets that end. */
  private static Run whileEnding(java.util.function.Consumer<JobId> end, Object... arguments)
      throws Exception {
    Set<JobId> before = new HashSet<>(served.jobs().submitted());
    FutureTask<Optional<JobId>> ending =
        new FutureTask<>(
            () -> {
              for (int i = 0; i < 2_000; i++) {
                Set<JobId> now = new HashSet<>(served.jobs().submitted());
                now.removeAll(before);
                if (!now.isEmpty()) {
                  JobId job = now.iterator().next();
                  served.jobs().progress(job, 2, 2);
                  end.accept(job);
                  return Optional.of(job);
                }
                Thread.sleep(5);
              }
              return Optional.empty();
            });
    new Thread(ending).start();
    Run run = run(arguments);
    assertTrue(((Future<Optional<JobId>>) ending).get().isPresent());
    return run;
  }

  @Test
  void submitUploadsWhatTheServerLacksAndNothingTwice() throws IOException {
    Path third = served.modelFile(3, Map.of(), 5, 4, 3);
    Run uploading = run("submit", first, third, "--json").done();
    assertTrue(uploading.err().contains("uploading"), uploading.err());
    JobId job = new JobId(uploading.json().get("id").asText());
    Run again = run("submit", first, third).done();
    assertFalse(again.err().contains("uploading"), again.err());
    assertTrue(Files.exists(third));
    assertEquals("running", uploading.json().get("status").asText());
    assertEquals(2, served.jobs().request(job).models().size());
  }

  @Test
  void submitSendsWhatTheOptionsSay() {
    JobId job =
        submitted(
            "--method",
            "straight-through",
            "--data",
            "digits:train=50,test=20",
            "--weights",
            "3,1",
            "--repair",
            "--correction-examples",
            "40",
            "--seed",
            "9",
            "--points",
            "5",
            "--matching-epochs",
            "3",
            "--priority",
            "4",
            "--deadline",
            "2h",
            "--label",
            "mine");
    MergeRequest request = served.jobs().request(job);
    assertEquals(
        new MergeRequest.AlignmentPlan(
            Strategy.TO_REFERENCE,
            new Matching.StraightThrough("digits:seed=0,train=50,test=20", 3, 1000, 0.01),
            9,
            false),
        request.alignment().orElseThrow());
    assertEquals(List.of(0.75, 0.25), request.merge().orElseThrow());
    assertEquals(Correction.Kind.REPAIR, request.correction().orElseThrow().kind());
    assertEquals(40, request.correction().orElseThrow().examples());
    assertEquals(5, request.evaluation().orElseThrow().curvePoints());
    assertTrue(request.evaluation().orElseThrow().controls());
    assertEquals(4, served.jobs().options(job).priority());
    assertEquals("mine", served.jobs().options(job).label());
    assertTrue(served.jobs().options(job).deadline().isPresent());
    assertTrue(served.jobs().options(job).idempotencyKey().isPresent());
  }

  @Test
  void whatIsToldAboutAModelGoesWithIt() {
    JobId job = submitted("--normalization", "mean=0.5:std=0.5");
    assertFalse(id(0, job).equals(id(0, submitted())));
  }

  @Test
  void privateModelIsMergedButNotGivenAway() throws Exception {
    Path secret = served.modelFile(5, Map.of(), 5, 4, 3);
    Run run =
        whileEnding(
            job -> served.jobs().succeed(job, id(0, job)),
            "submit",
            secret,
            served.modelFile(6, Map.of(), 5, 4, 3),
            "--private",
            "--out",
            directory.resolve("secret"));
    assertEquals(2, run.code());
    assertTrue(run.err().contains("private"), run.err());
    assertFalse(Files.exists(directory.resolve("secret")));
  }

  @Test
  void submitThatWatchesWritesTheMergedModel() throws Exception {
    Path out = directory.resolve("merged");
    Run run =
        whileEnding(
            job -> served.jobs().succeed(job, id(1, job)),
            "submit",
            first,
            second,
            "--out",
            out,
            "--json");
    assertEquals("succeeded", run.done().json().get("status").asText());
    assertEquals(out.toString(), run.json().get("out").asText());
    assertArrayEquals(Files.readAllBytes(second), Files.readAllBytes(out));
    assertTrue(run.err().contains("align 2/2"), run.err());
  }

  @Test
  void mergeThatFailsIsAnErrorOfWhoWatches() throws Exception {
    Run run =
        whileEnding(
            job -> served.jobs().fail(job, "poisoned"),
            "submit",
            first,
            second,
            "--watch",
            "--json");
    assertEquals(2, run.code());
    assertTrue(run.json().get("error").get("message").asText().contains("poisoned"));
  }

  @Test
  void watchFollowsAMergeToItsEnd() throws Exception {
    JobId job = submitted();
    served.jobs().progress(job, 1, 2);
    served.jobs().succeed(job, id(0, job));
    Path out = directory.resolve("watched");
    Run run = run("watch", job, "--out", out).done();
    assertTrue(run.out().contains("succeeded"), run.out());
    assertArrayEquals(Files.readAllBytes(first), Files.readAllBytes(out));
  }

  @Test
  void mergeTellsWhatItIsWorth() {
    JobId job = submitted();
    served
        .jobs()
        .succeed(
            job,
            id(0, job),
            Optional.of(
                new MergeOutcome.Controls(
                    Optional.of(evaluated(84)),
                    List.of(evaluated(81), evaluated(82)),
                    evaluated(83),
                    evaluated(85))));
    for (String command : List.of("status", "watch")) {
      String text = run(command, job).done().out();
      assertTrue(
          text.contains(
              """
                test             loss  accuracy
                model 1        0.1900   81.00 %
                model 2        0.1800   82.00 %
                naive average  0.1700   83.00 %
                merged         0.1600   84.00 %
                ensemble       0.1500   85.00 %
                merged model"""
                  .indent(2)
                  .stripTrailing()),
          text);
    }
  }

  private static Evaluated evaluated(int correct) {
    return new Evaluated(
        new Evaluation(new Score(100 - correct, correct, 100), Calibration.none(10)));
  }

  @Test
  void mergeOfAServerIsReportedWhenItHasSucceeded() throws IOException {
    JobId job = submitted("--label", "<shown>", "--seed", 5);
    Path report = directory.resolve("server.html");
    Run early = run("status", job, "--report", report);
    assertEquals(1, early.code());
    assertTrue(early.err().contains("still running"), early.err());
    assertFalse(Files.exists(report));
    assertEquals(2, run("status", "--report", report).code());

    served.jobs().succeed(job, id(1, job));
    for (String command : List.of("status", "watch")) {
      run(command, job, "--report", report).done();
      ParsedReport parsed = ParsedReport.of(report);
      assertEquals(List.of("Merge " + job.value()), parsed.texts("h1"));
      assertEquals("<shown>", parsed.fact("label"));
      assertEquals("5", parsed.fact("seed"));
      assertEquals(id(0, job).sha256(), parsed.row("model 1").get(1));
      assertEquals(id(1, job).sha256(), parsed.row("merged").get(1));
      Files.delete(report);
    }
  }

  @Test
  void statusListsMergesAndShowsOne() {
    JobId job = submitted("--label", "shown");
    Run list = run("status").done();
    assertTrue(list.out().contains(job.value()) && list.out().contains("shown"), list.out());
    assertEquals(1, run("status", "--limit", 1, "--json").done().json().get("merges").size());
    assertEquals("shown", run("status", job, "--json").done().json().get("label").asText());
    Run fetched = run("status", job, "--out", directory.resolve("early"));
    assertEquals(1, fetched.code());
    assertTrue(fetched.err().contains("still running"), fetched.err());
    assertFalse(Files.exists(directory.resolve("early")));
  }

  @Test
  void cancelEndsAMergeAndRefusesOneThatHasSucceeded() {
    JobId job = submitted();
    assertEquals("cancelled", run("cancel", job, "--json").done().json().get("status").asText());
    Run watched = run("watch", job);
    assertEquals(1, watched.code());
    assertTrue(watched.err().contains("cancelled"), watched.err());
    JobId other = submitted();
    served.jobs().succeed(other, id(0, other));
    assertEquals(1, run("cancel", other).code());
  }

  @Test
  void mergeThatIsNoneIsBadInput() {
    for (String command : List.of("status", "watch", "cancel")) {
      Run unknown = run(command, "0".repeat(26));
      assertEquals(2, unknown.code(), unknown.err());
      Run malformed = run(command, "x");
      assertEquals(2, malformed.code(), malformed.err());
      assertTrue(malformed.err().contains("found 'x'"), malformed.err());
    }
  }

  @Test
  void modelsThatDoNotFitAreRefusedBeforeAnythingIsSent() {
    Path other = served.modelFile(4, Map.of(), 5, 6, 3, 2);
    int before = served.jobs().submitted().size();
    Run run = run("submit", first, other, "--json");
    assertEquals(2, run.code(), run.err());
    assertEquals(2, run("submit", first).code());
    assertEquals(2, run("submit", first, directory.resolve("missing")).code());
    assertEquals(2, run("submit", first, second, "--weights", "1").code());
    assertEquals(2, run("submit", first, second, "--data", "nonsense").code());
    assertEquals(before, served.jobs().submitted().size());
  }

  @Test
  void serverThatIsNotThereIsNamed() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    URI nowhere = URI.create("http://127.0.0.1:" + port);
    for (List<Object> command :
        List.<List<Object>>of(
            List.of("status"),
            List.of("watch", "0".repeat(26)),
            List.of("cancel", "0".repeat(26)),
            List.of("submit", first, second))) {
      Run run = at(nowhere, command.toArray());
      assertEquals(1, run.code(), run.err());
      assertTrue(run.err().contains("no server answers at " + nowhere), run.err());
      assertEquals("", run.out());
    }
    assertEquals(
        "unreachable", at(nowhere, "status", "--json").json().get("error").get("kind").asText());
    assertEquals(2, Run.of("status", "--url", "ftp://x").code());
  }

  @Test
  void tokenIsShownAndAWrongOneRefused() throws IOException {
    Path token = Files.writeString(directory.resolve("token"), TOKEN);
    Path wrong = Files.writeString(directory.resolve("wrong"), TOKEN + "x");
    URI guarded = served.start("rebasin.http.token-file = \"%s\"".formatted(token)).uri();
    at(guarded, "submit", first, second, "--token-file", token).done();
    Run refused = at(guarded, "status", "--token-file", wrong);
    assertEquals(2, refused.code());
    assertTrue(refused.err().contains("token"), refused.err());
    assertFalse(refused.err().contains(TOKEN), refused.err());
    assertEquals(2, at(guarded, "status").code());
    assertEquals(2, at(guarded, "status", "--token-file", directory.resolve("none")).code());
  }
}
