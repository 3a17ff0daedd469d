package org.rebasin.actors.federation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.typed.ActorRef;
import akka.actor.typed.javadsl.Behaviors;
import akka.cluster.typed.Cluster;
import akka.cluster.typed.Join;
import akka.stream.javadsl.Sink;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.actors.federation.FederationRefusedException.Reason;
import org.rebasin.actors.job.JournalSchema;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.TaskFailure;
import org.rebasin.actors.work.WorkQueue;

/** A cluster of one with its journal in a file; it is stopped and started as a whole. */
class FederationsOnClusterTest {
  private static final ModelId INITIAL = ScriptedTasks.named("initial");
  private static final FederationName NAME = new FederationName("hospitals");
  private static final FederationName OTHER = new FederationName("others");
  private static final Duration WAIT = Duration.ofSeconds(30);

  @TempDir private Path directory;
  private final ScriptedTasks tasks = new ScriptedTasks();

  private Config config() {
    return ConfigFactory.load(
        ConfigFactory.parseString(
            """
            include "journal-h2.conf"
            rebasin.journal.file = "%s/journal"
            rebasin.job.resubmission = 300 ms
            rebasin.federation.snapshot-every = 5
            akka.actor.provider = cluster
            akka.cluster.roles = ["coordinator"]
            akka.cluster.jmx.multi-mbeans-in-same-jvm = on
            akka.cluster.min-nr-of-members = 1
            akka.cluster.sharding.number-of-shards = 4
            akka.cluster.sharding.waiting-for-state-timeout = 500 ms
            akka.cluster.sharding.retry-interval = 200 ms
            akka.cluster.singleton.min-number-of-hand-over-retries = 2
            akka.remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
            """
                .formatted(directory)));
  }

  /** A node; its queue does at once what is to be done, or nothing. */
  private final class Node implements AutoCloseable {
    private final ActorTestKit kit = ActorTestKit.create("rebasin", config());
    private final Federations federations;

    Node(boolean working) {
      JournalSchema.create(kit.system());
      Cluster cluster = Cluster.get(kit.system());
      cluster.manager().tell(Join.create(cluster.selfMember().address()));
      ActorRef<WorkQueue.Command> queue =
          kit.spawn(
              Behaviors.receiveMessage(
                  message -> {
                    if (working && message instanceof WorkQueue.Submit submit) {
                      submit.replyTo().tell(tasks.run(submit.key(), submit.task()));
                    }
                    return Behaviors.same();
                  }));
      federations = FederationsOnCluster.start(kit.system(), queue);
    }

    @Override
    public void close() {
      kit.shutdownTestKit();
    }
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(WAIT.toSeconds(), TimeUnit.SECONDS);
  }

  private static Reason refused(CompletionStage<?> stage) {
    ExecutionException thrown = assertThrows(ExecutionException.class, () -> await(stage));
    return ((FederationRefusedException) TaskFailure.unwrap(thrown.getCause())).reason();
  }

  private static Contribution from(String participant, int base, String model) {
    return Simulation.contribution(participant, OptionalInt.of(base), model);
  }

  private static Version versionAfter(Node node, FederationName name, OptionalInt other)
      throws Exception {
    return await(node.federations.versionOtherThan(name, other, WAIT)).orElseThrow();
  }

  @Test
  void federationsGoOnByThemselvesAfterTheWholeClusterWasStartedAgain() throws Exception {
    FederationSettings settings = Simulation.settings(2, Optional.of(INITIAL));
    Contribution late = from("b", 1, "b1");
    try (Node first = new Node(true)) {
      await(first.federations.create(NAME, settings));
      await(first.federations.create(OTHER, settings));
      assertEquals(1, versionAfter(first, NAME, OptionalInt.empty()).number());
      versionAfter(first, OTHER, OptionalInt.empty());
      // The same participants in two federations do not meet.
      await(first.federations.contribute(NAME, from("a", 1, "a1")));
      await(first.federations.contribute(OTHER, from("a", 1, "a1")));
    }
    try (Node second = new Node(false)) {
      // It is in the journal, and nothing more comes of it here.
      await(second.federations.contribute(NAME, late));
    }
    try (Node third = new Node(true)) {
      Version version = versionAfter(third, NAME, OptionalInt.of(1));
      assertEquals(
          List.of("a", "b"), version.ingredients().stream().map(i -> i.participant()).toList());
      assertEquals(List.of(NAME, OTHER), await(third.federations.list()));
      assertEquals(
          1, await(third.federations.view(OTHER)).orElseThrow().current().orElseThrow().number());
      assertTrue(await(third.federations.reproduce(NAME, 2)).same());
      assertTrue(await(third.federations.namedModels()).contains(version.model()));
      assertEquals(
          ContributionView.Outcome.MERGED,
          await(third.federations.contribute(NAME, late)).outcome());
      assertEquals(
          List.of(2, 1),
          await(third.federations.versions(NAME, OptionalInt.empty(), 10)).stream()
              .map(Version::number)
              .toList());
      assertEquals(
          Reason.UNKNOWN, refused(third.federations.rollback(new FederationName("nobody"), 1)));
      assertEquals(
          Reason.CONFLICT,
          refused(third.federations.create(NAME, Simulation.settings(3, Optional.of(INITIAL)))));
      CompletionStage<List<FederationEvent>> events =
          third.federations.events(NAME, 0).runWith(Sink.seq(), third.kit.system());
      await(third.federations.close(NAME));
      List<FederationEvent> all = await(events);
      assertEquals(1, all.get(0).sequence());
      assertEquals(all.size(), all.get(all.size() - 1).sequence());
      assertEquals(
          new FederationEvent.StatusChanged(FederationStatus.CLOSED),
          all.get(all.size() - 1).what());
    }
  }
}
