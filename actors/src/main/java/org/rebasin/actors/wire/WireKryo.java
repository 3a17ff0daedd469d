package org.rebasin.actors.wire;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorRefResolver;
import akka.actor.typed.ActorSystem;
import akka.stream.SinkRef;
import akka.stream.SourceRef;
import akka.stream.StreamRefResolver;
import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Registration;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.util.DefaultClassResolver;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A Kryo that writes and reads the listed classes and no others. Not thread-safe. */
final class WireKryo extends Kryo {
  /** Nested deeper, a message is an attack on the stack. */
  private static final int MAX_DEPTH = 64;

  /** What is sent as one of these is read as one of these, whichever class it is. */
  private static final List<Class<?>> INTERFACES =
      List.of(
          List.class,
          Set.class,
          Map.class,
          ActorRef.class,
          SourceRef.class,
          SinkRef.class,
          ByteBuffer.class);

  private final ClassValue<Optional<Class<?>>> canonical =
      new ClassValue<>() {
        @Override
        protected Optional<Class<?>> computeValue(Class<?> type) {
          return INTERFACES.stream().filter(each -> each.isAssignableFrom(type)).findFirst();
        }
      };

  WireKryo(WireClasses classes, ActorSystem<?> system) {
    super(new ListedClasses(), null);
    setRegistrationRequired(true);
    setReferences(false);
    setMaxDepth(MAX_DEPTH);
    PlatformSerializers.register(this);
    ActorRefResolver actors = ActorRefResolver.get(system);
    StreamRefResolver streams = StreamRefResolver.get(system);
    register(
        ActorRef.class,
        PlatformSerializers.<ActorRef<?>>asText(
            actors::toSerializationFormat, actors::resolveActorRef),
        40);
    register(
        SourceRef.class,
        PlatformSerializers.<SourceRef<?>>asText(
            streams::toSerializationFormat, streams::resolveSourceRef),
        41);
    register(
        SinkRef.class,
        PlatformSerializers.<SinkRef<?>>asText(
            streams::toSerializationFormat, streams::resolveSinkRef),
        42);
    classes.byNumber().forEach(this::register);
    classes
        .formers()
        .forEach((number, former) -> register(former.shape(), serializer(former), number));
  }

  private void register(int number, WireClasses.Entry<?, ?> entry) {
    register(entry.type(), serializer(entry), number);
  }

  private static <T, S> Serializer<T> serializer(WireClasses.Entry<T, S> entry) {
    if (!entry.isDirect()) {
      return PlatformSerializers.surrogate(entry);
    }
    return entry.type().isEnum()
        ? PlatformSerializers.enumeration(entry.type())
        : new RecordSerializer<>(entry.type());
  }

  private static <S, T> Serializer<T> serializer(WireClasses.Former<S, T> former) {
    RecordSerializer<S> shape = new RecordSerializer<>(former.shape());
    return PlatformSerializers.serializer(
        (kryo, output, value) -> {
          throw new WireException(former.shape().getName() + " is read alone, not written");
        },
        (kryo, input) -> former.fromWire().apply(shape.read(kryo, input, former.shape())));
  }

  /** Called by Kryo for every object it writes. */
  @Override
  @SuppressWarnings("rawtypes")
  public Registration getRegistration(Class type) {
    // Enumerations' constants may have classes of their own.
    Class<?> declared =
        Enum.class.isAssignableFrom(type) && !type.isEnum() ? type.getSuperclass() : type;
    Registration known = getClassResolver().getRegistration(declared);
    if (known == null && canonicalOf(declared).isPresent()) {
      known = getClassResolver().getRegistration(canonicalOf(declared).get());
    }
    if (known == null) {
      throw new WireException(
          "%s has no number in the wire protocol, so it is not sent".formatted(type.getName()));
    }
    return known;
  }

  private Optional<Class<?>> canonicalOf(Class<?> type) {
    // Called from Kryo's constructor, too, before there are fields.
    return canonical == null ? Optional.empty() : canonical.get(type);
  }

  /** Reads classes by number alone: a name from outside loads nothing. */
  private static final class ListedClasses extends DefaultClassResolver {
    @Override
    public Registration readClass(Input input) {
      int at = input.position();
      int number = input.readVarInt(true);
      // As Kryo has it: 0 is null, 1 announces a name, all others are two more than the number.
      if (number == NAME + 2) {
        throw new WireException("expected the number of a class, found a name");
      }
      if (number != Kryo.NULL && getRegistration(number - 2) == null) {
        throw new WireException(
            "expected the number of a class in the wire protocol, found %d".formatted(number - 2));
      }
      input.setPosition(at);
      return super.readClass(input);
    }
  }
}
