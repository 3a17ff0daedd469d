package org.rebasin.model.description;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.LongStream;

/**
 * Integers that an ONNX graph computes with to tell its reshapes where to go: known ones, and the
 * size of the batch, which is none.
 *
 * @param values row by row
 * @param shape axes; none for a single number
 */
record OnnxIntegers(List<Long> values, List<Integer> shape) {
  /** Stands for the size of the batch. No graph computes with this number. */
  static final long BATCH = Long.MIN_VALUE + 0x5EED;

  /** More than any shape takes; a graph cannot make more of them by repeating a few. */
  static final int MOST = 1 << 16;

  /** Copies the lists. */
  OnnxIntegers {
    values = List.copyOf(values);
    shape = List.copyOf(shape);
  }

  static OnnxIntegers of(OnnxTensor tensor) {
    requireFew(tensor.elements());
    return new OnnxIntegers(LongStream.of(tensor.integers()).boxed().toList(), tensor.shape());
  }

  static OnnxIntegers vector(List<Long> values) {
    return new OnnxIntegers(values, List.of(values.size()));
  }

  /** Refuses more integers than shapes take. */
  static void requireFew(long count) {
    if (count > MOST) {
      throw new IllegalArgumentException(
          "expected at most %d integers, found %d".formatted(MOST, count));
    }
  }

  boolean knowsAll() {
    return !values.contains(BATCH);
  }

  /** Those at some places of the first axis; an index of no axes takes that axis away. */
  OnnxIntegers gather(OnnxIntegers indices) {
    int rows = shape.get(0);
    int each = rows == 0 ? 0 : values.size() / rows;
    requireFew((long) each * indices.values.size());
    List<Long> gathered = new ArrayList<>();
    for (long index : indices.values) {
      int row = Math.toIntExact(index < 0 ? index + rows : index);
      gathered.addAll(values.subList(row * each, (row + 1) * each));
    }
    List<Integer> axes = new ArrayList<>(indices.shape);
    axes.addAll(shape.subList(1, shape.size()));
    return new OnnxIntegers(gathered, axes);
  }

  /** Several one after the other, along the first axis. */
  static OnnxIntegers concatenation(List<OnnxIntegers> parts) {
    requireFew(parts.stream().mapToLong(part -> part.values.size()).sum());
    List<Integer> axes = new ArrayList<>(parts.get(0).shape);
    axes.set(0, parts.stream().mapToInt(part -> part.shape.get(0)).sum());
    return new OnnxIntegers(parts.stream().flatMap(part -> part.values.stream()).toList(), axes);
  }

  /** The same numbers on other axes, of which one may be −1. */
  OnnxIntegers reshape(List<Long> axes) {
    long known = axes.stream().filter(axis -> axis >= 0).reduce(1L, (a, b) -> a * b);
    return new OnnxIntegers(
        values,
        axes.stream()
            .map(axis -> axis >= 0 ? axis.intValue() : (int) (values.size() / known))
            .toList());
  }

  /** A stretch of one axis, as Slice takes it. */
  OnnxIntegers slice(int axis, long start, long end, long step) {
    int length = shape.get(axis);
    long from = bound(start, length, step);
    long to = bound(end, length, step);
    List<Integer> kept = new ArrayList<>();
    for (long i = from; step > 0 ? i < to : i > to; i += step) {
      kept.add(Math.toIntExact(i));
    }
    List<Integer> axes = new ArrayList<>(shape);
    axes.set(axis, kept.size());
    int inner = shape.subList(axis + 1, shape.size()).stream().reduce(1, (a, b) -> a * b);
    return take(
        axes,
        i ->
            (i / inner / kept.size() * length + kept.get(i / inner % kept.size())) * inner
                + i % inner);
  }

  /** Where a slice begins or ends: counted from the end if negative, and kept in range. */
  private static long bound(long at, int length, long step) {
    long counted = at >= 0 ? at : at < -length ? -1 : at + length;
    return step > 0
        ? Math.max(0, Math.min(counted, length))
        : Math.max(-1, Math.min(counted, length - 1));
  }

  /** A matrix with rows and columns exchanged. */
  OnnxIntegers transpose() {
    int rows = shape.get(0);
    int columns = shape.get(1);
    return take(List.of(columns, rows), i -> i % rows * columns + i / rows);
  }

  private OnnxIntegers take(List<Integer> axes, IntUnaryOperator from) {
    int count = axes.stream().reduce(1, (a, b) -> a * b);
    Long[] taken = new Long[count];
    Arrays.setAll(taken, i -> values.get(from.applyAsInt(i)));
    return new OnnxIntegers(List.of(taken), axes);
  }
}
