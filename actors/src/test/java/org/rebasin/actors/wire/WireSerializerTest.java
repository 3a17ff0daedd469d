package org.rebasin.actors.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import akka.actor.typed.javadsl.Adapter;
import akka.serialization.SerializationExtension;
import akka.serialization.Serializers;
import akka.stream.SourceRef;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import akka.stream.javadsl.StreamRefs;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class WireSerializerTest {
  sealed interface Shape {}

  record Point(double x, float y) implements Shape {
    Point {
      if (Double.isNaN(x)) {
        throw new IllegalArgumentException("x: expected a number, found NaN");
      }
    }
  }

  record Polygon(List<Point> corners) implements Shape {}

  record Sizes(Map<String, List<Integer>> byName, Set<Long> marks, Optional<Shape> hull)
      implements WireMessage {}

  enum Colour {
    RED,
    GREEN {
      @Override
      boolean isDark() {
        return true;
      }
    };

    boolean isDark() {
      return false;
    }
  }

  record Everything(
      boolean flag,
      byte small,
      char letter,
      short number,
      int whole,
      long wide,
      String text,
      Colour colour,
      Shape shape,
      Duration pause,
      Instant time,
      Integer boxed)
      implements WireMessage {}

  /** Arrays compare by content in the tests alone. */
  record Numbers(byte[] bytes, int[] ints, long[] longs, float[] floats, double[] doubles)
      implements WireMessage {}

  record Piece(int number, ByteBuffer bytes, int after) implements WireMessage {}

  record Ask(String question, ActorRef<Answer> replyTo) implements WireMessage {}

  record Answer(SourceRef<String> pieces) implements WireMessage {}

  record Nested(List<Object> inner) implements WireMessage {}

  record Unlisted(int number) implements WireMessage {}

  /** The list of this test. */
  public static final class Listed implements WireProtocol {
    @Override
    public void list(WireClasses classes) {
      classes
          .add(100, Point.class)
          .add(101, Polygon.class)
          .add(102, Sizes.class)
          .add(103, Colour.class)
          .add(104, Everything.class)
          .add(105, Numbers.class)
          .add(106, Ask.class)
          .add(107, Answer.class)
          .add(108, Nested.class)
          .add(109, Piece.class);
    }
  }

  private static final Config CONFIG =
      ConfigFactory.parseString("rebasin.wire.protocol = \"" + Listed.class.getName() + "\"")
          .withFallback(ConfigFactory.load());

  /** Kryo's number of strings, plus two. */
  private static final int TEXT = 3;

  private static ActorTestKit kit;
  private static WireSerializer serializer;

  @BeforeAll
  static void start() {
    kit = ActorTestKit.create("wire", CONFIG);
    serializer =
        (WireSerializer)
            SerializationExtension.get(Adapter.toClassic(kit.system()))
                .findSerializerFor(new Nested(List.of()));
  }

  @AfterAll
  static void stop() {
    kit.shutdownTestKit();
  }

  private static Object throughBytes(Object message) {
    return serializer.fromBinary(serializer.toBinary(message), serializer.manifest(message));
  }

  /** As in the network's buffers: direct, and not from their beginning. */
  private static Object throughBuffer(Object message) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(4096).position(100);
    serializer.toBinary(message, buffer);
    buffer.limit(buffer.position()).position(100);
    return serializer.fromBinary(buffer, serializer.manifest(message));
  }

  private static void assertComesBack(Object message) {
    assertEquals(message, throughBytes(message));
    assertEquals(message, throughBuffer(message));
  }

  @Test
  void akkaTakesThisSerializerForMarkedMessages() {
    assertEquals(WireSerializer.IDENTIFIER, serializer.identifier());
    assertEquals("1", Serializers.manifestFor(serializer, new Nested(List.of())));
  }

  @Test
  void recordsOfEveryKindOfValueComeBack() {
    assertComesBack(
        new Everything(
            true,
            (byte) -3,
            'é',
            (short) -300,
            Integer.MIN_VALUE,
            Long.MAX_VALUE,
            "größe \uD83D\uDE00",
            Colour.GREEN,
            new Polygon(List.of(new Point(1.5, -2f), new Point(-0.0, Float.MAX_VALUE))),
            Duration.ofMillis(-1500),
            Instant.ofEpochSecond(5, 7),
            42));
  }

  @Test
  void collectionsComeBackInTheirOrder() {
    Sizes sizes =
        new Sizes(
            new java.util.LinkedHashMap<>(Map.of("b", List.of(1, 2), "a", List.of())),
            Set.of(1L, 2L, 3L),
            Optional.of(new Point(1, 2)));
    assertComesBack(sizes);
    Sizes back = (Sizes) throughBytes(sizes);
    assertEquals(List.copyOf(sizes.byName().keySet()), List.copyOf(back.byName().keySet()));
    assertThrows(UnsupportedOperationException.class, () -> back.byName().clear());
    assertComesBack(new Sizes(Map.of(), Set.of(), Optional.empty()));
    assertComesBack(new Nested(new java.util.ArrayList<>(Arrays.asList(List.of("x"), 1.5, true))));
  }

  @Test
  void bytesComeBackWhereverTheyWere() {
    byte[] array = {9, 1, -1, 3, 9};
    ByteBuffer direct = ByteBuffer.allocateDirect(5).put(array).position(1).limit(4);
    ByteBuffer onHeap = ByteBuffer.wrap(array, 1, 3);
    for (ByteBuffer bytes : List.of(direct, onHeap, onHeap.asReadOnlyBuffer())) {
      Piece sent = new Piece(-7, bytes, 70_000);
      assertComesBack(sent);
      assertEquals(3, bytes.remaining(), "still to be read");
      // As Akka has it from TCP: an array for the message alone.
      byte[] arrived = serializer.toBinary(sent);
      ByteBuffer frame = ByteBuffer.allocate(arrived.length + 20).position(20).put(arrived);
      assertEquals(sent, serializer.fromBinary(frame.position(20), serializer.manifest(sent)));
    }
    byte[] cut = Arrays.copyOf(serializer.toBinary(new Piece(1, direct, 2)), 5);
    refused(cut);
    assertThrows(
        WireException.class,
        () -> serializer.fromBinary(ByteBuffer.wrap(cut), WireSerializer.FORMAT));
  }

  @Test
  void arraysComeBack() {
    Numbers sent =
        new Numbers(
            new byte[] {1, -1},
            new int[] {0, 70_000, -1},
            new long[] {Long.MIN_VALUE},
            new float[] {Float.NaN, 1},
            new double[] {});
    for (Object each : List.of(throughBytes(sent), throughBuffer(sent))) {
      Numbers back = (Numbers) each;
      assertTrue(Arrays.equals(sent.bytes, back.bytes) && Arrays.equals(sent.ints, back.ints));
      assertTrue(Arrays.equals(sent.longs, back.longs) && Arrays.equals(sent.floats, back.floats));
      assertTrue(Arrays.equals(sent.doubles, back.doubles));
    }
  }

  @Test
  void actorIsStillReachedByItsReference() throws Exception {
    TestProbe<Answer> probe = kit.createTestProbe();
    Ask back = (Ask) throughBuffer(new Ask("how are you", probe.ref()));
    assertEquals(probe.ref(), back.replyTo());
    SourceRef<String> pieces =
        Source.from(List.of("so", "so")).runWith(StreamRefs.sourceRef(), kit.system());
    back.replyTo().tell((Answer) throughBytes(new Answer(pieces)));
    assertEquals(
        List.of("so", "so"),
        probe
            .receiveMessage()
            .pieces()
            .getSource()
            .runWith(Sink.seq(), kit.system())
            .toCompletableFuture()
            .get(5, TimeUnit.SECONDS));
  }

  private static WireException refused(byte... bytes) {
    return assertThrows(WireException.class, () -> serializer.fromBinary(bytes, "1"));
  }

  @Test
  void unlistedClassIsRefusedByName() {
    WireException refusal = assertThrows(WireException.class, () -> throughBytes(new Unlisted(1)));
    assertEquals(
        Unlisted.class.getName() + " has no number in the wire protocol, so it is not sent",
        refusal.getMessage());
    WireException inside =
        assertThrows(
            WireException.class, () -> throughBuffer(new Nested(List.of(new StringBuilder()))));
    assertTrue(inside.getMessage().startsWith("java.lang.StringBuilder has"), inside.getMessage());
    assertComesBack(new Nested(List.of("the next message is sent")));
  }

  @Test
  void numberThatIsNotListedIsRefused() {
    assertEquals(
        "expected the number of a class in the wire protocol, found 119",
        refused((byte) 121).getMessage());
  }

  @Test
  void nameOfAClassIsRefused() {
    assertEquals(
        "expected the number of a class, found a name",
        refused((byte) 1, (byte) 0, (byte) 'x').getMessage());
  }

  @Test
  void lengthBeyondTheMessageIsRefusedBeforeMemoryIsTaken() {
    byte number = 28; // byte[]
    byte[] claim = {number, -1, -1, -1, -1, 7, 0, 0};
    assertEquals(
        "expected a length of at most 2, as 2 bytes are left, found 2147483647",
        refused(claim).getMessage());
    for (int each : new int[] {TEXT, 22, 23, 24, 29, 30, 31, 32}) {
      claim[0] = (byte) each;
      assertTrue(refused(claim).getMessage().contains("found 2147483647"));
    }
  }

  @Test
  void messageCutOffAnywhereIsRefused() {
    byte[] whole =
        serializer.toBinary(
            new Sizes(Map.of("a", List.of(1)), Set.of(2L), Optional.of(new Point(1, 2))));
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThrows(WireException.class, () -> serializer.fromBinary(cut, "1"));
    }
  }

  @Test
  void messageNestedToExhaustTheStackIsRefused() {
    byte[] lists = new byte[200_000];
    for (int i = 0; i < lists.length; i += 2) {
      lists[i] = 22;
      lists[i + 1] = 1;
    }
    assertThrows(WireException.class, () -> serializer.fromBinary(lists, "1"));
    assertComesBack(new Nested(List.of()));
  }

  @Test
  void valueThatARecordRefusesIsRefused() {
    byte[] point = serializer.toBinary(new Point(1, 2));
    Arrays.fill(point, 1, 1 + Double.BYTES, (byte) -1);
    String message = refused(point).getMessage();
    assertTrue(message.endsWith("x: expected a number, found NaN"), message);
  }

  @Test
  void nullInARecordIsRefusedByItsComponent() {
    WireException refusal = assertThrows(WireException.class, () -> throughBytes(new Nested(null)));
    assertEquals(
        Nested.class.getName() + ".inner: expected a value, found null", refusal.getMessage());
  }

  @Test
  void otherFormatIsRefused() {
    byte[] bytes = serializer.toBinary(new Nested(List.of()));
    WireException refusal =
        assertThrows(WireException.class, () -> serializer.fromBinary(bytes, "2"));
    assertTrue(refusal.getMessage().startsWith("expected wire format 1, found 2"));
  }

  @Test
  void messageThatDoesNotFitTheBufferOverflowsIt() {
    ByteBuffer small = ByteBuffer.allocateDirect(64);
    assertThrows(
        BufferOverflowException.class,
        () -> serializer.toBinary(new Nested(List.of("x".repeat(100))), small));
    assertThrows(
        BufferOverflowException.class,
        () -> serializer.toBinary(new Piece(1, ByteBuffer.allocate(100), 2), small));
  }

  @Test
  void numberIsGivenOnce() {
    WireClasses classes = new WireClasses().add(100, Point.class);
    assertThrows(IllegalArgumentException.class, () -> classes.add(100, Polygon.class));
    assertThrows(IllegalArgumentException.class, () -> classes.add(101, Point.class));
    assertThrows(IllegalArgumentException.class, () -> classes.add(99, Polygon.class));
    assertThrows(IllegalArgumentException.class, () -> classes.add(102, StringBuilder.class));
  }
}
