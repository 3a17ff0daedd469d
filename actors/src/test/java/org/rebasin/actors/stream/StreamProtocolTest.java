package org.rebasin.actors.stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import akka.actor.ExtendedActorSystem;
import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.typed.javadsl.Adapter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.rebasin.actors.store.Labels;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.Outline;
import org.rebasin.actors.wire.WireClasses;
import org.rebasin.actors.wire.WireSerializer;

class StreamProtocolTest {
  /** Bytes as a node of the first version sends them: a line for each message. */
  private static final String FIXTURE = "/wire/stream-1.txt";

  private static ActorTestKit kit;
  private static WireSerializer serializer;

  @BeforeAll
  static void start() {
    kit = ActorTestKit.create("wire");
    serializer = new WireSerializer((ExtendedActorSystem) Adapter.toClassic(kit.system()));
  }

  @AfterAll
  static void stop() {
    kit.shutdownTestKit();
  }

  private static List<Object> messages() {
    ModelId id = new ModelId("a1".repeat(32));
    return List.of(
        new ModelExchange.Has(List.of(id), kit.system().<ModelExchange.Holding>deadLetters()),
        new ModelExchange.Holding(List.of(id), kit.system().deadLetters()),
        new ModelExchange.Open(id, 3, kit.system().deadLetters()),
        new ModelExchange.Doubt(id),
        new ModelExchange.Keep(id, kit.system().deadLetters()),
        new ModelExchange.Kept(id, kit.system().deadLetters(), Optional.of("the disk is full")),
        new ModelReceiver.Opened(
            2,
            1L << 40,
            new Labels(Optional.of("mlp:3-2"), Map.of("site", "north")),
            Instant.ofEpochSecond(1_800_000_000L, 5),
            kit.system().deadLetters()),
        new ModelReceiver.Refused(2, "it is private", false),
        new ModelReceiver.Chunk(2, 70_000, -5, ByteBuffer.wrap(new byte[] {1, 2, -3})),
        new ChunkSender.Begin(5L << 20),
        new ChunkSender.Credit(16),
        new ChunkSender.End(),
        new ModelExchange.Describe(id, kit.system().<ModelExchange.Description>deadLetters()),
        new ModelExchange.Description(
            Optional.of(
                new Holder(
                    "home",
                    "127.0.0.1:2551",
                    true,
                    new Outline(
                        1024,
                        "mlp:2-1",
                        Map.of("visibility", "private"),
                        List.of(new Outline.Part("fc1.bias", "F32", List.of(1L), true)))))),
        new ActivationExchange.Seek(id, kit.system().<ActivationExchange.Held>deadLetters()),
        new ActivationExchange.Held(id, kit.system().deadLetters()),
        new ActivationExchange.Open(id, 1, "mlp:2-1", "digits", 2, 4, kit.system().deadLetters()),
        new ActivationReceiver.Opened(1, 500, kit.system().deadLetters()),
        new ActivationReceiver.Refused(1, "no such data", true),
        new ActivationReceiver.BatchBegun(1, 3, 100, -7),
        new ActivationReceiver.Chunk(1, 70_000, -5, new byte[] {1, 2, -3}),
        new ActivationSource.Begin("mnist"),
        new ActivationSource.Credit(16),
        new ActivationSource.End());
  }

  private static void assertSame(Object expected, Object found) {
    if (expected instanceof ActivationReceiver.Chunk chunk) {
      ActivationReceiver.Chunk other = (ActivationReceiver.Chunk) found;
      assertArrayEquals(chunk.bytes(), other.bytes());
      assertEquals(
          List.of(chunk.side(), chunk.number(), chunk.crc32c()),
          List.of(other.side(), other.number(), other.crc32c()));
    } else {
      assertEquals(expected, found);
    }
  }

  @Test
  void everyMessageComesBack() {
    Set<Class<?>> seen = new HashSet<>();
    for (Object message : messages()) {
      seen.add(message.getClass());
      assertSame(message, serializer.fromBinary(serializer.toBinary(message), "1"));
      ByteBuffer buffer = ByteBuffer.allocateDirect(1000);
      serializer.toBinary(message, buffer);
      assertSame(message, serializer.fromBinary(buffer.flip(), "1"));
    }
    seen.add(Holder.class);
    assertEquals(WireClasses.of(new StreamProtocol()).types(), seen);
  }

  @Test
  void bytesAreThoseOfTheFirstVersion() throws IOException {
    List<String> fixture;
    try (InputStream bytes = StreamProtocolTest.class.getResourceAsStream(FIXTURE)) {
      fixture = new String(bytes.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
    assertEquals(
        fixture,
        messages().stream()
            .map(
                message ->
                    message.getClass().getSimpleName()
                        + " "
                        + HexFormat.of().formatHex(serializer.toBinary(message)))
            .toList());
    for (int i = 0; i < fixture.size(); i++) {
      String hex = fixture.get(i).substring(fixture.get(i).indexOf(' ') + 1);
      assertSame(messages().get(i), serializer.fromBinary(HexFormat.of().parseHex(hex), "1"));
    }
  }
}
