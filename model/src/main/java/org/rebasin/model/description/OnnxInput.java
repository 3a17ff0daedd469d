package org.rebasin.model.description;

import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.rebasin.model.description.OnnxValue.Activation;
import org.rebasin.model.description.OnnxValue.Layout;

/**
 * How the network sees the graph's input: as the image that the graph's first operators make of it,
 * where they only move the channels first or cut a vector into rows.
 */
final class OnnxInput {
  private static final List<Long> TO_CHANNELS_FIRST = List.of(0L, 3L, 1L, 2L);

  private OnnxInput() {}

  /** The input as a value of the network. */
  static Activation of(OnnxGraph graph) {
    List<Integer> axes = graph.inputAxes();
    List<OnnxNode> readers = graph.readers(graph.input());
    if (axes.size() == 1) {
      Optional<List<Integer>> image =
          readers.size() == 1 ? imageOf(graph, readers.get(0)) : Optional.empty();
      return image
          .map(shape -> new Activation(0, Layout.CHANNELS_FIRST, shape))
          .orElseGet(() -> new Activation(0, Layout.VECTOR, axes));
    }
    boolean channelsLast =
        !readers.isEmpty()
            && readers.stream()
                .allMatch(
                    reader ->
                        reader.operator().equals("Transpose")
                            && reader.integers("perm").equals(Optional.of(TO_CHANNELS_FIRST)));
    return channelsLast
        ? new Activation(0, Layout.CHANNELS_LAST, List.of(axes.get(2), axes.get(0), axes.get(1)))
        : new Activation(0, Layout.CHANNELS_FIRST, axes);
  }

  /** The image's shape that a reshape makes of a vector, if its target is a constant. */
  private static Optional<List<Integer>> imageOf(OnnxGraph graph, OnnxNode reader) {
    if (!reader.operator().equals("Reshape") || !reader.hasInput(1)) {
      return Optional.empty();
    }
    return constant(graph, reader.input(1))
        .map(OnnxTensor::integers)
        .filter(target -> target.length == 4 && LongStream.of(target).skip(1).allMatch(a -> a > 0))
        .filter(
            target ->
                target[1] * target[2] * target[3] == graph.inputAxes().get(0)
                    && LongStream.of(target).allMatch(a -> a <= Integer.MAX_VALUE))
        .map(target -> LongStream.of(target).skip(1).mapToObj(Math::toIntExact).toList());
  }

  private static Optional<OnnxTensor> constant(OnnxGraph graph, String name) {
    return Optional.ofNullable(graph.initializers().get(name))
        .or(
            () ->
                graph.nodes().stream()
                    .filter(node -> node.output().equals(name))
                    .filter(node -> node.operator().equals("Constant"))
                    .findFirst()
                    .flatMap(node -> node.tensor("value"))
                    .map(tensor -> OnnxTensor.of(graph.source(), name, tensor, false)))
        .filter(OnnxTensor::isInteger);
  }
}
