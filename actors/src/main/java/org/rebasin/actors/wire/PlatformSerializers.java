package org.rebasin.actors.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.ByteBufferInput;
import com.esotericsoftware.kryo.io.ByteBufferOutput;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * The Java platform's classes on the wire. Whatever has a length is refused before memory is taken
 * for it, if the message has not as many bytes left as it would need. Collections are read as
 * unmodifiable ones in the order in which they were sent.
 */
final class PlatformSerializers {
  private PlatformSerializers() {}

  interface Writer<T> {
    void write(Kryo kryo, Output output, T value);
  }

  interface Reader<T> {
    T read(Kryo kryo, Input input);
  }

  static <T> Serializer<T> serializer(Writer<T> writer, Reader<T> reader) {
    return new Serializer<>(false, true) {
      @Override
      public void write(Kryo kryo, Output output, T value) {
        writer.write(kryo, output, value);
      }

      @Override
      public T read(Kryo kryo, Input input, Class<? extends T> type) {
        return reader.read(kryo, input);
      }
    };
  }

  /** Numbers below {@link WireClasses#FIRST_NUMBER}; Kryo itself has those below 10. */
  static void register(Kryo kryo) {
    kryo.register(String.class, text(), kryo.getRegistration(String.class).getId());
    kryo.register(List.class, list(), 20);
    kryo.register(Set.class, set(), 21);
    kryo.register(Map.class, map(), 22);
    kryo.register(Optional.class, optional(), 23);
    kryo.register(Duration.class, duration(), 24);
    kryo.register(Instant.class, instant(), 25);
    kryo.register(
        byte[].class,
        serializer(
            (k, output, value) -> {
              output.writeVarInt(value.length, true);
              output.writeBytes(value);
            },
            (k, input) -> input.readBytes(length(input, 1))),
        26);
    // In a message the same bytes as an array's.
    kryo.register(
        ByteBuffer.class,
        serializer((k, output, value) -> writeBytes(output, value), (k, input) -> readBytes(input)),
        43);
    kryo.register(
        int[].class,
        serializer(
            (k, output, value) -> {
              output.writeVarInt(value.length, true);
              output.writeInts(value, 0, value.length, true);
            },
            (k, input) -> input.readInts(length(input, 1), true)),
        27);
    kryo.register(
        long[].class,
        serializer(
            (k, output, value) -> {
              output.writeVarInt(value.length, true);
              output.writeLongs(value, 0, value.length, true);
            },
            (k, input) -> input.readLongs(length(input, 1), true)),
        28);
    kryo.register(
        float[].class,
        serializer(
            (k, output, value) -> {
              output.writeVarInt(value.length, true);
              output.writeFloats(value, 0, value.length);
            },
            (k, input) -> input.readFloats(length(input, Float.BYTES))),
        29);
    kryo.register(
        double[].class,
        serializer(
            (k, output, value) -> {
              output.writeVarInt(value.length, true);
              output.writeDoubles(value, 0, value.length);
            },
            (k, input) -> input.readDoubles(length(input, Double.BYTES))),
        30);
  }

  /**
   * Reads how many elements follow.
   *
   * @param bytes the least that one of them takes
   */
  private static int length(Input input, int bytes) {
    int length = input.readVarInt(true);
    long left = (long) input.limit() - input.position();
    if (length < 0 || (long) length * bytes > left) {
      throw new WireException(
          "expected a length of at most %d, as %d bytes are left, found %d"
              .formatted(left / bytes, left, length));
    }
    return length;
  }

  private static Serializer<String> text() {
    return serializer(
        (kryo, output, value) -> {
          byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
          output.writeVarInt(bytes.length, true);
          output.writeBytes(bytes);
        },
        (kryo, input) -> new String(input.readBytes(length(input, 1)), StandardCharsets.UTF_8));
  }

  private static void writeBytes(Output output, ByteBuffer value) {
    ByteBuffer bytes = value.duplicate();
    output.writeVarInt(bytes.remaining(), true);
    if (output instanceof ByteBufferOutput direct
        && direct.getByteBuffer().remaining() >= bytes.remaining()) {
      // From memory to memory, be they the heap's or not.
      ByteBuffer target = direct.getByteBuffer();
      target.put(bytes);
      direct.setPosition(target.position());
    } else {
      byte[] copy = new byte[bytes.remaining()];
      bytes.get(copy);
      output.writeBytes(copy);
    }
  }

