package org.rebasin.actors.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A record as its components in their order, read through its constructor and thus checked by it.
 * (Kryo's own sorts components by name, so that a new name could change their order.)
 */
final class RecordSerializer<T> extends Serializer<T> {
  private final Class<T> type;
  private final Method[] accessors;
  private final Class<?>[] types;
  private final Constructor<T> constructor;

  RecordSerializer(Class<T> type) {
    super(false, true);
    this.type = type;
    RecordComponent[] components = type.getRecordComponents();
    accessors = Arrays.stream(components).map(RecordComponent::getAccessor).toArray(Method[]::new);
    types = Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      constructor = type.getDeclaredConstructor(types);
      // Records may be nested in classes that are no one else's business.
      constructor.setAccessible(true);
      for (Method accessor : accessors) {
        accessor.setAccessible(true);
      }
    } catch (NoSuchMethodException impossible) {
      throw new IllegalStateException("every record has this constructor", impossible);
    }
  }

  @Override
  public void write(Kryo kryo, Output output, T value) {
    for (int i = 0; i < types.length; i++) {
      Object component = get(value, accessors[i]);
      if (component == null) {
        throw new WireException(
            "%s.%s: expected a value, found null".formatted(type.getName(), name(i)));
      }
      if (isKnown(types[i])) {
        kryo.writeObject(output, component);
      } else {
        kryo.writeClassAndObject(output, component);
      }
    }
  }

  /** Whether the class need not be written, because no other can be there. */
  private static boolean isKnown(Class<?> type) {
    return type.isPrimitive()
        || type.isArray()
        || type == ByteBuffer.class
        || Modifier.isFinal(type.getModifiers());
  }

  private String name(int component) {
    return accessors[component].getName();
  }

  private static Object get(Object value, Method accessor) {
    try {
      return accessor.invoke(value);
    } catch (ReflectiveOperationException problem) {
      throw new WireException("cannot read " + accessor, problem);
    }
  }

  @Override
  public T read(Kryo kryo, Input input, Class<? extends T> ignored) {
    Object[] components = new Object[types.length];
    for (int i = 0; i < types.length; i++) {
      components[i] =
          isKnown(types[i]) ? kryo.readObject(input, types[i]) : kryo.readClassAndObject(input);
      if (components[i] == null) {
        throw new WireException(
            "%s.%s: expected a value, found null".formatted(type.getName(), name(i)));
      }
      if (!types[i].isPrimitive() && !types[i].isInstance(components[i])) {
        throw new WireException(
            "%s.%s: expected %s, found %s"
                .formatted(
                    type.getName(),
                    name(i),
                    types[i].getName(),
                    components[i].getClass().getName()));
      }
    }
    try {
      return constructor.newInstance(components);
    } catch (InvocationTargetException refused) {
      throw new WireException(
          "%s refuses what was received: %s"
              .formatted(type.getName(), refused.getCause().getMessage()),
          refused.getCause());
    } catch (ReflectiveOperationException problem) {
      throw new WireException("cannot make a " + type.getName(), problem);
    }
  }
}
