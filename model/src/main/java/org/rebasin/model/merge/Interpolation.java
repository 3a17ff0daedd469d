package org.rebasin.model.merge;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.rebasin.model.tensor.ElementWise;
import org.rebasin.model.tensor.Parallel;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;

/** The straight line between two networks: {@code θ(λ) = (1−λ)·A + λ·B}. */
public final class Interpolation {
  private Interpolation() {}

  /**
   * Writes the network at {@code lambda}; at 0 and 1 it is A and B to the bit.
   *
   * @param target of the same names and shapes as both ends
   * @throws IllegalArgumentException if a shape differs, before anything is written
   */
  public static void at(double lambda, Weights a, Weights b, Weights target) {
    target
        .tensors()
        .forEach(
            (name, tensor) -> {
              requireShape(name, tensor, a.get(name));
              requireShape(name, tensor, b.get(name));
            });
    if (lambda == 0 || lambda == 1) {
      Weights end = lambda == 0 ? a : b;
      target.tensors().forEach((name, tensor) -> tensor.copyFrom(end.get(name)));
      return;
    }
    target
        .tensors()
        .forEach(
            (name, tensor) -> {
              Tensor from = a.get(name);
              Tensor to = b.get(name);
              Parallel.forEachStretch(
                  tensor.size(),
                  (at, length) ->
                      ElementWise.combine(
                          tensor.values(),
                          at,
                          (float) (1 - lambda),
                          from.values(),
                          (float) lambda,
                          to.values(),
                          length));
            });
  }

  private static void requireShape(String name, Tensor expected, Tensor found) {
    if (!expected.sameShape(found)) {
      throw new IllegalArgumentException(
          "%s: expected shape %s, found %s"
              .formatted(name, Arrays.toString(expected.shape()), Arrays.toString(found.shape())));
    }
  }

  /** Evenly spaced points of the line, both ends included; an odd number contains the midpoint. */
  public static double[] points(int count) {
    if (count < 2) {
      throw new IllegalArgumentException("expected at least 2 points, found " + count);
    }
    return IntStream.range(0, count).mapToDouble(i -> (double) i / (count - 1)).toArray();
  }
}
