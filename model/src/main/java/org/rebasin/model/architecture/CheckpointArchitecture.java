package org.rebasin.model.architecture;

import java.util.Map;
import java.util.Optional;
import org.rebasin.model.network.Network;

/**
 * Finds the network that a checkpoint's tensors belong to, from their names and shapes, and from
 * the architecture's text where that is known. The network's parameters then have the checkpoint's
 * own names, which may all begin with something more, such as {@code module.}.
 *
 * <p>Without a text, these are told by their names: torchvision's VGG and ResNet networks and this
 * project's, of any width and number of classes. Where an image's size does not show in any shape,
 * as in a ResNet, it is taken to be the family's usual one. Any other checkpoint must be a chain of
 * dense layers, whatever their names.
 */
public final class CheckpointArchitecture {
  private CheckpointArchitecture() {}

  /**
   * The network of a checkpoint.
   *
   * @param shapes the tensors' shapes by name, in the checkpoint's order
   * @param architecture the architecture's text, if recorded or given
   * @param source where the tensors are from, for messages
   * @throws IllegalArgumentException if none fits, saying what was found and what to pass
   */
  public static Network networkOf(
      Map<String, int[]> shapes, Optional<String> architecture, String source) {
    CheckpointTensors tensors = new CheckpointTensors(shapes, source);
    if (architecture.isPresent()) {
      return Architecture.parse(architecture.get()).networkOf(tensors);
    }
    return VggCheckpoint.find(tensors)
        .or(() -> ResNetCheckpoint.find(tensors))
        .orElseGet(
            () -> {
              DenseChain chain = DenseChain.of(tensors);
              return new Mlp(chain.widths(), 0).network(chain.names());
            });
  }
}
