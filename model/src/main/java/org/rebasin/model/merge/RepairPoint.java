package org.rebasin.model.merge;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.rebasin.model.network.BatchNorm;
import org.rebasin.model.network.Convolution;
import org.rebasin.model.network.Dense;
import org.rebasin.model.network.GroupNorm;
import org.rebasin.model.network.InstanceNorm;
import org.rebasin.model.network.LayerNorm;
import org.rebasin.model.network.Network;
import org.rebasin.model.network.Operator;

/**
 * A place of a network where each channel can be scaled and shifted by its parameters: a
 * normalisation, or a dense or convolutional layer that no normalisation follows.
 *
 * @param name of the operator
 * @param operator which one
 * @param input the value it reads
 * @param output the value it makes, whose channels are corrected
 * @param level one more than that of any correctable point before it on a path from the input
 */
record RepairPoint(String name, Operator operator, int input, int output, int level) {
  /** Names of the parameters that scale and shift a channel. */
  record Affine(String scale, String shift) {}

  /** The points of all hidden layers, in the order of the network. The logits stay as they are. */
  static List<RepairPoint> of(Network network) {
    int last = makerOfOutput(network);
    int[] levels = new int[network.nodes().size() + 1];
    List<RepairPoint> points = new ArrayList<>();
    for (int value = 1; value < levels.length; value++) {
      Network.Node node = network.nodes().get(value - 1);
      for (int input : node.inputs()) {
        levels[value] = Math.max(levels[value], levels[input]);
      }
      boolean layer = isLayer(node.operator()) && !isNormalised(value, network);
      if ((layer || isNormalization(node.operator())) && value != last) {
        RepairPoint point =
            new RepairPoint(
                node.name(), node.operator(), node.inputs().get(0), value, levels[value] + 1);
        points.add(point);
        levels[value] += point.affine().isPresent() ? 1 : 0;
      }
    }
    return List.copyOf(points);
  }

  /** The value from which the output is made without parameters and from nothing else. */
  private static int makerOfOutput(Network network) {
    int value = network.nodes().size();
    while (value > 0) {
      Network.Node node = network.nodes().get(value - 1);
      if (node.inputs().size() != 1 || !node.operator().parameters().isEmpty()) {
        return value;
      }
      value = node.inputs().get(0);
    }
    return value;
  }

  private static boolean isLayer(Operator operator) {
    return operator instanceof Dense || operator instanceof Convolution;
  }

  private static boolean isNormalization(Operator operator) {
    return operator instanceof BatchNorm
        || operator instanceof LayerNorm
        || operator instanceof GroupNorm
        || operator instanceof InstanceNorm;
  }

  private static boolean isNormalised(int value, Network network) {
    return network.nodes().stream()
        .anyMatch(node -> node.inputs().contains(value) && isNormalization(node.operator()));
  }

  /** Number of channels. */
  int channels(Network network) {
    return network.shape(output).get(0);
  }

  /** The parameters that a correction goes into; none if the operator lacks one of them. */
  Optional<Affine> affine() {
    if (operator instanceof Dense dense) {
      return dense.bias().map(bias -> new Affine(dense.weight(), bias));
    }
    if (operator instanceof Convolution convolution) {
      return convolution.bias().map(bias -> new Affine(convolution.weight(), bias));
    }
    if (operator instanceof BatchNorm norm) {
      return Optional.of(new Affine(norm.weight(), norm.bias()));
    }
    if (operator instanceof LayerNorm norm) {
      return Optional.of(new Affine(norm.weight(), norm.bias()));
    }
    if (operator instanceof GroupNorm norm) {
      return Optional.of(new Affine(norm.weight(), norm.bias()));
    }
    if (operator instanceof InstanceNorm norm) {
      return norm.weight().flatMap(scale -> norm.bias().map(shift -> new Affine(scale, shift)));
    }
    return Optional.empty();
  }
}
