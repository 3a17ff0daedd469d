package org.rebasin.model.description;

import java.util.List;
import java.util.Optional;
import org.rebasin.model.description.OnnxValue.Activation;
import org.rebasin.model.description.OnnxValue.Layout;

/** How the network sees the graph's input. */
final class OnnxInput {
  private static final List<Long> TO_CHANNELS_FIRST = List.of(0L, 3L, 1L, 2L);

  private OnnxInput() {}

  /** A vector, or an image whose channels are last if the first thing is to move them first. */
  static Activation of(OnnxGraph graph) {
    List<Integer> axes = graph.inputAxes();
    if (axes.size() == 1) {
      return new Activation(0, Layout.VECTOR, axes);
    }
    List<OnnxNode> readers = graph.readers(graph.input());
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
}
