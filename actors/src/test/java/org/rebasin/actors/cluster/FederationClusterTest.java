package org.rebasin.actors.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.actors.node.RebasinNode;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.work.Datasets;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.model.training.Optimizer;
import org.rebasin.model.training.Schedule;
import org.rebasin.model.training.TrainingSettings;

/**
 * What federations on three JVMs promise while participants within the cluster and others over HTTP
 * contribute, and nodes are killed and started again. {@code -Pchaos} goes on for ten minutes.
 */
class FederationClusterTest {
  private static final Duration RUN =
      Duration.ofSeconds(Integer.getInteger("rebasin.chaos.federation-seconds", 40));
  private static final List<String> FEDERATIONS = List.of("north", "south");
  private static final String ARCHITECTURE = "mlp:784-16-10";
  private static final String DATA = "digits:train=800,test=400";
  private static final double MARGIN = 0.05;
  private static final int INSIDE = 8;
  private static final int OUTSIDE = 4;

  @TempDir Path directory;

  private final AtomicBoolean running = new AtomicBoolean(true);

  /** What each federation said that it has taken. */
  private final Map<String, Set<String>> accepted = new ConcurrentHashMap<>();

  @Test
  void nothingThatWasAcceptedIsLostOrCountedTwiceAndNoVersionIsMuchWorse() throws Exception {
    SharedJournal journal = SharedJournal.in(directory);
    ExecutorService participants = Executors.newCachedThreadPool();
    try (ModelStore store = new ModelStore(directory);
        RebasinNode trainer = RebasinNode.start(ConfigFactory.load(), store, new Datasets());
        ThreeNodes cluster =
            new ThreeNodes(
                directory.resolve("cluster"),
                journal,
                node -> List.of("rebasin.data.few=" + DATA))) {
      List<Future<?>> all = new ArrayList<>();
      for (String federation : FEDERATIONS) {
        accepted.put(federation, ConcurrentHashMap.newKeySet());
        cluster.put("/federations/" + federation, settings(federation));
        for (int i = 0; i < OUTSIDE; i++) {
          Outsider outsider = new Outsider(cluster, store, trainer, federation, i);
          all.add(participants.submit(outsider::contribute));
        }
      }
      killNodes(cluster);
      running.set(false);
      for (Future<?> one : all) {
        one.get();
      }
      for (String federation : FEDERATIONS) {
        requireWhole(cluster, federation);
      }
    } finally {
      running.set(false);
      participants.shutdownNow();
    }
  }

  private static String settings(String federation) {
    String inside =
        IntStream.rangeClosed(1, INSIDE)
            .mapToObj(
                i ->
                    ("{\"name\": \"inside-%d\", \"data\": \"few#shard=%d/%d\", \"epochs\": 1,"
                            + " \"batch_size\": 20}")
                        .formatted(i, i, INSIDE + OUTSIDE))
            .collect(Collectors.joining(","));
    return """
        {"architecture": "%s", "first": "merge-many", "buffer": 4, "patience": "2s",
         "aggregation": {"rule": "fedavg", "staleness_exponent": 0.5}, "norm_bound": 10,
         "gate": {"data": "few", "margin": %s}, "participants": [%s], "seed": %d}
        """
        .formatted(ARCHITECTURE, MARGIN, inside, federation.length());
  }

  /** Kills a node at a random moment, starts it again, and so on. */
  private void killNodes(ThreeNodes cluster) throws InterruptedException {
    SplittableRandom random = new SplittableRandom(7);
    long end = System.nanoTime() + RUN.toNanos();
    do {
      // The moment is the random choice; nothing is waited for.
      Thread.sleep(5_000 + random.nextInt(5_000));
      int victim = random.nextInt(3);
      cluster.node(victim).kill();
      Thread.sleep(random.nextInt(5_000));
      cluster.node(victim).start();
      cluster.awaitMembers(3);
    } while (System.nanoTime() < end);
  }

  /** Pulls the current version, trains, contributes, and begins again. */
  private final class Outsider {
    private final ThreeNodes cluster;
    private final ModelStore store;
    private final RebasinNode trainer;
    private final String federation;
    private final int number;

