package org.rebasin.actors.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.cluster.typed.Cluster;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.actors.federation.FederationsOnCluster;
import org.rebasin.actors.http.ApiServer;
import org.rebasin.actors.http.ApiSettings;
import org.rebasin.actors.http.ClusterMembers;
import org.rebasin.actors.http.Measurements;
import org.rebasin.actors.http.ReplicatedModels;
import org.rebasin.actors.http.StoredModels;
import org.rebasin.actors.job.JobsOnCluster;
import org.rebasin.actors.job.MergeOutcome;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.node.ClusterNode;
import org.rebasin.actors.node.RebasinNode;
import org.rebasin.actors.store.Labels;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.store.StoreSettings;
import org.rebasin.actors.work.Datasets;
import org.rebasin.actors.work.Matching;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.Weights;

/** Merges of private models on a cluster of two nodes in this process, asked for over HTTP. */
class PrivateMergesTest {
  private static final String DATA = "digits:seed=0,train=600,test=200";
  private static final Network NETWORK = Mlp.of(784, 24, 16, 10).network();
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  @TempDir static Path directory;
  private static Place north;
  private static Place south;

  /** A node with its store and interface. */
  private record Place(ClusterNode node, ModelStore store, URI uri) {
    static Place start(String name, String roles, List<String> seeds) throws Exception {
      Config config =
          ConfigFactory.parseString(
                  """
                  rebasin.node { port = 0, roles = [%s], directory = "%s" }
                  rebasin.http.port = 0
                  rebasin.work { settling = 0 s, heartbeat = 200 ms }
                  rebasin.job.resubmission = 500 ms
                  akka.loglevel = WARNING
                  akka.coordinated-shutdown.exit-jvm = off
                  """
                      .formatted(roles, directory.resolve(name)))
              .withFallback(ConfigFactory.parseMap(Map.of("rebasin.node.seed-nodes", seeds)))
              .withFallback(ConfigFactory.parseResources("node.conf"))
              .withFallback(ConfigFactory.defaultReference())
              .resolve();
      Path home = directory.resolve(name);
      ModelStore store = ModelStore.durable(home, new StoreSettings(1 << 24, Duration.ofHours(1)));
      ClusterNode node = ClusterNode.start(config, store, new Datasets());
      node.joined().toCompletableFuture().get(30, TimeUnit.SECONDS);
      ApiServer server =
          ApiServer.bind(
                  ApiSettings.of(config),
                  new ApiServer.Services(
                      JobsOnCluster.start(node.system(), node.queue()),
                      FederationsOnCluster.start(node.system(), node.queue()),
                      new ReplicatedModels(
                          new StoredModels(store, home, node.system()), node.replicas()),
                      new ClusterMembers(node.system(), node.queue()),
                      Measurements.OFF),
                  node.system())
              .toCompletableFuture()
              .get(30, TimeUnit.SECONDS);
      return new Place(node, store, server.uri());
    }

    String address() {
      return "127.0.0.1:" + Cluster.get(node.system()).selfMember().address().getPort().get();
    }

    void stop() throws Exception {
      node.stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
      store.close();
    }

    /** A model that this node has, for itself or for all. */
    ModelId put(long seed, boolean isPrivate) {
      try (ModelStore making = new ModelStore(directory);
          Weights weights = NETWORK.initialize(seed)) {
        ModelId made =
            making.write(weights, Map.of(ModelFile.ARCHITECTURE, NETWORK.architecture()));
        return store.register(
            making.path(made),
            Optional.empty(),
            isPrivate ? Map.of(Labels.VISIBILITY, Labels.PRIVATE) : Map.of());
      }
    }
  }

  @BeforeAll
  static void start() throws Exception {
    String all = "collector, solver, evaluator";
    north = Place.start("north", "coordinator, " + all, List.of());
    south = Place.start("south", all, List.of(north.address()));
    awaitAcquaintance(north, south);
    awaitAcquaintance(south, north);
  }

