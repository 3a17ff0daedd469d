package org.rebasin.model.merge;

import java.util.Map;
import java.util.TreeMap;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.ChannelMoments;
import org.rebasin.model.tensor.Tensor;

/** Means and variances of the channels of some of a network's values; each pixel is a sample. */
final class ChannelStatistics {
  private final Map<Integer, ChannelMoments> byValue = new TreeMap<>();

  /** Of no example yet, for the given values. */
  ChannelStatistics(Network network, Iterable<Integer> values) {
    for (int value : values) {
      byValue.put(value, new ChannelMoments(network.shape(value).get(0)));
    }
  }

  /** Adds the batch of {@code count} examples that the network has just seen. */
  void add(Execution execution, int count) {
    byValue.forEach(
        (value, moments) -> {
          Tensor tensor = execution.value(value);
          int perExample = tensor.size() / tensor.dimension(0);
          moments.add(tensor.values(), Math.multiplyExact(count, perExample / moments.channels()));
        });
  }

  ChannelMoments of(int value) {
    return byValue.get(value);
  }
}
