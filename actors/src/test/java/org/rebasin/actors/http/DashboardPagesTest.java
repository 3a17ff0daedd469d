package org.rebasin.actors.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.rebasin.actors.http.Served.Answer;
import org.rebasin.actors.job.JobOptions;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.JobId;

/** The dashboard in a real browser, of a server whose jobs do what a test says. */
class DashboardPagesTest {
  private static final String TOKEN = "correct-horse-battery-staple";
  private static final String HOSTILE = "<img src=x onerror=\"document.title='taken'\">";

  @TempDir static Path directory;
  private static Browser browser;
  private static Served served;
  private static String a;
  private static String b;

  @BeforeAll
  static void start() {
    browser = Browser.start(directory.resolve("browser"));
    served = new Served(directory);
    a = served.upload(served.model(1, 4, 3, 2));
    b = served.upload(served.model(2, 4, 3, 2));
  }

  @AfterAll
  static void stop() {
    if (browser != null) {
      browser.close();
      served.close();
    }
  }

  @BeforeEach
  void forgetComplaintsOfOthers() {
    browser.complaints();
  }

  private static String submit(String label) {
    return served
        .postMerge(Served.json(Map.of("models", List.of(a, b), "label", label)))
        .json()
        .get("id")
        .asText();
  }

  @ParameterizedTest
  @EnumSource(Browser.Look.class)
  void everyPageLoadsWithoutAComplaintAndFits(Browser.Look look) {
    String merge = submit("looked at");
    browser.look(look);
    try {
      Map<String, String> pages =
          Map.of(
              "",
              "Cluster",
              "#/cluster",
              "127.0.0.1:25520",
              "#/merges",
              "looked at",
              "#/merges/" + merge,
              "Waits for",
              "#/start",
              "Choose two files",
              "#/federations",
              "Federations",
              "#/actors",
              "Telemetry is off on this node");
      pages.forEach(
          (page, text) -> {
            browser.open(served.uri(), page);
            browser.awaitText(text);
            browser.awaitText("live");
            assertEquals(
                browser.run("return document.documentElement.clientWidth"),
                browser.run("return document.documentElement.scrollWidth"),
                () -> page + " is wider than the window");
            assertEquals(List.of(), browser.complaints(), page);
          });
      assertEquals(
          look.name().endsWith("DARK"),
          browser.run(
              "return matchMedia('(prefers-color-scheme: dark)').matches"
                  + " && getComputedStyle(document.body).backgroundColor === 'rgb(20, 24, 26)'"));
    } finally {
      browser.look(Browser.Look.WIDE);
    }
  }

  @Test
  void addressThatMeansNothingShowsWhatToDo() {
    browser.open(served.uri(), "#/merges/" + "0".repeat(26));
    browser.awaitText("no merge");
    assertTrue(browser.find("main a[href='#/merges']").isDisplayed());
    // A browser reports every answer of 404 by itself.
    browser.complaints();
  }

  @Test
  void whatHappensToAMergeIsShownAtOnce() {
    String id = submit("watched");
    browser.open(served.uri(), "#/merges/" + id);
    browser.awaitText("running");
    browser.find("#cancel").click();
    browser.awaitText("cancelled");
    browser.find("#retry").click();
    browser.awaitText("running");
    served.jobs().fail(new JobId(id), "model 2 has numbers that are none");
    browser.awaitText("Why it failed");
    browser.awaitText("model 2 has numbers that are none");
    assertEquals(List.of(), browser.complaints());
  }

  @Test
  void listOfJobsIsLive() {
    browser.open(served.uri(), "#/merges");
    browser.awaitText("Jobs");
    String id = submit("came later");
    browser.awaitText("came later");
    WebElement link = browser.find("a[href='#/merges/" + id + "']");
    link.click();
    browser.awaitText("Waits for");
    assertTrue(browser.driver().getCurrentUrl().endsWith("#/merges/" + id));
  }

  @Test
  void textOfOthersIsNeverMarkup() {
    String id = submit(HOSTILE);
    served.jobs().fail(new JobId(id), HOSTILE);
    for (String page : new String[] {"#/merges", "#/merges/" + id}) {
      browser.open(served.uri(), page);
      browser.awaitText(HOSTILE);
      assertFalse(browser.has("main img"));
      assertTrue(browser.driver().getTitle().endsWith("Rebasin"));
    }
    assertEquals(List.of(), browser.complaints());
  }

