package org.rebasin.model.network;

import java.util.List;

/**
 * The shortcut without parameters of residual networks (He et al., 2015, option A): takes every
 * {@code stride}-th pixel both ways, and adds channels of zeros. Where the zeros are tells its
 * channels apart, so those of its input and of its output keep their places.
 *
 * @param stride pixels from one that is kept to the next
 * @param before channels of zeros before the input's
 * @param after channels of zeros after the input's
 */
public record PaddingShortcut(int stride, int before, int after) implements Operator {
  /** Checks the sizes. */
  public PaddingShortcut {
    if (stride < 1 || before < 0 || after < 0) {
      throw new IllegalArgumentException(
          "padding-shortcut: expected a stride of at least 1 and no negative padding, found "
              + "stride %d, %d channels before, %d after".formatted(stride, before, after));
    }
  }

  @Override
  public String kind() {
    return "padding-shortcut";
  }

  @Override
  public List<Integer> outputShape(List<List<Integer>> inputs) {
    List<Integer> image = InputShapes.image(kind(), inputs);
    return List.of(before + image.get(0) + after, kept(image.get(1)), kept(image.get(2)));
  }

  private int kept(int pixels) {
    return (pixels + stride - 1) / stride;
  }

  @Override
  public void relateAxes(UnitAxes axes) {
    Units made = axes.fresh(before + axes.input(0).length() + after);
    axes.fix(axes.input(0));
    axes.fix(made);
    axes.output(made);
  }

  @Override
  public Kernel kernel(Mode mode) {
    return new WindowKernel(
        Window.square(1, stride, 0),
        (range, inputChannels, outputChannels) ->
            new PaddingShortcutWalk(range, inputChannels, outputChannels, before));
  }
}