  /**
   * Without a copy where the network has made an array for the message, and for nothing else. Not
   * read-only, which would hide the array from checksums and digests, so that they copy.
   */
  private static ByteBuffer readBytes(Input input) {
    int length = length(input, 1);
    if (input instanceof ByteBufferInput arrived && arrived.getByteBuffer().hasArray()) {
      ByteBuffer bytes = arrived.getByteBuffer().slice(arrived.position(), length);
      arrived.setPosition(arrived.position() + length);
      return bytes;
    }
    return ByteBuffer.wrap(input.readBytes(length));
  }

  @SuppressWarnings("rawtypes")
  private static Serializer<List> list() {
    return elements(List::copyOf);
  }

  @SuppressWarnings("rawtypes")
  private static Serializer<Set> set() {
    return elements(all -> Collections.unmodifiableSet(new LinkedHashSet<>(all)));
  }

  /** A collection by its elements, in their order. */
  private static <C extends Collection<?>> Serializer<C> elements(
      Function<List<Object>, C> collection) {
    return serializer(
        (kryo, output, value) -> {
          output.writeVarInt(value.size(), true);
          for (Object element : value) {
            kryo.writeClassAndObject(output, element);
          }
        },
        (kryo, input) -> {
          int size = length(input, 1);
          List<Object> elements = new ArrayList<>();
          for (int i = 0; i < size; i++) {
            elements.add(kryo.readClassAndObject(input));
          }
          return collection.apply(elements);
        });
  }

  @SuppressWarnings("rawtypes")
  private static Serializer<Map> map() {
    return serializer(
        (kryo, output, value) -> {
          output.writeVarInt(value.size(), true);
          for (Object entry : value.entrySet()) {
            kryo.writeClassAndObject(output, ((Map.Entry) entry).getKey());
            kryo.writeClassAndObject(output, ((Map.Entry) entry).getValue());
          }
        },
        (kryo, input) -> {
          int size = length(input, 2);
          Map<Object, Object> entries = new LinkedHashMap<>();
          for (int i = 0; i < size; i++) {
            entries.put(kryo.readClassAndObject(input), kryo.readClassAndObject(input));
          }
          return Collections.unmodifiableMap(entries);
        });
  }

  @SuppressWarnings("rawtypes")
  private static Serializer<Optional> optional() {
    return serializer(
        (kryo, output, value) ->
            kryo.writeClassAndObject(output, value.isPresent() ? value.get() : null),
        (kryo, input) -> Optional.ofNullable(kryo.readClassAndObject(input)));
  }

  private static Serializer<Duration> duration() {
    return serializer(
        (kryo, output, value) -> {
          output.writeVarLong(value.getSeconds(), false);
          output.writeVarInt(value.getNano(), true);
        },
        (kryo, input) -> Duration.ofSeconds(input.readVarLong(false), input.readVarInt(true)));
  }

  private static Serializer<Instant> instant() {
    return serializer(
        (kryo, output, value) -> {
          output.writeVarLong(value.getEpochSecond(), false);
          output.writeVarInt(value.getNano(), true);
        },
        (kryo, input) -> Instant.ofEpochSecond(input.readVarLong(false), input.readVarInt(true)));
  }

  /** A class that is written as another one. */
  static <T, S> Serializer<T> surrogate(WireClasses.Entry<T, S> entry) {
    return serializer(
        (kryo, output, value) -> kryo.writeObject(output, entry.toWire().apply(value)),
        (kryo, input) -> {
          try {
            return entry.fromWire().apply(kryo.readObject(input, entry.surrogate()));
          } catch (IllegalArgumentException refused) {
            throw new WireException(
                entry.type().getName() + " refuses what was received: " + refused.getMessage(),
                refused);
          }
        });
  }

  /** An enumeration by its constants' names. */
  static <T> Serializer<T> enumeration(Class<T> type) {
    return surrogate(
        new WireClasses.Entry<>(
            type,
            String.class,
            constant -> ((Enum<?>) constant).name(),
            name -> constant(type, name)));
  }

  private static <T> T constant(Class<T> type, String name) {
    for (T constant : type.getEnumConstants()) {
      if (((Enum<?>) constant).name().equals(name)) {
        return constant;
      }
    }
    throw new WireException("%s has no %s".formatted(type.getName(), name));
  }

  /** What Akka makes text of, such as references. */
  static <T> Serializer<T> asText(Function<T, String> write, Function<String, T> read) {
    return serializer(
        (kryo, output, value) -> kryo.writeObject(output, write.apply(value)),
        (kryo, input) -> read.apply(kryo.readObject(input, String.class)));
  }
}