  @Test
  void everythingIsReachedByKeyboard() {
    browser.open(served.uri(), "#/start");
    browser.awaitText("Choose two files");
    browser.awaitText("live");
    browser.driver().switchTo().activeElement().sendKeys(Keys.TAB);
    WebElement skip = browser.driver().switchTo().activeElement();
    assertEquals("skip", skip.getAttribute("id"));
    skip.sendKeys(Keys.ENTER);
    assertEquals("main", browser.driver().switchTo().activeElement().getAttribute("id"));
    browser.driver().switchTo().activeElement().sendKeys(Keys.TAB);
    WebElement first = browser.driver().switchTo().activeElement();
    assertEquals("file-a", first.getAttribute("id"));
    // What has no label says nothing to those who do not see it.
    assertEquals(
        0L,
        browser.run(
            "return [...document.querySelectorAll('main input, main select')]"
                + ".filter(field => field.labels.length === 0).length"));
    assertFalse(
        String.valueOf(
                browser.run(
                    "return getComputedStyle(document.activeElement).outlineStyle", new Object[0]))
            .equals("none"));
  }

  @Test
  void whatIsTypedStaysWhenThePageIsDrawnAgain() {
    browser.open(served.uri(), "#/start");
    WebElement label = browser.find("input[name=label]");
    label.sendKeys("my mer");
    submit("meanwhile");
    browser.run(
        "const select = document.querySelector('select[name=method]');"
            + "select.value = 'activation'; select.dispatchEvent(new Event('change'))");
    label.sendKeys("ge");
    assertEquals("my merge", browser.find("input[name=label]").getAttribute("value"));
  }

  @Test
  void serverThatWantsATokenIsAskedWithIt() throws IOException {
    Path token = Files.writeString(directory.resolve("token"), TOKEN + "\n");
    URI guarded = served.start("rebasin.http.token-file = \"%s\"".formatted(token)).uri();
    String id = submit("guarded");
    browser.open(guarded, "#/merges/" + id);
    browser.find("dialog #token").sendKeys("not the right token" + Keys.ENTER);
    browser.awaitText("did not accept that token");
    browser.find("dialog #token").sendKeys(TOKEN + Keys.ENTER);
    browser.awaitText("guarded");
    browser.awaitText("live");
    assertFalse(browser.has("dialog"));
    served.jobs().succeed(new JobId(id), new ModelId(a));
    browser.find("#download").click();
    assertEquals(
        Files.size(browser.download()),
        served
            .ask(guarded, "GET", "/models/" + a, new byte[0], "Authorization", "Bearer " + TOKEN)
            .response()
            .body()
            .length);
    // In this tab it need not be told again.
    browser.driver().navigate().refresh();
    browser.awaitText("guarded");
    assertFalse(browser.has("dialog"));
    assertEquals(TOKEN, browser.run("return sessionStorage.getItem('rebasin-token')"));
    assertEquals(0L, browser.run("return localStorage.length"));
    browser.run("sessionStorage.clear()");
    // A browser reports every answer of 401 by itself.
    browser.complaints();
  }

  @Test
  void serverThatComesBackIsFoundAgain() {
    ApiServer first = served.start();
    String port = "rebasin.http.port = " + first.address().getPort();
    String id = submit("outlives its server");
    browser.open(first.uri(), "#/merges/" + id);
    browser.awaitText("live");
    first.terminate(Duration.ofMillis(100)).toCompletableFuture().join();
    browser.awaitText("connection to the node was lost");
    ApiServer second = served.start(port);
    assertEquals(first.address(), second.address());
    browser.awaitNoText("connection to the node was lost");
    browser.awaitText("live");
    served.jobs().fail(new JobId(id), "told by the second server");
    browser.awaitText("told by the second server");
    browser.complaints();
  }

