package org.rebasin.model.architecture;

import java.util.Optional;
import org.rebasin.model.network.Window;

/** The options of one operator's line of a graph's text, written: only those that say something. */
final class OperatorLine {
  private final String name;
  private final StringBuilder options = new StringBuilder();

  OperatorLine(String name) {
    this.name = name;
  }

  /** The options, each after a comma. */
  String options() {
    return options.toString();
  }

  private OperatorLine append(String key, String value) {
    options.append(", ").append(key).append('=').append(value);
    return this;
  }

  OperatorLine whole(String key, long value) {
    return append(key, Long.toString(value));
  }

  OperatorLine whole(String key, long value, long otherwise) {
    return value == otherwise ? this : whole(key, value);
  }

  OperatorLine number(String key, double value, double otherwise) {
    return value == otherwise ? this : append(key, Double.toString(value));
  }

  OperatorLine number(String key, float value, float otherwise) {
    return value == otherwise ? this : append(key, Float.toString(value));
  }

  OperatorLine word(String key, String value, String otherwise) {
    return value.equals(otherwise) ? this : append(key, value);
  }

  OperatorLine parameter(String key, String suffix, String parameter) {
    return parameter.equals(name + "." + suffix)
        ? this
        : append(key, GraphScanner.written(parameter));
  }

  OperatorLine parameter(String key, String suffix, Optional<String> parameter) {
    return parameter.isEmpty() ? append(key, "none") : parameter(key, suffix, parameter.get());
  }

  OperatorLine window(Window window, boolean strideIsKernel) {
    String kernel = pair(window.height(), window.width());
    return append("kernel", kernel)
        .word("stride", pair(window.strideY(), window.strideX()), strideIsKernel ? kernel : "1")
        .word("padding", pair(window.paddingY(), window.paddingX()), "0");
  }

  private static String pair(int vertical, int horizontal) {
    return vertical == horizontal ? Integer.toString(vertical) : vertical + "x" + horizontal;
  }
}
