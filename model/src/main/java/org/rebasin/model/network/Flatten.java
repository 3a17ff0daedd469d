package org.rebasin.model.network;

import java.util.List;

/**
 * {@code [channels, height, width]} to {@code [channels·height·width]}, channels outermost: each
 * channel becomes a block of {@code height·width} elements. Moves no data.
 *
 * @param shape the input's shape
 */
public record Flatten(List<Integer> shape) implements Operator {
  /** Copies the shape. */
  public Flatten {
    shape = List.copyOf(shape);
  }

  @Override
  public String kind() {
    return "flatten";
  }

  @Override
  public List<Integer> outputShape(List<List<Integer>> inputs) {
    if (!inputs.equals(List.of(shape))) {
      throw new IllegalArgumentException(
          "flatten: expected one input of shape " + shape + ", found " + inputs);
    }
    return List.of(shape.stream().reduce(1, Math::multiplyExact));
  }

  @Override
  public void relateAxes(UnitAxes axes) {
    Units units = axes.input(0);
    axes.output(units.spread(shape.stream().skip(1).reduce(1, Math::multiplyExact)));
  }

  @Override
  public boolean onlyReshapes() {
    return true;
  }

  @Override
  public Kernel kernel() {
    throw new IllegalStateException("flatten only reshapes; it has nothing to compute");
  }
}
