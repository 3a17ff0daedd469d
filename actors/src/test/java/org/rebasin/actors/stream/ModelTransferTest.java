package org.rebasin.actors.stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.Done;
import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.Props;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.receptionist.Receptionist;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.actors.store.Labels;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.store.Reception;

/** Transfers between two nodes; a third one plays nodes that go wrong. */
class ModelTransferTest {
  private static final int CHUNK = Reception.CHUNK_BYTES;
  private static final TransferSettings SETTINGS =
      new TransferSettings(4, 2, 2, Duration.ofMillis(700), 4, Duration.ofMillis(50));

  @TempDir static Path directory;
  private static TestCluster cluster;
  private static TestCluster.Node sending;
  private static TestCluster.Node receiving;
  private static TestCluster.Node odd;
  private static ModelTransfer transfer;
  private static int seed;

  private final List<ActorRef<?>> players = new ArrayList<>();

  @BeforeAll
  static void start() throws InterruptedException {
    cluster = new TestCluster(directory);
    sending = cluster.start();
    receiving = cluster.start();
    odd = cluster.start();
    ModelTransfer.start(sending.system(), sending.store(), SETTINGS);
    transfer = ModelTransfer.start(receiving.system(), receiving.store(), SETTINGS);
    TestCluster.await(() -> transfer.peers() == 1);
  }

  @AfterAll
  static void stop() throws Exception {
    cluster.stop();
  }

  @AfterEach
  void dismissPlayers() throws InterruptedException {
    players.forEach(player -> player.<Object>unsafeUpcast().tell("stop"));
    TestCluster.await(() -> transfer.peers() == 1);
  }

  /** A safetensors file of some length, at least 200 bytes. */
  private static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    new Random(++seed).nextBytes(bytes);
    int values = length - 128;
    String header =
        "{\"x\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[0,%d]}}"
            .formatted(values, values);
    ByteBuffer.wrap(bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(120)
        .put("%-120s".formatted(header).getBytes(StandardCharsets.US_ASCII));
    return bytes;
  }

