package org.rebasin.actors.benchmark;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;
import org.rebasin.actors.federation.Contribution;
import org.rebasin.actors.federation.ContributionView;
import org.rebasin.actors.federation.FederationName;
import org.rebasin.actors.federation.FederationRefusedException;
import org.rebasin.actors.federation.FederationSettings;
import org.rebasin.actors.federation.Federations;
import org.rebasin.actors.federation.FederationsOnCluster;
import org.rebasin.actors.federation.Version;
import org.rebasin.actors.node.RebasinNode;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Strategy;
import org.rebasin.actors.work.TaskFailure;
import org.rebasin.model.aggregation.AggregationSettings;
import org.rebasin.model.architecture.Architecture;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.tensor.Weights;

/**
 * Contributions of ten million parameters, given as fast as they are taken: how many a second
 * become part of a version, how long each takes from its arrival to its version, and what memory
 * that needs.
 */
final class FederationBenchmark {
  private static final String ARCHITECTURE = "mlp:784-2048-2048-2048-10";
  private static final FederationName NAME = new FederationName("benchmark");
  private static final int CONTRIBUTIONS = 200;
  private static final int PARTICIPANTS = 20;
  private static final int BUFFER = 10;

  private FederationBenchmark() {}

  static void run() throws IOException, InterruptedException {
    try (NodeForBenchmark node = NodeForBenchmark.start()) {
      Federations federations = FederationsOnCluster.start(node.system(), node.queue());
      ModelId initial = model(node, 0, 0);
      RebasinNode.await(federations.create(NAME, settings(initial)));
      int[] told = {0};
      long most = 0;
      long started = System.nanoTime();
      long first = 0;
      List<String> given = new ArrayList<>();
      for (int i = 1; i <= CONTRIBUTIONS; i++) {
        Contribution contribution =
            new Contribution(
                "participant-" + i % PARTICIPANTS,
                OptionalInt.empty(),
                100,
                model(node, i, 1e-3f),
                Map.of());
        given.add(give(federations, contribution, told).id());
        most = Math.max(most, NodeForBenchmark.resident());
        if (i == BUFFER * 4) {
          first = most;
        }
      }
      while (merged(federations) < CONTRIBUTIONS) {
        Thread.sleep(100);
        most = Math.max(most, NodeForBenchmark.resident());
      }
      double seconds = (System.nanoTime() - started) / 1e9;
      double[] waits =
          given.stream()
              .map(id -> RebasinNode.await(federations.contribution(NAME, id)).orElseThrow())
              .mapToDouble(view -> seconds(view, federations))
              .sorted()
              .toArray();
      System.out.printf(
          Locale.ROOT,
          "| %d contributions of 10 million parameters to one node, %d a version, each aligned and"
              + " evaluated by itself | %.2f a second; arrival to version p50 %.1f s, p99 %.1f s;"
              + " told to wait %d times; memory at most %d MiB in the first %d, %d MiB in all |%n",
          CONTRIBUTIONS,
          BUFFER,
          CONTRIBUTIONS / seconds,
          waits[waits.length / 2],
          waits[waits.length * 99 / 100],
          told[0],
          first >> 20,
          BUFFER * 4,
          most >> 20);
    }
  }

  private static FederationSettings settings(ModelId initial) {
    return new FederationSettings(
        ARCHITECTURE,
        Optional.of(initial),
        Strategy.MERGE_MANY,
        Optional.of(new Matching.Weight(0)),
        AggregationSettings.FEDAVG,
        BUFFER,
        0,
        Duration.ofMinutes(1),
        BUFFER,
        10,
        Optional.empty(),
        new FederationSettings.Gate("digits:train=10,test=200", 1, 0.9),
        List.of(),
        1);
  }

  /** The initial model, a little moved. */
  private static ModelId model(NodeForBenchmark node, long seed, float by) {
    SplittableRandom random = new SplittableRandom(seed);
    try (Weights weights = Architecture.parse(ARCHITECTURE).network().initialize(0)) {
      for (String name : weights.names()) {
        var values = weights.get(name).values();
        for (int i = 0; i < values.capacity() && by > 0; i++) {
          values.put(i, values.get(i) + by * (random.nextFloat() - 0.5f));
        }
      }
      return node.store().write(weights, Map.of(ModelFile.ARCHITECTURE, ARCHITECTURE));
    }
  }

  private static ContributionView give(
      Federations federations, Contribution contribution, int[] told) throws InterruptedException {
    while (true) {
      try {
        return federations.contribute(NAME, contribution).toCompletableFuture().join();
      } catch (CompletionException problem) {
        if (!(TaskFailure.unwrap(problem) instanceof FederationRefusedException refused)
            || refused.reason() != FederationRefusedException.Reason.FULL) {
          throw problem;
        }
        told[0]++;
        Thread.sleep(refused.retryAfter().orElse(Duration.ofSeconds(1)).toMillis());
      }
    }
  }

  private static long merged(Federations federations) {
    Map<ContributionView.Outcome, Long> outcomes =
        RebasinNode.await(federations.view(NAME)).orElseThrow().contributions();
    for (ContributionView.Outcome outcome :
        List.of(ContributionView.Outcome.QUARANTINED, ContributionView.Outcome.SET_ASIDE)) {
      if (outcomes.getOrDefault(outcome, 0L) > 0) {
        throw new IllegalStateException("expected all contributions merged, found " + outcomes);
      }
    }
    return outcomes.getOrDefault(ContributionView.Outcome.MERGED, 0L);
  }

  private static double seconds(ContributionView view, Federations federations) {
    Version version =
        RebasinNode.await(federations.version(NAME, view.version().orElseThrow())).orElseThrow();
    return Duration.between(view.arrived(), version.published()).toNanos() / 1e9;
  }
}
