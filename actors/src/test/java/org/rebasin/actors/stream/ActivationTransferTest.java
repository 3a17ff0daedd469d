package org.rebasin.actors.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.ActorRef;
import akka.actor.PoisonPill;
import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.Props;
import akka.actor.typed.javadsl.Adapter;
import akka.stream.Materializer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.actors.store.Labels;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.store.Outline;
import org.rebasin.actors.work.ActivationCollector;
import org.rebasin.actors.work.Datasets;
import org.rebasin.actors.work.JobId;
import org.rebasin.actors.work.Progress;
import org.rebasin.actors.work.Role;
import org.rebasin.actors.work.Task;
import org.rebasin.actors.work.TaskKey;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.actors.work.WorkQueue;
import org.rebasin.actors.work.Worker;
import org.rebasin.model.alignment.ActivationMoments;
import org.rebasin.model.architecture.Mlp;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.data.LabelledImages;
import org.rebasin.model.data.Normalization;
import org.rebasin.model.evaluation.Classifier;
import org.rebasin.model.network.Network;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.tensor.Weights;

/** Two models that are private on a node each; a third node wants their activations. */
class ActivationTransferTest {
  private static final String DATA = "digits:train=2300,test=1";
  private static final String OTHERS = "digits:seed=4,train=2300,test=1";
  private static final int WINDOW = 3;
  private static final TransferSettings SETTINGS =
      new TransferSettings(WINDOW, 2, 2, Duration.ofSeconds(2), 4, Duration.ofMillis(50));
  private static final Network NETWORK = Mlp.of(784, 300, 300, 300, 200, 10).network();

  @TempDir static Path directory;
  private static final Datasets DATASETS = new Datasets();
  private static TestCluster cluster;
  private static TestCluster.Node first;
  private static TestCluster.Node second;
  private static TestCluster.Node third;
  private static ActivationTransfer ofFirst;
  private static ActivationTransfer ofSecond;
  private static ActivationTransfer transfer;
  private static ModelTransfer models;
  private static ModelId reference;
  private static ModelId model;
  private static Outline outline;

  @BeforeAll
  static void start() throws Exception {
    cluster = new TestCluster(directory);
    first = cluster.start();
    second = cluster.start();
    third = cluster.start();
    ofFirst = start(first, ActivationTransferTest::images);
    // What the second node has by the name of the others is something else.
    ofSecond = start(second, text -> images(text.equals(OTHERS) ? DATA : text));
    transfer = start(third, ActivationTransferTest::images);
    ModelTransfer.start(first.system(), first.store(), SETTINGS);
    ModelTransfer.start(second.system(), second.store(), SETTINGS);
    models = ModelTransfer.start(third.system(), third.store(), SETTINGS);
    TestCluster.await(() -> models.peers() == 2);
    reference = put(first.store(), 1);
    model = put(second.store(), 2);
    outline = first.store().outline(reference).essentials();
  }

  @AfterAll
  static void stop() throws Exception {
    cluster.stop();
  }

  private static LabelledImages images(String text) {
    return DATASETS.get(text).train();
  }

  private static ActivationTransfer start(
      TestCluster.Node node, Function<String, LabelledImages> images) {
    return ActivationTransfer.start(
        node.system(), node.store(), images, SETTINGS, Role.COLLECTOR.dispatcher());
  }

  private static ModelId put(ModelStore store, long seed) {
    try (ModelStore making = new ModelStore(directory);
        Weights weights = NETWORK.initialize(seed)) {
      ModelId made =
          making.write(
              weights,
              Map.of(ModelFile.ARCHITECTURE, NETWORK.architecture(), Normalization.KEY, "mnist"));
      return store.register(
          making.path(made), Optional.empty(), Map.of(Labels.VISIBILITY, Labels.PRIVATE));
    }
  }

  private static ActivationRequest request(String data, int shard) {
    return new ActivationRequest(reference, model, outline, data, shard, 4);
  }

  private static ActivationMoments none() {
    return ActivationMoments.of(PermutationSpec.of(NETWORK), NETWORK);
  }