  private static ModelId id(byte[] bytes) throws Exception {
    return new ModelId(
        HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)));
  }

  private static ModelId put(ModelStore store, byte[] bytes, Labels labels) throws Exception {
    ModelId id = id(bytes);
    try (Reception reception = store.receive(id, bytes.length, labels)) {
      reception.append(ByteBuffer.wrap(bytes));
      assertTrue(reception.commit());
    }
    return id;
  }

  private static void get(CompletionStage<?> stage) throws Exception {
    stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private static String failure(CompletionStage<?> stage) {
    return assertThrows(ExecutionException.class, () -> get(stage)).getCause().getMessage();
  }

  private static void assertArrived(ModelId id, byte[] bytes) throws IOException {
    assertArrayEquals(bytes, Files.readAllBytes(receiving.store().path(id)));
  }

  @Test
  void modelArrivesWithItsLabelsAndItsAge() throws Exception {
    byte[] bytes = bytes(9 * CHUNK + 12_345);
    Labels labels = new Labels(Optional.of("mlp:3-2"), Map.of("site", "north"));
    ModelId id = put(sending.store(), bytes, labels);
    Instant made = Instant.parse("2026-01-02T03:04:05Z");
    sending.store().made(id, made);
    CompletionStage<?> first = transfer.fetch(id);
    get(transfer.fetch(id));
    get(first);
    assertArrived(id, bytes);
    assertEquals(labels, receiving.store().labels(id));
    assertEquals(made, receiving.store().made(id));
    get(transfer.fetch(id));
  }

  @Test
  void whoeverIsToldThatAModelHasComeMayReceiveItAgain() throws Exception {
    byte[] bytes = bytes(3 * CHUNK);
    ModelId id = put(sending.store(), bytes, Labels.NONE);
    CompletableFuture<Done> fetched = new CompletableFuture<>();
    CompletionStage<?> again =
        fetched.thenRun(
            () -> {
              // On the receiver's own thread, before it stops.
              receiving.store().delete(id);
              receiving.store().receive(id, bytes.length, Labels.NONE).close();
            });
    receiving
        .system()
        .systemActorOf(
            ModelReceiver.create(receiving.store(), id, transfer.known(), SETTINGS, fetched),
            "receiver-alone",
            Props.empty());
    get(again);
    get(transfer.fetch(id));
    assertArrived(id, bytes);
  }

  @Test
  void manyModelsArriveThoughFewTravelAtATime() throws Exception {
    List<ModelId> ids = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      ids.add(put(sending.store(), bytes(200 + i * 100_000), Labels.NONE));
    }
    for (CompletionStage<?> each : ids.stream().map(transfer::fetch).toList()) {
      get(each);
    }
    assertTrue(receiving.store().ids().containsAll(ids));
  }

  @Test
  void modelThatNobodyHasIsNamed() {
    ModelId id = new ModelId("0".repeat(64));
    assertEquals("model " + id + " cannot be fetched: no node has it", failure(transfer.fetch(id)));
  }

  @Test
  void privateModelIsNotSent() throws Exception {
    ModelId id =
        put(
            sending.store(),
            bytes(200),
            new Labels(Optional.empty(), Map.of(Labels.VISIBILITY, Labels.PRIVATE)));
    assertTrue(failure(transfer.fetch(id)).contains("it is private"));
    assertFalse(receiving.store().contains(id));
  }

  @Test
  void modelOverTheReceiversLimitIsRefusedBeforeItComes() throws Exception {
    byte[] bytes = bytes(CHUNK);
    ModelId id = id(bytes);
    int limit = (int) TestCluster.MAX_MODEL_SIZE;
    player(
        context ->
            open ->
                open.receiver()
                    .tell(
                        new ModelReceiver.Opened(
                            open.attempt(),
                            limit + 1,
                            Labels.NONE,
                            Instant.now(),
                            context.<ChunkSender.Command>spawnAnonymous(Behaviors.ignore()))));
    String message = failure(transfer.fetch(id));
    assertTrue(message.contains("at most " + limit + " bytes"), message);
  }

  @Test
  void fileThatIsCorruptAtItsSourceIsNotSentAndIsMovedAside() throws Exception {
    byte[] bytes = bytes(CHUNK + 5);
    ModelId id = put(sending.store(), bytes, Labels.NONE);
    Path file = sending.store().path(id);
    byte[] damaged = bytes.clone();
    damaged[1000] ^= 1;
    // Of the same length, and read before: only the receiver can tell.
    Files.write(file, damaged);
    String message = failure(transfer.fetch(id));
    assertTrue(message.contains("is not what the name says"), message);
    assertFalse(receiving.store().contains(id));
    TestCluster.await(() -> !sending.store().contains(id));
    assertTrue(Files.exists(sending.directory().resolve("corrupt/" + id + ".safetensors")));
  }

  @Test
  void brokenTransferGoesOnFromAnotherNodeWithTheChunkAfterTheLastGoodOne() throws Exception {
    byte[] bytes = bytes(6 * CHUNK + 3);
    ModelId id = id(bytes);
    List<Long> begins = Collections.synchronizedList(new ArrayList<>());
    // The one falls silent after four chunks; the other has the model, and says from where it is
    // asked for it.
    player(context -> open -> send(context, open, bytes, 4, begins));
    TestCluster.await(() -> transfer.peers() == 2);
    CompletionStage<?> fetched = transfer.fetch(id);
    TestCluster.await(() -> begins.size() == 1);
    player(context -> open -> send(context, open, bytes, Integer.MAX_VALUE, begins));
    get(fetched);
    assertArrived(id, bytes);
    assertEquals(0, begins.get(0));
    assertEquals(4L * CHUNK, begins.get(begins.size() - 1));
    assertFalse(begins.subList(1, begins.size()).contains(0L));
  }

  @Test
  void transferGoesOnWhereItWasWhenTheReceiverIsStartedAgain() throws Exception {
    byte[] bytes = bytes(3 * CHUNK);
    ModelId id = id(bytes);
    try (Reception cut = receiving.store().receive(id, bytes.length, Labels.NONE)) {
      cut.append(ByteBuffer.wrap(bytes, 0, 2 * CHUNK));
    }
    List<Long> begins = Collections.synchronizedList(new ArrayList<>());
    player(context -> open -> send(context, open, bytes, Integer.MAX_VALUE, begins));
    TestCluster.await(() -> transfer.peers() == 2);
    get(transfer.fetch(id));
    assertArrived(id, bytes);
    assertEquals(List.of(2L * CHUNK), begins);
  }

  @Test
  void noMoreChunksAreUnderWayThanTheReceiverAllows() throws Exception {
    byte[] bytes = bytes(12 * CHUNK);
    ModelId id = put(sending.store(), bytes, Labels.NONE);
    TestProbe<ModelReceiver.Command> slow = TestProbe.create(odd.system());
    ActorRef<ModelExchange.Command> exchange = exchangeOf(sending);
    exchange.tell(new ModelExchange.Open(id, 1, slow.ref()));
    ModelReceiver.Opened opened = slow.expectMessageClass(ModelReceiver.Opened.class);
    assertEquals(bytes.length, opened.size());
    opened.sender().tell(new ChunkSender.Begin(CHUNK));
    opened.sender().tell(new ChunkSender.Credit(3));
    for (int i = 1; i <= 3; i++) {
      ModelReceiver.Chunk chunk = slow.expectMessageClass(ModelReceiver.Chunk.class);
      assertEquals(i, chunk.number());
      assertEquals(ByteBuffer.wrap(bytes, i * CHUNK, CHUNK), chunk.bytes());
    }
    slow.expectNoMessage(Duration.ofMillis(200));
    opened.sender().tell(new ChunkSender.Credit(1));
    assertEquals(4, slow.expectMessageClass(ModelReceiver.Chunk.class).number());
    slow.expectNoMessage(Duration.ofMillis(100));
    opened.sender().tell(new ChunkSender.End());
    slow.expectTerminated(opened.sender());
  }

  private static ActorRef<ModelExchange.Command> exchangeOf(TestCluster.Node node)
      throws InterruptedException {
    TestProbe<Receptionist.Listing> probe = TestProbe.create(node.system());
    List<ActorRef<ModelExchange.Command>> found = new ArrayList<>();
    TestCluster.await(
        () -> {
          node.system().receptionist().tell(Receptionist.find(ModelExchange.KEY, probe.ref()));
          probe.receiveMessage().getServiceInstances(ModelExchange.KEY).stream()
              .filter(each -> each.path().address().hasLocalScope())
              .forEach(found::add);
          return !found.isEmpty();
        });
    return found.get(0);
  }

  /** What a player does when it is asked for a model. */
  private interface Part {
    java.util.function.Consumer<ModelExchange.Open> in(
        akka.actor.typed.javadsl.ActorContext<Object> context);
  }

  /** A node that says it has every model, and does what the part says. */
  private void player(Part part) throws InterruptedException {
    int before = transfer.peers();
    Behavior<Object> behavior =
        Behaviors.setup(
            context -> {
              ActorRef<ModelExchange.Command> self = context.getSelf().unsafeUpcast();
              odd.system().receptionist().tell(Receptionist.register(ModelExchange.KEY, self));
              java.util.function.Consumer<ModelExchange.Open> opened = part.in(context);
              return Behaviors.receive(Object.class)
                  .onMessage(
                      ModelExchange.Has.class,
                      has -> {
                        has.replyTo().tell(new ModelExchange.Holding(has.ids(), self));
                        return Behaviors.same();
                      })
                  .onMessage(
                      ModelExchange.Open.class,
                      open -> {
                        opened.accept(open);
                        return Behaviors.same();
                      })
                  .onMessageEquals("stop", Behaviors::stopped)
                  .onAnyMessage(other -> Behaviors.same())
                  .build();
            });
    players.add(
        odd.system()
            .systemActorOf(behavior, "player-" + java.util.UUID.randomUUID(), Props.empty()));
    TestCluster.await(() -> transfer.peers() == before + 1);
  }

  /** Sends a model's chunks up to one, and then nothing. */
  private static void send(
      akka.actor.typed.javadsl.ActorContext<Object> context,
      ModelExchange.Open open,
      byte[] bytes,
      int until,
      List<Long> begins) {
    Behavior<ChunkSender.Command> sender =
        Behaviors.setup(
            self -> {
              open.receiver()
                  .tell(
                      new ModelReceiver.Opened(
                          open.attempt(),
                          bytes.length,
                          Labels.NONE,
                          Instant.now(),
                          self.getSelf()));
              return sending(open, bytes, until, begins, 0);
            });
    context.spawnAnonymous(sender);
  }

  private static Behavior<ChunkSender.Command> sending(
      ModelExchange.Open open, byte[] bytes, int until, List<Long> begins, int next) {
    return Behaviors.receive(ChunkSender.Command.class)
        .onMessage(
            ChunkSender.Begin.class,
            begin -> {
              begins.add(begin.position());
              return sending(open, bytes, until, begins, (int) (begin.position() / CHUNK));
            })
        .onMessage(
            ChunkSender.Credit.class,
            credit -> {
              int number = next;
              for (int i = 0; i < credit.chunks() && number < until; i++) {
                if (number * CHUNK < bytes.length) {
                  byte[] piece =
                      Arrays.copyOfRange(
                          bytes, number * CHUNK, Math.min(bytes.length, (number + 1) * CHUNK));
                  CRC32C checksum = new CRC32C();
                  checksum.update(piece);
                  open.receiver()
                      .tell(
                          new ModelReceiver.Chunk(
                              open.attempt(),
                              number,
                              (int) checksum.getValue(),
                              ByteBuffer.wrap(piece)));
                }
                number++;
              }
              return sending(open, bytes, until, begins, number);
            })
        .onMessage(ChunkSender.End.class, end -> Behaviors.stopped())
        .build();
  }
}