  @Test
  void uploadThatBreaksGoesOnWhereItWas() {
    byte[] model = served.model(11, 4, 3, 2);
    browser.open(served.uri(), "#/start");
    browser.awaitText("Choose two files");
    Object seen =
        browser
            .driver()
            .executeAsyncScript(
                """
const [content, done] = arguments;
const bytes = Uint8Array.from(atob(content), (byte) => byte.charCodeAt(0));
const { send, setRequestHeader } = XMLHttpRequest.prototype;
const offsets = [];
XMLHttpRequest.prototype.setRequestHeader = function (name, value) {
  if (name === "Upload-Offset") {
    offsets.push(value);
  }
  setRequestHeader.call(this, name, value);
};
let broken = false;
XMLHttpRequest.prototype.send = function (body) {
  if (!broken) {
    // Some of it arrives, and no answer comes back.
    broken = true;
    this.onload = this.onerror;
    send.call(this, body.slice(0, 100));
  } else {
    send.call(this, body);
  }
};
import("/dashboard/api.js")
  .then((api) => api.upload(new File([bytes], "model"), {}, () => {}))
  .then((stored) => done([stored.id, ...offsets]), (problem) => done(String(problem)));
""",
                Base64.getEncoder().encodeToString(model));
    String id = String.valueOf(((List<?>) seen).get(0));
    assertEquals(List.of(id, "0", "100"), seen);
    assertArrayEquals(model, served.get("/models/" + id).response().body());
  }

  private static Answer send(String method, String path, Object document) {
    return served.ask(
        method,
        path,
        Served.json(document).getBytes(StandardCharsets.UTF_8),
        "Content-Type",
        "application/json");
  }

  private static String contribute(String federation, String participant, String model) {
    return send(
            "POST",
            "/federations/" + federation + "/contributions",
            Map.of("participant", participant, "examples", 10, "model", model))
        .json()
        .get("id")
        .asText();
  }

  @Test
  void federationsAreShownAndGoverned() {
    Map<String, Object> settings =
        Map.of("architecture", "mlp:4-3-2", "gate", Map.of("data", "digits"));
    assertEquals(201, send("PUT", "/federations/clinics", settings).status());
    contribute("clinics", "north", a);
    served.federations().publish("clinics", new ModelId(a), 0.9);
    served.federations().publish("clinics", new ModelId(b), 0.92);
    String bad = contribute("clinics", "south", b);
    served.federations().quarantine("clinics", bad, HOSTILE);
    browser.open(served.uri(), "#/federations");
    browser.awaitText("92.00 %");
    browser.find("a[href='#/federations/clinics']").click();
    browser.awaitText("Quarantine");
    browser.awaitText(HOSTILE);
    for (String text : List.of("north", "south", "Roll back", "By version")) {
      browser.awaitText(text);
    }
    assertFalse(browser.has("main img"));
    assertEquals(
        2L,
        browser.run(
            "return document.querySelector('svg.chart').querySelectorAll('circle').length"));
    browser.find("#pause").click();
    browser.find("#resume").click();
    browser.find("#pause");
    assertEquals(List.of(), browser.complaints());
    browser.look(Browser.Look.PHONE);
    try {
      browser.awaitScript(
          "return document.documentElement.scrollWidth === document.documentElement.clientWidth",
          Duration.ofSeconds(30));
    } finally {
      browser.look(Browser.Look.WIDE);
    }
  }

  @Test
  void requestOfTheFormIsOneThatTheInterfaceTakes() {
    String label = "from the form";
    browser.open(served.uri(), "#/start");
    Path one = served.modelFile(1, Map.of(), 4, 3, 2);
    browser.find("#file-a").sendKeys(one.toString());
    Path other = served.modelFile(7, Map.of(), 4, 3, 2);
    browser.find("#file-b").sendKeys(other.toString());
    browser.find("select[name=data]").sendKeys("digits");
    browser.find("input[name=label]").sendKeys(label);
    browser.find("#start").click();
    browser.awaitText("Waits for");
    JobId job = new JobId(browser.driver().getCurrentUrl().replaceFirst(".*/", ""));
    JobOptions options = served.jobs().options(job);
    assertEquals(label, options.label());
    MergeRequest request = served.jobs().request(job);
    assertEquals(11, request.evaluation().orElseThrow().curvePoints());
    assertEquals(new MergeRequest.Stored(new ModelId(a)), request.models().get(0));
  }
}