  /** Nodes hear of each other's stores a little after they are members. */
  private static void awaitAcquaintance(Place asker, Place holder) throws Exception {
    ModelId model = holder.put(holder == north ? 101 : 102, true);
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (ask(asker, "GET", "/models/" + model + "/info", "").statusCode() != 200) {
      if (System.nanoTime() > end) {
        throw new AssertionError(asker.address() + " does not hear of " + holder.address());
      }
      Thread.sleep(50);
    }
  }

  @AfterAll
  static void stop() throws Exception {
    south.stop();
    north.stop();
  }

  private static HttpResponse<String> ask(Place place, String method, String path, String content)
      throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(place.uri().resolve(path))
            .timeout(Duration.ofSeconds(30))
            .header("Content-Type", "application/json")
            .method(
                method,
                content.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(content))
            .build();
    return CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private static String document(Object... more) throws Exception {
    Map<String, Object> document = new LinkedHashMap<>();
    for (int i = 0; i < more.length; i += 2) {
      document.put((String) more[i], more[i + 1]);
    }
    return JSON.writeValueAsString(document);
  }

  private static List<String> texts(ModelId... models) {
    return List.of(models).stream().map(ModelId::sha256).toList();
  }

  private static JsonNode begin(Place place, Object... more) throws Exception {
    HttpResponse<String> answer = ask(place, "POST", "/merges", document(more));
    assertEquals(202, answer.statusCode(), answer.body());
    return JSON.readTree(answer.body());
  }

  private static JsonNode end(Place place, JsonNode merge) throws Exception {
    long limit = System.nanoTime() + Duration.ofSeconds(90).toNanos();
    JsonNode view = merge;
    while (view.get("status").asText().equals("running")) {
      assertTrue(System.nanoTime() < limit, "still at it: " + view);
      Thread.sleep(50);
      view = JSON.readTree(ask(place, "GET", "/merges/" + merge.get("id").asText(), "").body());
    }
    assertEquals("succeeded", view.get("status").asText(), view.toString());
    return view.get("outcome");
  }

  private static MergeOutcome onOneNode(
      ModelStore store, Matching matching, boolean merge, ModelId... models) {
    for (ModelId model : models) {
      Place place = north.store().contains(model) ? north : south;
      store.register(place.store().path(model), Optional.empty());
    }
    try (RebasinNode node = RebasinNode.start(ConfigFactory.load(), store, new Datasets())) {
      return node.run(
          new MergeRequest(
              List.of(models).stream().<MergeRequest.Source>map(MergeRequest.Stored::new).toList(),
              Optional.of(MergeRequest.AlignmentPlan.toReference(matching, 0, false)),
              merge ? Optional.of(List.of(0.5, 0.5)) : Optional.empty(),
              Optional.empty(),
              Optional.empty()),
          progress -> {});
    }
  }

  @Test
  void permutationsOfModelsThatNeverMeetAreThoseOfOneNode() throws Exception {
    ModelId a = north.put(1, true);
    ModelId b = south.put(2, true);
    for (boolean pearson : List.of(false, true)) {
      Matching.Activation matching = new Matching.Activation(pearson, DATA);
      JsonNode outcome =
          end(
              north,
              begin(
                  north,
                  "models",
                  texts(a, b),
                  "method",
                  matching.text(),
                  "data",
                  DATA,
                  "merge",
                  false));
      JsonNode alignment = outcome.get("alignments").get(0);
      try (ModelStore store = new ModelStore(directory)) {
        MergeOutcome expected = onOneNode(store, matching, false, a, b);
        List<int[]> permutations = new ArrayList<>();
        for (JsonNode group : alignment.get("groups")) {
          permutations.add(JSON.convertValue(group.get("permutation"), int[].class));
        }
        assertEquals(2, permutations.size());
        for (int g = 0; g < 2; g++) {
          assertArrayEquals(
              expected.alignments().get(0).alignment().permutations().byGroup().get(g).toArray(),
              permutations.get(g));
        }
        // What was measured is the same file.
        for (ModelId made : store.ids()) {
          assertTrue(north.store().contains(made) || south.store().contains(made));
        }
      }
      assertTrue(alignment.get("objective").isNull(), "needs the weights");
      assertTrue(
          alignment.get("similarity").asDouble() > alignment.get("similarity_before").asDouble());
      assertFalse(outcome.has("merged"));
    }
    assertFalse(north.store().contains(b));
    assertFalse(south.store().contains(a));
  }

