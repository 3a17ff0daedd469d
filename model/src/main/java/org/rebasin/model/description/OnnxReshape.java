package org.rebasin.model.description;

import java.util.ArrayList;
import java.util.List;
import org.rebasin.model.description.OnnxValue.Activation;

/** Where a reshape leads that keeps examples apart. */
final class OnnxReshape {
  private OnnxReshape() {}

  /**
   * The axes after a reshape, without the batch's.
   *
   * @param values as ONNX gives them: 0 keeps an axis, −1 is what is left over
   * @param zeroIsZero whether 0 does not keep an axis
   * @param batch the batch's size if the graph fixes it, or 0
   */
  static List<Integer> target(
      OnnxNode node, Activation input, List<Long> values, boolean zeroIsZero, long batch) {
    if (values.isEmpty()) {
      throw node.problem("expected a batch axis, found none");
    }
    long first = values.get(0);
    boolean keepsBatch =
        first == OnnxIntegers.BATCH
            || first == -1
            || first == 0 && !zeroIsZero
            || first == batch && batch > 0;
    List<Long> axes = new ArrayList<>();
    for (int i = 1; i < values.size(); i++) {
      long axis = values.get(i);
      boolean copies = axis == 0 && !zeroIsZero && i - 1 < input.axes().size();
      axes.add(copies ? input.axes().get(i - 1) : axis);
    }
    long known = axes.stream().filter(axis -> axis > 0).reduce(1L, Math::multiplyExact);
    long open = axes.stream().filter(axis -> axis == -1).count();
    boolean fits =
        keepsBatch
            && axes.stream().allMatch(axis -> axis > 0 || axis == -1)
            && (open == 0
                ? known == input.elements()
                : open == 1 && first != -1 && input.elements() % known == 0);
    if (!fits) {
      throw node.problem(
          "would mix examples: expected %s to become [batch, …] of %d elements, found %s"
              .formatted(OnnxLayers.shown(input), input.elements(), shown(values)));
    }
    return axes.stream()
        .map(axis -> Math.toIntExact(axis == -1 ? input.elements() / known : axis))
        .toList();
  }

  private static List<String> shown(List<Long> values) {
    return values.stream().map(v -> v == OnnxIntegers.BATCH ? "batch" : v.toString()).toList();
  }
}
