package org.rebasin.model.testing;

import java.util.List;
import java.util.Optional;
import org.rebasin.model.network.Addition;
import org.rebasin.model.network.Dense;
import org.rebasin.model.network.Flatten;
import org.rebasin.model.network.Network;

/** Small networks in which units of one kind are tied to others in every way there is. */
public final class LinkedNetworks {
  private LinkedNetworks() {}

  /** Two kinds of units and fixed ones on one axis, one of them twice, and again on a flattened. */
  public static Network concatenated() {
    Network.Builder builder = Network.builder("concatenated", List.of(3, 4, 4));
    int one = builder.add("one", new ConvolutionShape("one", 3, 11, 3), List.of(0));
    int two = builder.add("two", new ConvolutionShape("two", 3, 8, 1), List.of(0));
    int joined = builder.add("joined", new ConcatenationShape(4), List.of(one, 0, two, one));
    int scaled = builder.add("scaled", new DepthwiseShape("scaled", 33, 1, 1), List.of(joined));
    int next = builder.add("next", new ConvolutionShape("next", 33, 9, 3), List.of(scaled));
    int again = builder.add("again", new ConcatenationShape(2), List.of(next, two));
    int flat = builder.add("flatten", new Flatten(List.of(17, 4, 4)), List.of(again));
    builder.add("head", new Dense("head.w", Optional.empty(), 272, 5), List.of(flat));
    return builder.build();
  }

  /** Units of several rows: filters of one channel, and what follows a flattening. */
  public static Network spread() {
    return Network.builder("spread", List.of(3, 4, 4))
        .then("one", new ConvolutionShape("one", 3, 12, 3))
        .then("two", new DepthwiseShape("two", 12, 2, 3))
        .then("three", new ConvolutionShape("three", 24, 10, 1))
        .then("flatten", new Flatten(List.of(10, 4, 4)))
        .then("four", new DepthwiseShape("four", 160, 1, 1))
        .then("five", new Dense("five.w", Optional.of("five.b"), 160, 20))
        .then("six", new Dense("six.w", Optional.empty(), 20, 4))
        .build();
  }

  /** Two convolutions, a flattening, and two dense layers; {@code side} pixels high and wide. */
  public static Network convolutions(int first, int second, int side, int dense) {
    return Network.builder("convolutions", List.of(3, side, side))
        .then("one", new ConvolutionShape("one", 3, first, 3))
        .then("two", new ConvolutionShape("two", first, second, 3))
        .then("flatten", new Flatten(List.of(second, side, side)))
        .then("three", new Dense("three.w", Optional.of("three.b"), second * side * side, dense))
        .then("four", new Dense("four.w", Optional.empty(), dense, 4))
        .build();
  }

  /** A stream of units that two convolutions make and two read. */
  public static Network residual() {
    Network.Builder builder = Network.builder("residual", List.of(3, 4, 4));
    int stem = builder.add("stem", new ConvolutionShape("stem", 3, 11, 3), List.of(0));
    int in = builder.add("in", new ConvolutionShape("in", 11, 8, 3), List.of(stem));
    int out = builder.add("out", new ConvolutionShape("out", 8, 11, 1), List.of(in));
    int sum = builder.add("sum", new Addition(), List.of(stem, out));
    int flat = builder.add("flatten", new Flatten(List.of(11, 4, 4)), List.of(sum));
    builder.add("head", new Dense("head.w", Optional.empty(), 176, 5), List.of(flat));
    return builder.build();
  }
}