  @Test
  void whatNeedsTheWeightsOfBothIsRefusedBeforeItBegins() throws Exception {
    ModelId a = north.put(3, true);
    ModelId b = south.put(4, true);
    int before = JSON.readTree(ask(north, "GET", "/merges", "").body()).get("merges").size();
    for (String asked :
        List.of(
            document("models", texts(a, b)),
            document("models", texts(a, b), "merge", false),
            document("models", texts(a, b), "method", "activation", "data", DATA),
            document(
                "models", texts(a, b), "method", "straight-through", "data", DATA, "merge", false),
            document("models", texts(a, b), "merge", false, "strategy", "merge-many"),
            document(
                "models",
                texts(a, b),
                "merge",
                false,
                "method",
                "activation",
                "data",
                DATA,
                "evaluate",
                true))) {
      for (Place place : List.of(north, south)) {
        HttpResponse<String> answer = ask(place, "POST", "/merges", asked);
        assertEquals(422, answer.statusCode(), answer.body());
        String detail = JSON.readTree(answer.body()).get("detail").asText();
        assertTrue(detail.contains(a + " on " + north.address()), detail);
        assertTrue(detail.contains(b + " on " + south.address()), detail);
        assertTrue(detail.contains("expected method activation"), detail);
      }
    }
    assertEquals(
        before, JSON.readTree(ask(north, "GET", "/merges", "").body()).get("merges").size());
    assertFalse(north.store().contains(b));
    assertFalse(south.store().contains(a));
  }

  @Test
  void privateModelOfAnotherNodeIsMergedThereAndSoIsTheResult() throws Exception {
    ModelId open = north.put(5, false);
    ModelId hidden = south.put(6, true);
    JsonNode outcome =
        end(
            north,
            begin(
                north,
                "models",
                texts(open, hidden),
                "method",
                "weight",
                "data",
                DATA,
                "points",
                3));
    ModelId merged = new ModelId(outcome.get("merged").asText());
    assertTrue(south.store().contains(merged));
    assertTrue(south.store().isPrivate(merged));
    assertFalse(north.store().contains(merged));
    assertFalse(north.store().contains(hidden));
    assertEquals(403, ask(north, "GET", "/models/" + merged, "").statusCode());
    assertEquals(
        "private",
        JSON.readTree(ask(north, "GET", "/models/" + merged + "/info", "").body())
            .get("visibility")
            .asText());
    try (ModelStore store = new ModelStore(directory)) {
      ModelId expected =
          onOneNode(store, new Matching.Weight(0), true, open, hidden).merged().orElseThrow();
      try (ModelFile one = store.open(expected);
          ModelFile other = south.store().open(merged)) {
        Weights found = other.weights();
        one.weights()
            .tensors()
            .forEach(
                (name, tensor) ->
                    assertArrayEquals(tensor.toArray(), found.get(name).toArray(), name));
      }
    }
  }

  @Test
  void twoPrivateModelsOfOneNodeAreMergedThere() throws Exception {
    ModelId a = south.put(7, true);
    ModelId b = south.put(8, true);
    JsonNode outcome =
        end(
            north,
            begin(
                north,
                "models",
                texts(a, b),
                "method",
                "activation",
                "data",
                DATA,
                "repair",
                true,
                "correction_examples",
                100));
    ModelId merged = new ModelId(outcome.get("merged").asText());
    assertTrue(south.store().isPrivate(merged));
    assertFalse(north.store().contains(merged));
    assertFalse(north.store().contains(a));
    assertFalse(north.store().contains(b));
  }

  @Test
  void privateModelOfAnotherNodeIsToldOfAndNotGivenAway() throws Exception {
    ModelId hidden = south.put(9, true);
    HttpResponse<String> info = ask(north, "GET", "/models/" + hidden + "/info", "");
    assertEquals(200, info.statusCode(), info.body());
    assertEquals(NETWORK.architecture(), JSON.readTree(info.body()).get("architecture").asText());
    assertEquals(403, ask(north, "GET", "/models/" + hidden, "").statusCode());
    assertFalse(north.store().contains(hidden));
  }
}
