package org.rebasin.actors.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.Done;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.actors.store.Labels;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.work.ReplicatingRunner;
import org.rebasin.actors.work.Split;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.actors.work.TaskRunner;
import org.rebasin.model.checkpoint.DataType;
import org.rebasin.model.checkpoint.TensorDeclaration;

class ReplicasTest {
  private static final List<TensorDeclaration> TENSORS =
      List.of(new TensorDeclaration("fc1.weight", DataType.F32, new long[] {2, 3}));
  private static final TransferSettings TRANSFER =
      new TransferSettings(4, 2, 2, Duration.ofSeconds(1), 3, Duration.ofMillis(50));
  private static final ReplicaSettings SETTINGS =
      new ReplicaSettings(
          2, false, Duration.ofSeconds(60), Duration.ofMillis(200), Duration.ofMillis(500), 3);

  @TempDir Path directory;
  private TestCluster cluster;
  private final List<TestCluster.Node> nodes = new ArrayList<>();
  private final List<ModelTransfer> transfers = new ArrayList<>();
  private final List<Replicas> replicas = new ArrayList<>();

  @BeforeEach
  void prepare() {
    cluster = new TestCluster(directory);
  }

  @AfterEach
  void stop() throws Exception {
    cluster.stop();
  }

  private void start(int count) throws InterruptedException {
    for (int i = 0; i < count; i++) {
      TestCluster.Node node = cluster.start();
      nodes.add(node);
      transfers.add(ModelTransfer.start(node.system(), node.store(), TRANSFER));
      replicas.add(Replicas.start(node.system(), node.store(), transfers.get(i), SETTINGS));
    }
    TestCluster.await(() -> transfers.stream().allMatch(each -> each.peers() == count - 1));
  }

  private static ModelId write(ModelStore store, Map<String, String> metadata, float first) {
    return store.write(
        TENSORS,
        metadata,
        writer -> writer.write("fc1.weight", FloatBuffer.wrap(new float[] {first, 2, 3, 4, 5, 6})));
  }

  private static Done get(CompletionStage<Done> stage) throws Exception {
    return stage.toCompletableFuture().get(15, TimeUnit.SECONDS);
  }

  private long holders(ModelId id) {
    return nodes.stream().filter(each -> each.store().contains(id)).count();
  }

  @Test
  void aNodeByItselfHasAllTheReplicasThereCanBe() throws Exception {
    start(1);
    ModelId id = write(nodes.get(0).store(), Map.of(), 1);
    get(replicas.get(0).replicate(id));
    get(replicas.get(0).ensureLocal(id));
    ModelId unknown = new ModelId("0".repeat(64));
    ExecutionException refusal =
        assertThrows(ExecutionException.class, () -> get(replicas.get(0).ensureLocal(unknown)));
    assertTrue(refusal.getMessage().contains("no other node is known"), refusal.getMessage());
    assertThrows(ExecutionException.class, () -> get(replicas.get(0).replicate(unknown)));
  }

  @Test
  void modelsOutliveTheirNodes() throws Exception {
    start(3);
    ModelId made = write(nodes.get(0).store(), Map.of(), 1);
    get(replicas.get(0).replicate(made));
    assertEquals(2, holders(made));
    get(replicas.get(0).replicate(made));
    assertEquals(2, holders(made), "enough is enough");

    ModelId hidden = write(nodes.get(0).store(), Map.of(Labels.VISIBILITY, Labels.PRIVATE), 2);
    get(replicas.get(0).replicate(hidden));
    assertEquals(1, holders(hidden));

    // A corrupt file is found before it is used, and replaced from the other replica.
    Path file = nodes.get(0).store().path(made);
    Files.write(file, new byte[10]);
    get(replicas.get(0).ensureLocal(made));
    assertEquals(2, holders(made));
    nodes.get(0).store().open(made).close();

    // A task's input comes, and its product is on two nodes when it ends.
    TestCluster.Node idle =
        nodes.stream().filter(each -> !each.store().contains(made)).findFirst().orElseThrow();
    TaskRunner copy =
        (task, progress) -> {
          idle.store().open(made).close();
          return CompletableFuture.completedStage(
              new TaskResult.Merged(write(idle.store(), Map.of(), 3)));
        };
    TaskRunner runner =
        new ReplicatingRunner(copy, replicas.get(nodes.indexOf(idle)), idle.system());
    ModelId product =
        ((TaskResult.Merged)
                runner
                    .run(Task.Evaluate.one(made, "digits", Split.TEST), progress -> {})
                    .toCompletableFuture()
                    .get(10, TimeUnit.SECONDS))
            .model();
    assertEquals(2, holders(product));

    // A node that is lost is made up for.
    ModelId kept = write(nodes.get(0).store(), Map.of(), 4);
    get(replicas.get(0).replicate(kept));
    TestCluster.Node lost =
        nodes.subList(1, 3).stream()
            .filter(each -> each.store().contains(kept))
            .findFirst()
            .orElseThrow();
    lost.stop();
    nodes.remove(lost);
    TestCluster.await(() -> holders(kept) == 2 && holders(product) == 2);
    assertEquals(1, holders(hidden));
    assertFalse(lost.store().ids().isEmpty());
  }
}