    Outsider(
        ThreeNodes cluster, ModelStore store, RebasinNode trainer, String federation, int number) {
      this.cluster = cluster;
      this.store = store;
      this.trainer = trainer;
      this.federation = federation;
      this.number = number;
    }

    Void contribute() throws IOException {
      for (int round = 1; running.get(); round++) {
        Optional<JsonNode> current = current();
        ModelId model = train(current, round);
        Path file = directory.resolve("%s-%d.safetensors".formatted(federation, number));
        store.export(model, file);
        String query =
            "?participant=outside-%d&examples=66%s"
                .formatted(
                    number,
                    current
                        .map(version -> "&base-version=" + version.path("number").asInt())
                        .orElse(""));
        cluster
            .contribute(
                "/federations/%s/contributions%s".formatted(federation, query),
                Files.readAllBytes(file),
                running::get)
            .ifPresent(given -> accepted.get(federation).add(given.path("id").asText()));
      }
      return null;
    }

    private Optional<JsonNode> current() {
      JsonNode version = cluster.patiently("/federations/" + federation).path("current");
      return version.isMissingNode() ? Optional.empty() : Optional.of(version);
    }

    private ModelId train(Optional<JsonNode> current, int round) throws IOException {
      Task.Train alone =
          new Task.Train(
              "outside-" + number,
              ARCHITECTURE,
              DATA + "#shard=%d/%d".formatted(INSIDE + number + 1, INSIDE + OUTSIDE),
              Optional.empty(),
              new TrainingSettings(
                  1,
                  20,
                  Optimizer.Kind.ADAM,
                  1e-3,
                  0,
                  0,
                  Schedule.Decay.CONSTANT,
                  1000L * number + round));
      Task task = alone;
      if (current.isPresent()) {
        Path file = directory.resolve("%s-%d-base.safetensors".formatted(federation, number));
        Files.write(
            file,
            cluster.patientlyDownload(
                "/federations/%s/versions/%d/model"
                    .formatted(federation, current.get().path("number").asInt())));
        task = alone.from(store.register(file, Optional.empty()), 0);
      }
      return trainer.run(task, TaskResult.Trained.class, progress -> {}).model();
    }
  }

  private void requireWhole(ThreeNodes cluster, String federation) {
    String path = "/federations/" + federation;
    // Nothing moves while it is looked at.
    cluster.post(path + "/pause");
    Map<Integer, JsonNode> versions = new HashMap<>();
    cluster
        .all(path + "/versions", "versions")
        .forEach(version -> versions.put(version.path("number").asInt(), version));
    int count = versions.size();
    assertTrue(count > 1, "expected versions of " + federation + ", found " + count);
    Map<String, Integer> merged = new HashMap<>();
    for (int number = 1; number <= count; number++) {
      JsonNode version = versions.get(number);
      if (number > 1) {
        assertEquals(number - 1, version.path("parent").asInt());
        double before = versions.get(number - 1).path("accuracy").asDouble();
        double after = version.path("accuracy").asDouble();
        assertTrue(
            after >= before - MARGIN - 1e-9, "%d: %s after %s".formatted(number, after, before));
      }
      for (JsonNode ingredient : version.path("ingredients")) {
        String id = ingredient.path("contribution").asText();
        assertTrue(merged.put(id, number) == null, id + " counts twice");
      }
    }
    Map<String, JsonNode> contributions = new HashMap<>();
    for (JsonNode one : cluster.all(path + "/contributions", "contributions")) {
      String id = one.path("id").asText();
      assertTrue(contributions.put(id, one) == null, id + " is there twice");
      assertEquals(
          one.path("outcome").asText().equals("merged"), merged.containsKey(id), one.toString());
      if (merged.containsKey(id)) {
        assertEquals(merged.get(id), one.path("version").asInt());
      }
    }
    Set<String> lost = new HashSet<>(accepted.get(federation));
    lost.removeAll(contributions.keySet());
    assertEquals(Set.of(), lost);
    assertTrue(accepted.get(federation).size() > OUTSIDE);
    assertTrue(
        cluster.post("%s/versions/%d/reproduce".formatted(path, count)).path("same").asBoolean());
  }
}
