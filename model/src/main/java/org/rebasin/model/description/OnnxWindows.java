package org.rebasin.model.description;

import java.util.List;
import org.rebasin.model.description.OnnxValue.Activation;
import org.rebasin.model.description.OnnxValue.Padded;
import org.rebasin.model.network.Window;

/** The windows of ONNX's convolutions and pools: those that pad both sides alike. */
final class OnnxWindows {
  private OnnxWindows() {}

  /** The window of a node that reads an image. */
  static Window window(OnnxNode node, List<Long> kernel, Activation image) {
    List<Long> strides = node.integers("strides").orElse(List.of(1L, 1L));
    List<Long> dilations = node.integers("dilations").orElse(List.of(1L, 1L));
    List<Long> pads = node.integers("pads").orElse(List.of(0L, 0L, 0L, 0L));
    if (kernel.size() != 2 || strides.size() != 2 || dilations.size() != 2 || pads.size() != 4) {
      throw node.problem(
          "expected two axes, found kernel %s, strides %s, dilations %s, pads %s"
              .formatted(kernel, strides, dilations, pads));
    }
    if (!dilations.equals(List.of(1L, 1L))) {
      throw node.problem("expected dilations of 1, found " + dilations);
    }
    boolean ceiling = node.integer("ceil_mode", 0) != 0;
    int[] padding = new int[2];
    for (int axis = 0; axis < 2; axis++) {
      int length = image.shape().get(axis + 1);
      long stride = strides.get(axis);
      padding[axis] =
          switch (node.text("auto_pad", "NOTSET")) {
            case "NOTSET" -> alike(node, pads.get(axis), pads.get(axis + 2));
            case "VALID" -> 0;
            case "SAME_UPPER", "SAME_LOWER" -> {
              long outputs = (length + stride - 1) / stride;
              long together = Math.max(0, (outputs - 1) * stride + kernel.get(axis) - length);
              yield alike(node, together / 2, together - together / 2);
            }
            default ->
                throw node.problem("does not understand auto_pad " + node.text("auto_pad", ""));
          };
      if (ceiling && (length + 2L * padding[axis] - kernel.get(axis)) % stride != 0) {
        throw node.problem(
            "expected ceil_mode 0, or windows that end with the image, found %s over %s"
                .formatted(kernel, image.shape()));
      }
    }
    return new Window(
        Math.toIntExact(kernel.get(0)),
        Math.toIntExact(kernel.get(1)),
        Math.toIntExact(strides.get(0)),
        Math.toIntExact(strides.get(1)),
        padding[0],
        padding[1]);
  }

  private static int alike(OnnxNode node, long before, long after) {
    if (before != after) {
      throw node.problem(
          "expected as much padding on both sides, found %d before and %d after"
              .formatted(before, after));
    }
    return Math.toIntExact(before);
  }

  /** A window without padding that takes over the zeros around its image. */
  static Window padded(OnnxNode node, Window window, Padded padded) {
    if (window.paddingY() != 0 || window.paddingX() != 0) {
      throw node.problem("expected no padding of its own after a Pad operator");
    }
    return new Window(
        window.height(),
        window.width(),
        window.strideY(),
        window.strideX(),
        padded.paddingY(),
        padded.paddingX());
  }
}
