package org.rebasin.model.network;

import java.util.Map;
import java.util.Optional;

/**
 * Finds the network that a checkpoint's tensors belong to, from their names and shapes, and from
 * the architecture's text where that is known. The network's parameters then have the checkpoint's
 * own names.
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
    DenseChain chain = DenseChain.of(tensors);
    return new Mlp(chain.widths(), 0).network(chain.names());
  }
}
