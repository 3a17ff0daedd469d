package org.rebasin.model.network;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Several values one after the other on the channel axis, as dense and inception blocks make it.
 *
 * @param count number of inputs
 */
public record Concatenation(int count) implements Operator {
  /** Checks the count. */
  public Concatenation {
    if (count < 1) {
      throw new IllegalArgumentException("concatenation: expected inputs, found " + count);
    }
  }

  @Override
  public String kind() {
    return "concatenation";
  }

  @Override
  public List<Integer> outputShape(List<List<Integer>> inputs) {
    boolean alike =
        inputs.size() == count
            && inputs.stream().map(shape -> shape.subList(1, shape.size())).distinct().count() == 1;
    if (!alike) {
      throw new IllegalArgumentException(
          "concatenation: expected %d inputs that differ in channels only, found %s"
              .formatted(count, inputs));
    }
    List<Integer> shape = new ArrayList<>(inputs.get(0));
    shape.set(0, inputs.stream().mapToInt(input -> input.get(0)).reduce(0, Math::addExact));
    return List.copyOf(shape);
  }

  @Override
  public void relateAxes(UnitAxes axes) {
    axes.output(Units.concatenation(IntStream.range(0, count).mapToObj(axes::input).toList()));
  }

  @Override
  public Kernel kernel(Mode mode) {
    return new ConcatenationKernel();
  }
}
