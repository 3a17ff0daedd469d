package org.rebasin.actors.wire;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/** The classes that may be sent, each by its number. */
public final class WireClasses {
  /** Numbers below are for the Java platform's and Akka's classes. */
  public static final int FIRST_NUMBER = 100;

  private final Map<Integer, Entry<?, ?>> byNumber = new TreeMap<>();
  private final Map<Class<?>, Integer> numbers = new LinkedHashMap<>();
  private final Map<Integer, Former<?, ?>> formers = new TreeMap<>();

  /**
   * How a class is written.
   *
   * @param surrogate the class that is written in its stead; itself for records and enumerations
   */
  record Entry<T, S>(
      Class<T> type, Class<S> surrogate, Function<T, S> toWire, Function<S, T> fromWire) {
    boolean isDirect() {
      return type == (Class<?>) surrogate;
    }
  }

  /** A record in whose shape former versions wrote a class that has another shape now. */
  record Former<S, T>(Class<S> shape, Function<S, T> fromWire) {}

  WireClasses() {}

  /** Takes in the list of a protocol. */
  public static WireClasses of(WireProtocol protocol) {
    WireClasses classes = new WireClasses();
    protocol.list(classes);
    return classes;
  }

  /**
   * Lists a record, which is written as its components in their order, or an enumeration, whose
   * constants are written by name.
   *
   * @param number at least {@link #FIRST_NUMBER}; never given to another class again
   */
  public <T> WireClasses add(int number, Class<T> type) {
    if (!type.isRecord() && !type.isEnum()) {
      throw new IllegalArgumentException(
          "wire number %d: expected a record or an enumeration, found %s"
              .formatted(number, type.getName()));
    }
    return put(number, new Entry<>(type, type, Function.identity(), Function.identity()));
  }

  /**
   * Lists a class that is written as another one.
   *
   * @param surrogate a listed class, an array of numbers, or a string
   */
  public <T, S> WireClasses add(
      int number,
      Class<T> type,
      Class<S> surrogate,
      Function<T, S> toWire,
      Function<S, T> fromWire) {
    return put(number, new Entry<>(type, surrogate, toWire, fromWire));
  }

  /**
   * Lists a shape in which former versions wrote a class that has changed since, and has another
   * number: it is still read, as that class, and written no more.
   *
   * @param number under which they wrote it
   * @param shape a record of the components as they were; parts that are records themselves may
   *     stand in it as their components
   */
  public <S extends Record, T> WireClasses addFormer(
      int number, Class<S> shape, Function<S, T> fromWire) {
    if (byNumber.containsKey(number) || formers.containsKey(number)) {
      throw new IllegalArgumentException("wire number %d is given twice".formatted(number));
    }
    formers.put(number, new Former<>(shape, fromWire));
    return this;
  }

  private WireClasses put(int number, Entry<?, ?> entry) {
    if (number < FIRST_NUMBER) {
      throw new IllegalArgumentException(
          "wire number of %s: expected at least %d, found %d"
              .formatted(entry.type().getName(), FIRST_NUMBER, number));
    }
    if (formers.containsKey(number)) {
      throw new IllegalArgumentException(
          "wire number %d of %s was another shape's".formatted(number, entry.type().getName()));
    }
    Entry<?, ?> other = byNumber.putIfAbsent(number, entry);
    if (other != null) {
      throw new IllegalArgumentException(
          "wire number %d is given twice: to %s and to %s"
              .formatted(number, other.type().getName(), entry.type().getName()));
    }
    if (numbers.putIfAbsent(entry.type(), number) != null) {
      throw new IllegalArgumentException(entry.type().getName() + " has two wire numbers");
    }
    return this;
  }

  /** All listed classes. */
  public Set<Class<?>> types() {
    return Set.copyOf(numbers.keySet());
  }

  Map<Integer, Entry<?, ?>> byNumber() {
    return byNumber;
  }

  Map<Integer, Former<?, ?>> formers() {
    return formers;
  }
}
