package org.rebasin.actors.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a cluster of three JVMs promises, while its nodes are killed, frozen, cut off and started
 * again. {@code -Pchaos} kills nodes many times over.
 */
class ClusterTest {
  /** How often a node is killed at a random moment, and by which random choices. */
  private static final int KILLS = Integer.getInteger("rebasin.chaos.kills", 3);

  private static final long SEED = Long.getLong("rebasin.chaos.seed", 1);
  private static final int LATEST_KILL = 3_000;

  @TempDir static Path directory;

  private static PairMerges merges;
  private static SharedJournal journal;
  private static CuttableNetwork network;
  private static ThreeNodes cluster;

  @BeforeAll
  static void start() throws IOException {
    merges = new PairMerges(directory);
    journal = SharedJournal.in(directory);
    network = new CuttableNetwork(3);
    cluster =
        new ThreeNodes(directory.resolve("cluster"), journal, node -> List.of(), network.places());
    merges.upload(cluster, directory);
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
    network.close();
    merges.close();
  }

  @Test
  void fortyMergesAtOnceComeToTheSameAsOnOneNode() {
    merges.requireSame(cluster, merges.submit(cluster, 40));
  }

  @Test
  void theMergedModelIsServedByEveryNode() throws IOException {
    List<PairMerges.Submitted> one = merges.submit(cluster, 1);
    merges.requireSame(cluster, one);
    String merged =
        cluster
            .get(cluster.live(), "/merges/" + one.get(0).job())
            .path("outcome")
            .path("merged")
            .asText();
    for (int node = 0; node < 3; node++) {
      assertArrayEquals(
          merges.firstMerged(directory), cluster.download(cluster.node(node), merged));
    }
  }

  @Test
  void nodesKilledAtRandomMomentsLoseNothingAndComeBack() throws InterruptedException {
    SplittableRandom random = new SplittableRandom(SEED);
    Set<String> jobs = new HashSet<>(cluster.jobs());
    for (int kill = 0; kill < KILLS; kill++) {
      List<PairMerges.Submitted> submitted = merges.submit(cluster, 12);
      submitted.forEach(merge -> jobs.add(merge.job()));
      int victim = random.nextInt(3);
      // The moment is the random choice; nothing is waited for.
      Thread.sleep(random.nextInt(LATEST_KILL));
      cluster.node(victim).kill();
      merges.requireSame(cluster, submitted);
      cluster.node(victim).start();
      cluster.awaitMembers(3);
      assertEquals(jobs, cluster.jobs());
    }
    List<PairMerges.Submitted> last = merges.submit(cluster, 1);
    merges.requireSame(cluster, last);
  }

  @Test
  void afterAllNodesAreKilledJobsGoOnFromWhereTheyWere() {
    List<PairMerges.Submitted> submitted = merges.submit(cluster, 12);
    for (int node = 0; node < 3; node++) {
      cluster.node(node).kill();
    }
    for (int node = 0; node < 3; node++) {
      cluster.node(node).start();
    }
    cluster.awaitMembers(3);
    merges.requireSame(cluster, submitted);
  }

  @Test
  void aNodeThatIsCutOffSplitsNoBrain() {
    List<PairMerges.Submitted> submitted = merges.submit(cluster, 6);
    network.cutOff(2);
    try {
      // It finds itself in the minority, and ends rather than going on beside the others.
      cluster.node(2).awaitEnd();
      merges.requireSame(cluster, submitted);
    } finally {
      network.mend();
    }
    cluster.node(2).start();
    cluster.awaitMembers(3);
  }

  @Test
  void aFrozenNodeSplitsNoBrain() {
    // Else the frozen node may be the one that serves the journal to the others.
    assumeTrue(journal.apart(), "REBASIN_TEST_POSTGRESQL names no database: no node was frozen");
    List<PairMerges.Submitted> submitted = merges.submit(cluster, 6);
    cluster.node(2).freeze();
    try {
      merges.requireSame(cluster, submitted);
    } finally {
      cluster.node(2).thaw();
    }
    // It was taken for dead, learns of it, and ends rather than going on beside the others.
    cluster.node(2).awaitEnd();
    cluster.node(2).start();
    cluster.awaitMembers(3);
  }
}
