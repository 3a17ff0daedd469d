package org.rebasin.actors.wire;

import akka.actor.ExtendedActorSystem;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Adapter;
import akka.serialization.ByteBufferSerializer;
import akka.serialization.SerializerWithStringManifest;
import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.ByteBufferInput;
import com.esotericsoftware.kryo.io.ByteBufferOutput;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.KryoBufferOverflowException;
import com.esotericsoftware.kryo.io.Output;
import com.esotericsoftware.kryo.util.Pool;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.rebasin.actors.telemetry.WireMetrics;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Akka's serializer of all {@link WireMessage}s. Writes into and reads from the network's own
 * buffers. What it refuses it logs once for each reason; Akka then drops the message, and keeps the
 * connection. Thread-safe.
 */
public final class WireSerializer extends SerializerWithStringManifest
    implements ByteBufferSerializer {
  /** Of this format: a node that speaks another one is refused by name. */
  public static final String FORMAT = "1";

  /** Tells Akka which serializer wrote a message; never to change. */
  public static final int IDENTIFIER = 20_240;

  private static final Logger LOG = LoggerFactory.getLogger(WireSerializer.class);
  private static final int POOLED = 32;
  private static final int FIRST_BYTES = 512;
  private static final int REASONS = 1000;

  private final Pool<Kryo> pool;
  private final int maxBytes;
  private final Set<String> logged = ConcurrentHashMap.newKeySet();

  /** Called by Akka. */
  public WireSerializer(ExtendedActorSystem system) {
    ActorSystem<?> typed = Adapter.toTyped(system);
    maxBytes =
        (int)
            Math.min(
                Integer.MAX_VALUE - 8,
                system.settings().config().getBytes("rebasin.wire.max-message-size"));
    pool =
        new Pool<>(true, false, POOLED) {
          // Made when the first message is: a node by itself sends none.
          @Override
          protected Kryo create() {
            return new WireKryo(protocolOf(system), typed);
          }
        };
  }

  private static WireClasses protocolOf(ExtendedActorSystem system) {
    String name = system.settings().config().getString("rebasin.wire.protocol");
    try {
      return WireClasses.of(
          system
              .dynamicAccess()
              .classLoader()
              .loadClass(name)
              .asSubclass(WireProtocol.class)
              .getConstructor()
              .newInstance());
    } catch (ReflectiveOperationException | ClassCastException problem) {
      throw new IllegalStateException(
          "rebasin.wire.protocol: expected a WireProtocol with a constructor without arguments,"
              + " found "
              + name,
          problem);
    }
  }

  @Override
  public int identifier() {
    return IDENTIFIER;
  }

  @Override
  public String manifest(Object message) {
    return FORMAT;
  }

  @Override
  public byte[] toBinary(Object message) {
    Output output = new Output(FIRST_BYTES, maxBytes);
    write(message, output);
    return output.toBytes();
  }

  @Override
  public void toBinary(Object message, ByteBuffer buffer) {
    // Kryo takes the whole of a buffer, from its beginning.
    ByteBuffer rest = buffer.slice();
    ByteBufferOutput output = new ByteBufferOutput(rest);
    write(message, output);
    buffer.position(buffer.position() + output.position());
  }

  private void write(Object message, Output output) {
    try {
      with(
          kryo -> {
            kryo.writeClassAndObject(output, message);
            WireMetrics.sent(output.total());
            return message;
          });
    } catch (KryoBufferOverflowException tooLong) {
      // What Akka expects of a message that does not fit.
      BufferOverflowException overflow = new BufferOverflowException();
      overflow.initCause(tooLong);
      throw overflow;
    } catch (WireException refused) {
      WireMetrics.refused("sent");
      log("does not send", message.getClass().getName(), refused);
      throw refused;
    }
  }

  @Override
  public Object fromBinary(byte[] bytes, String manifest) {
    return read(new Input(bytes), manifest);
  }

  @Override
  public Object fromBinary(ByteBuffer buffer, String manifest) {
    // Kryo reads from a buffer's beginning. What is read shares memory with it only if it is an
    // array: those Artery makes for each message that comes by TCP, and uses for nothing else.
    return read(new ByteBufferInput(buffer.slice()), manifest);
  }

  private Object read(Input input, String manifest) {
    try {
      if (!manifest.equals(FORMAT)) {
        throw new WireException(
            "expected wire format %s, found %s: the nodes' versions do not go together"
                .formatted(FORMAT, manifest));
      }
      Object message = with(kryo -> kryo.readClassAndObject(input));
      WireMetrics.received(input.total());
      if (message == null) {
        throw new WireException("expected a message, found null");
      }
      return message;
    } catch (KryoException | ClassCastException | NullPointerException malformed) {
      WireException refused =
          new WireException("a message is malformed: " + malformed.getMessage(), malformed);
      log("does not read", "what another node sent", refused);
      throw counted(refused);
    } catch (WireException refused) {
      log("does not read", "what another node sent", refused);
      throw counted(refused);
    }
  }

  private <T> T with(Function<Kryo, T> use) {
    Kryo kryo = pool.obtain();
    try {
      return use.apply(kryo);
    } catch (KryoException wrapped) {
      throw cause(wrapped);
    } finally {
      pool.free(kryo);
    }
  }

  /** Kryo wraps what its serializers throw. */
  private static RuntimeException cause(KryoException wrapped) {
    for (Throwable each = wrapped; each != null; each = each.getCause()) {
      if (each instanceof WireException refused) {
        return refused;
      }
    }
    return wrapped;
  }

  private static WireException counted(WireException refused) {
    WireMetrics.refused("received");
    return refused;
  }

  private void log(String refuses, String what, WireException refused) {
    // Reasons hold no content of messages but class names, numbers and lengths; bounded all the
    // same.
    if (logged.size() < REASONS && logged.add(refuses + what + refused.getMessage())) {
      LOG.warn("This node {} {}: {}", refuses, what, refused.getMessage());
    }
  }
}
