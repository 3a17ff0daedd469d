package org.rebasin.model.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.rebasin.model.network.Kernel;
import org.rebasin.model.network.Mode;
import org.rebasin.model.network.Operator;
import org.rebasin.model.network.UnitAxes;
import org.rebasin.model.network.Units;

/**
 * The shapes and units of values joined along their first axis; computes nothing.
 *
 * @param inputs how many values there are
 */
public record ConcatenationShape(int inputs) implements Operator {
  @Override
  public String kind() {
    return "concatenation-shape";
  }

  @Override
  public List<Integer> outputShape(List<List<Integer>> shapes) {
    List<Integer> shape = new ArrayList<>(shapes.get(0));
    shape.set(0, shapes.stream().mapToInt(input -> input.get(0)).sum());
    return shape;
  }

  @Override
  public void relateAxes(UnitAxes axes) {
    axes.output(Units.concatenation(IntStream.range(0, inputs).mapToObj(axes::input).toList()));
  }

  @Override
  public Kernel kernel(Mode mode) {
    throw new UnsupportedOperationException("has shapes only");
  }
}