  private static void get(CompletionStage<?> stage) throws Exception {
    stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private static Throwable failure(CompletionStage<?> stage) {
    return assertThrows(ExecutionException.class, () -> get(stage)).getCause();
  }

  private static Map<String, List<Integer>> bits(ActivationMoments moments) {
    Map<String, List<Integer>> bits = new LinkedHashMap<>();
    moments
        .toWeights()
        .tensors()
        .forEach(
            (name, tensor) -> {
              float[] values = tensor.toArray();
              bits.put(
                  name,
                  IntStream.range(0, values.length)
                      .mapToObj(i -> Float.floatToRawIntBits(values[i]))
                      .toList());
            });
    return bits;
  }

  /** What one node makes of both models. */
  private static ModelId collectedOnOneNode(ModelStore store, int shard) throws Exception {
    store.register(first.store().path(reference), Optional.empty());
    store.register(second.store().path(model), Optional.empty());
    TaskResult result =
        new ActivationCollector(store, DATASETS, Materializer.createMaterializer(third.system()))
            .run(new Task.Collect(reference, model, DATA, shard, 4), progress -> {})
            .toCompletableFuture()
            .get(60, TimeUnit.SECONDS);
    return ((TaskResult.Collected) result).moments();
  }

  @Test
  void momentsHaveTheBitsThatOneNodeFinds() throws Exception {
    for (int shard = 0; shard < 4; shard++) {
      try (ModelStore store = new ModelStore(directory);
          ActivationMoments moments = none()) {
        get(transfer.receive(request(DATA, shard), moments::add));
        try (Weights stored = store.readTensors(collectedOnOneNode(store, shard));
            ActivationMoments expected =
                ActivationMoments.fromWeights(PermutationSpec.of(NETWORK), NETWORK, stored)) {
          assertTrue(expected.moments(0).count() > 500);
          assertEquals(bits(expected), bits(moments));
        }
      }
    }
    // And the weights stayed where they are.
    assertFalse(first.store().contains(model));
    assertFalse(second.store().contains(reference));
    assertEquals(List.of(), List.copyOf(third.store().ids()));
    assertTrue(
        failure(models.fetch(model)).getMessage().contains("it is private"),
        "asked for, the model is refused");
  }

  @Test
  void slowReaderSlowsBothSides() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    CountDownLatch reading = new CountDownLatch(1);
    try (ActivationMoments moments = none()) {
      CompletionStage<?> end =
          transfer.receive(
              request(DATA, 1),
              (value, a, b, count) -> {
                reading.countDown();
                await(go);
                moments.add(value, a, b, count);
              });
      await(reading);
      // Each has sent what it may, which is not all, and then nothing more comes.
      TestCluster.await(
          () -> ofFirst.inFlight().now() == WINDOW && ofSecond.inFlight().now() == WINDOW);
      go.countDown();
      get(end);
      TestCluster.await(() -> ofFirst.inFlight().now() == 0 && ofSecond.inFlight().now() == 0);
      assertEquals(WINDOW, ofFirst.inFlight().highWater());
      assertEquals(WINDOW, ofSecond.inFlight().highWater());
    }
  }

