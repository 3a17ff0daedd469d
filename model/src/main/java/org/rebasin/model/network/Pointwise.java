package org.rebasin.model.network;

import java.util.List;

/** An operator that computes one function of each element by itself. */
interface Pointwise extends Operator, PointwiseKernel.Function {
  @Override
  default List<Integer> outputShape(List<List<Integer>> inputs) {
    return InputShapes.single(kind(), inputs);
  }

  @Override
  default void relateAxes(UnitAxes axes) {
    axes.output(axes.input(0));
  }

  @Override
  default Kernel kernel(Mode mode) {
    return new PointwiseKernel(this);
  }
}
