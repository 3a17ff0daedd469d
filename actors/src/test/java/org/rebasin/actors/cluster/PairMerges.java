package org.rebasin.actors.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.rebasin.actors.job.MergeOutcome;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.job.MergeRequest.AlignmentPlan;
import org.rebasin.actors.job.MergeRequest.Stored;
import org.rebasin.actors.node.RebasinNode;
import org.rebasin.actors.report.Documents;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.work.Datasets;
import org.rebasin.actors.work.Matching;
import org.rebasin.model.architecture.Architecture;
import org.rebasin.model.checkpoint.ModelFile;

/**
 * Merges of pairs of small random networks, done by a cluster and, to compare, by a node alone in
 * this process.
 */
final class PairMerges implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(150);
  private static final String ARCHITECTURE = "mlp:24-32-32-10";
  private static final int MODELS = 8;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ModelStore store;
  private final RebasinNode alone;
  private final List<ModelId> models = new ArrayList<>();
  private final Map<Pair, MergeOutcome> expected = new HashMap<>();

  /** Two models of this object's, by their places. */
  record Pair(int first, int second) {}

  /** A merge that a cluster was told to do. */
  record Submitted(String job, Pair pair) {}

  PairMerges(Path directory) {
    store = new ModelStore(directory);
    alone = RebasinNode.start(ConfigFactory.load(), store, new Datasets());
    for (int seed = 0; seed < MODELS; seed++) {
      try (var weights = Architecture.parse(ARCHITECTURE).network().initialize(seed)) {
        models.add(store.write(weights, Map.of(ModelFile.ARCHITECTURE, ARCHITECTURE)));
      }
    }
  }

  /** Gives the models to a cluster, each by another of its nodes. */
  void upload(ThreeNodes cluster, Path scratch) throws IOException {
    for (int i = 0; i < MODELS; i++) {
      Path file = scratch.resolve("model-" + i + ".safetensors");
      store.export(models.get(i), file);
      assertEquals(
          models.get(i).sha256(), cluster.upload(cluster.node(i % 3), Files.readAllBytes(file)));
    }
  }

  /** Has a cluster merge pairs of different models, the same pairs at each call. */
  List<Submitted> submit(ThreeNodes cluster, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> new Pair(i % MODELS, (i + 1 + i / MODELS % (MODELS - 1)) % MODELS))
        .map(pair -> new Submitted(cluster.submit(request(pair)), pair))
        .toList();
  }

  private String request(Pair pair) {
    return "{\"models\": [\"%s\", \"%s\"]}"
        .formatted(models.get(pair.first()), models.get(pair.second()));
  }

  /**
   * Waits until merges have succeeded, and checks that each has the bytes and the alignment that a
   * node alone comes to, and that none of its events is lost or told twice.
   */
  void requireSame(ThreeNodes cluster, List<Submitted> merges) {
    for (Submitted merge : merges) {
      JsonNode view = cluster.awaitEnd(merge.job(), PATIENCE);
      assertEquals("succeeded", view.path("status").asText(), view.toString());
      MergeOutcome alike = expected.computeIfAbsent(merge.pair(), this::alone);
      assertEquals(merged(alike), view.path("outcome").path("merged").asText());
      assertEquals(
          timeless(document(alike).path("alignments")),
          timeless(view.path("outcome").path("alignments")));
      List<Long> sequence = cluster.eventNumbers(merge.job());
      assertEquals(
          IntStream.rangeClosed(1, sequence.size()).mapToObj(Long::valueOf).toList(), sequence);
      assertEquals(view.path("sequence").asLong(), sequence.size());
    }
  }

  /** The bytes that a node alone comes to for the first of the pairs. */
  byte[] firstMerged(Path scratch) throws IOException {
    Path file = scratch.resolve("merged.safetensors");
    store.export(
        expected.computeIfAbsent(new Pair(0, 1), this::alone).merged().orElseThrow(), file);
    return Files.readAllBytes(file);
  }

  private static String merged(MergeOutcome outcome) {
    return outcome.merged().orElseThrow().sha256();
  }

  /** As the interface would tell it: numbers are compared as they are written. */
  private static JsonNode document(MergeOutcome outcome) {
    try {
      return JSON.readTree(JSON.writeValueAsBytes(Documents.outcome(outcome)));
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
  }

  private static JsonNode timeless(JsonNode alignments) {
    JsonNode copy = alignments.deepCopy();
    copy.forEach(alignment -> ((ObjectNode) alignment).remove("seconds"));
    return copy;
  }

  private MergeOutcome alone(Pair pair) {
    return alone.run(
        new MergeRequest(
            List.of(new Stored(models.get(pair.first())), new Stored(models.get(pair.second()))),
            Optional.of(AlignmentPlan.toReference(new Matching.Weight(0), 0, false)),
            Optional.of(List.of(0.5, 0.5)),
            Optional.empty(),
            Optional.empty()),
        progress -> {});
  }

  @Override
  public void close() {
    alone.close();
    store.close();
  }
}