  @Test
  void slowerSideSetsThePace() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    AtomicBoolean begun = new AtomicBoolean();
    AtomicInteger read = new AtomicInteger();
    // The second node's threads for such work are all busy from the first value on.
    try (ActivationMoments moments = none()) {
      CompletionStage<?> end =
          transfer.receive(
              request(DATA, 2),
              (value, a, b, count) -> {
                if (begun.compareAndSet(false, true)) {
                  occupy(second, go);
                }
                read.incrementAndGet();
                moments.add(value, a, b, count);
              });
      TestCluster.await(() -> begun.get() && ofFirst.inFlight().now() == WINDOW);
      assertFalse(end.toCompletableFuture().isDone());
      assertTrue(read.get() < values(2), "read without the slower side");
      go.countDown();
      get(end);
      assertEquals(values(2), read.get());
      assertEquals(WINDOW, ofFirst.inFlight().highWater());
    }
  }

  /** Values of all batches of a shard. */
  private static int values(int shard) {
    int images =
        ActivationRequest.bound(2300, shard + 1, 4) - ActivationRequest.bound(2300, shard, 4);
    int batch = Math.min(images, Classifier.batchSize(NETWORK));
    return (images + batch - 1) / batch * none().values().all().size();
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(30, TimeUnit.SECONDS));
    } catch (InterruptedException problem) {
      throw new IllegalStateException(problem);
    }
  }

  private static void occupy(TestCluster.Node node, CountDownLatch until) {
    var executor =
        node.system()
            .dispatchers()
            .lookup(DispatcherSelector.fromConfig(Role.COLLECTOR.dispatcher()));
    CountDownLatch occupied = new CountDownLatch(64);
    for (int i = 0; i < 64; i++) {
      executor.execute(
          () -> {
            occupied.countDown();
            await(until);
          });
    }
  }

  /** Stops what runs models on a node. */
  private static void cut(TestCluster.Node node) {
    Adapter.toClassic(node.system())
        .actorSelection("/system/" + ActivationTransfer.NAME + "/*")
        .tell(PoisonPill.getInstance(), ActorRef.noSender());
  }

  @Test
  void streamThatIsCutFailsAndSaysWhere() throws Exception {
    AtomicBoolean cut = new AtomicBoolean();
    Throwable failure =
        failure(
            transfer.receive(
                request(DATA, 3),
                (value, a, b, count) -> {
                  if (cut.compareAndSet(false, true)) {
                    cut(second);
                    awaitNothingInFlight(ofSecond);
                  }
                }));
    assertInstanceOf(TransferException.class, failure);
    assertTrue(
        failure.getMessage().matches("activations of model .* akka://.* stopped sending"),
        failure.getMessage());
    TestCluster.await(() -> ofFirst.inFlight().now() == 0);
  }

  private static void awaitNothingInFlight(ActivationTransfer of) {
    try {
      TestCluster.await(() -> of.inFlight().now() == 0);
    } catch (InterruptedException problem) {
      throw new IllegalStateException(problem);
    }
  }

  @Test
  void queueHasAStreamThatIsCutTriedAgain() throws Exception {
    AtomicInteger attempts = new AtomicInteger();
    var queue =
        third
            .system()
            .systemActorOf(
                WorkQueue.create(new WorkQueue.Rules(3, 3, Duration.ofMillis(10), Duration.ZERO)),
                "queue",
                Props.empty());
    var worker =
        third
            .system()
            .systemActorOf(
                Worker.create(
                    Role.COLLECTOR,
                    queue,
                    new Worker.Rhythm(
                        Duration.ofSeconds(1), Duration.ofSeconds(5), Duration.ofMinutes(5)),
                    (task, progress) -> {
                      if (attempts.incrementAndGet() == 1) {
                        // Once it has begun to send.
                        CountDownLatch cut = new CountDownLatch(1);
                        return transfer
                            .receive(
                                request(DATA, 0),
                                (value, a, b, count) -> {
                                  if (cut.getCount() == 1) {
                                    cut(first);
                                    awaitNothingInFlight(ofFirst);
                                    cut.countDown();
                                  }
                                })
                            .thenApply(done -> new TaskResult.Collected(model));
                      }
                      return new ActivationCollector(
                              third.store(),
                              DATASETS,
                              Materializer.createMaterializer(third.system()),
                              Optional.of(transfer))
                          .run(task, progress);
                    }),
                "worker",
                Props.empty());
    TestProbe<WorkQueue.Reply> reply = TestProbe.create(third.system());
    TestProbe<Progress> progress = TestProbe.create(third.system());
    TaskKey key = new TaskKey(JobId.next(Clock.systemUTC()), "collect", 0);
    queue.tell(
        new WorkQueue.Submit(
            key,
            new Task.CollectApart(new Task.Collect(reference, model, DATA, 0, 4), outline),
            0,
            progress.ref(),
            reply.ref()));
    WorkQueue.Reply end = reply.receiveMessage(Duration.ofSeconds(60));
    ModelId moments =
        ((TaskResult.Collected) assertInstanceOf(WorkQueue.Done.class, end).result()).moments();
    assertEquals(2, attempts.get());
    try (ModelStore store = new ModelStore(directory)) {
      assertEquals(collectedOnOneNode(store, 0), moments);
    }
    third.store().delete(moments);
    TestProbe<akka.Done> stopped = TestProbe.create(third.system());
    worker.tell(new Worker.Drain(stopped.ref()));
    stopped.receiveMessage();
  }

  @Test
  void otherImagesByTheSameNameAreRefused() {
    Throwable failure = failure(transfer.receive(request(OTHERS, 0), (value, a, b, count) -> {}));
    assertInstanceOf(IllegalArgumentException.class, failure);
    assertTrue(
        failure.getMessage().startsWith("data '" + OTHERS + "': expected the same images on both"),
        failure.getMessage());
  }

  @Test
  void dataThatANodeHasNotAreBadInput() {
    Throwable failure =
        failure(transfer.receive(request("unheard-of", 0), (value, a, b, count) -> {}));
    assertInstanceOf(IllegalArgumentException.class, failure);
    assertTrue(failure.getMessage().contains("unheard-of"), failure.getMessage());
  }

  @Test
  void modelThatNobodyHasIsNotWaitedForForEver() {
    ModelId absent = new ModelId("0".repeat(64));
    Throwable failure =
        failure(
            transfer.receive(
                new ActivationRequest(reference, absent, outline, DATA, 0, 4),
                (value, a, b, count) -> {}));
    assertEquals(
        "activations of model %s: no node has it that can be reached".formatted(absent),
        failure.getMessage());
  }
}
