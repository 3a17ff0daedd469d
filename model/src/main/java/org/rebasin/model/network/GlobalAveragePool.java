package org.rebasin.model.network;

import java.util.List;

/**
 * The mean of each channel over all pixels, {@code [channels, height, width]} to {@code [channels,
 * 1, 1]}.
 */
public record GlobalAveragePool() implements Operator {
  @Override
  public String kind() {
    return "global-average-pool";
  }

  @Override
  public List<Integer> outputShape(List<List<Integer>> inputs) {
    List<Integer> image = InputShapes.image(kind(), inputs);
    return List.of(image.get(0), 1, 1);
  }

  @Override
  public void relateAxes(UnitAxes axes) {
    axes.output(axes.input(0));
  }

  @Override
  public Kernel kernel(Mode mode) {
    return new GlobalAveragePoolKernel();
  }
}
