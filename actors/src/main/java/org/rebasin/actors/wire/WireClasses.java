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

  private WireClasses put(int number, Entry<?, ?> entry) {
    if (number < FIRST_NUMBER) {
      throw new IllegalArgumentException(
          "wire number of %s: expected at least %d, found %d"
              .formatted(entry.type().getName(), FIRST_NUMBER, number));
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
}
