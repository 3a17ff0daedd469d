package org.rebasin.actors.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.actors.http.Browser;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.model.architecture.Architecture;
import org.rebasin.model.checkpoint.ModelFile;

/** The dashboard of a real cluster, in a real browser. */
class DashboardClusterTest {
  private static final Duration WORK = Duration.ofSeconds(120);

  /** What the dashboard promises. */
  private static final Duration DEATH = Duration.ofSeconds(15);

  private static final String ARCHITECTURE = "mlp:784-32-32-10";

  private static final List<String> MEASURED =
      List.of("rebasin.telemetry.enabled=on", "rebasin.telemetry.interval=1s");

  /** How the page says that the nodes are. */
  private static final String STATES =
      "return [...document.querySelectorAll('.nodes .state')].map(each => each.textContent)";

  @TempDir static Path directory;
  private static Browser browser;
  private static ThreeNodes nodes;

  @BeforeAll
  static void start() {
    browser = Browser.start(directory.resolve("browser"));
    nodes = new ThreeNodes(directory, SharedJournal.in(directory), node -> MEASURED);
  }

  @AfterAll
  static void stop() {
    if (browser != null) {
      browser.close();
    }
    if (nodes != null) {
      nodes.close();
    }
  }

  private static Path model(long seed) throws IOException {
    Path file = directory.resolve("model-" + seed + ".safetensors");
    try (ModelStore store = new ModelStore(directory);
        var weights = Architecture.parse(ARCHITECTURE).network().initialize(seed)) {
      ModelId id = store.write(weights, Map.of(ModelFile.ARCHITECTURE, ARCHITECTURE));
      Files.deleteIfExists(file);
      store.export(id, file);
    }
    return file;
  }

  @Test
  void twoFilesBecomeAMergeWithItsCurveAndItsResult() throws IOException {
    browser.open(nodes.node(0).uri("/"), "#/start");
    browser.find("#file-a").sendKeys(model(1).toString());
    browser.find("#file-b").sendKeys(model(2).toString());
    browser.find("select[name=data]").sendKeys("digits");
    browser.find("input[name=selection]").sendKeys("train=200,test=100");
    browser.find("select[name=points]").sendKeys("5");
    browser.find("input[name=label]").sendKeys("from two files");
    browser.find("#start").click();
    browser.awaitText("succeeded", WORK);
    browser.awaitText("from two files");
    assertTrue(browser.find("#curve svg.chart").isDisplayed());
    // Drawn through as many points as were asked for, naive and aligned.
    for (String line : List.of("naive", "aligned")) {
      assertEquals(
          5L,
          browser.run(
              "return document.querySelector('#curve svg').querySelectorAll('.line."
                  + line
                  + " circle').length"));
    }
    String job = browser.driver().getCurrentUrl().replaceFirst(".*/", "");
    JsonNode outcome = nodes.get(nodes.node(1), "/merges/" + job).path("outcome");
    JsonNode alignment = outcome.at("/alignments/0");
    assertEquals(alignment.path("sweeps").asInt(), alignment.path("objectives").size());
    for (JsonNode group : alignment.path("groups")) {
      browser.awaitText(group.path("name").asText());
    }
    for (String row : List.of("parent 1", "parent 2", "naive average", "merged", "ensemble")) {
      browser.awaitText(row);
    }
    browser.find("#download").click();
    assertArrayEquals(
        nodes.download(nodes.node(1), outcome.path("merged").asText()),
        Files.readAllBytes(browser.download()));
    assertEquals(List.of(), browser.complaints());
  }

  @Test
  void actorsAreMeasured() {
    browser.open(nodes.node(0).uri("/"), "#/actors");
    for (String text : List.of("messages/s", "solver 1", "evaluator 1", "restarts")) {
      browser.awaitText(text);
    }
    browser.find("th .sort").click();
    browser.awaitScript(
        "return document.querySelector('th[aria-sort]').getAttribute('aria-sort') === 'ascending'",
        WORK);
    assertEquals(List.of(), browser.complaints());
  }

  @Test
  void deathOfANodeIsSeen() {
    NodeProcess victim = nodes.node(2);
    browser.open(nodes.node(0).uri("/"), "#/cluster");
    browser.awaitText("live");
    browser.awaitText("solvers busy");
    assertEquals(3L, browser.run(STATES + ".filter(state => state === 'up').length"));
    victim.kill();
    try {
      browser.awaitScript(
          STATES + ".some(state => state === 'unreachable' || state === 'removed')", DEATH);
    } finally {
      victim.start();
      nodes.awaitMembers(3);
    }
    browser.awaitScript(STATES + ".filter(state => state === 'up').length === 3", WORK);
  }
}
