package org.rebasin.actors.node;

import akka.actor.Address;
import com.typesafe.config.Config;
import java.util.List;

/**
 * The nodes by which a node joins its cluster.
 *
 * @param addresses in the same order on all nodes, as the first one begins the cluster
 */
record SeedNodes(List<Address> addresses) {
  private static final int LARGEST_PORT = 65_535;

  /**
   * Reads {@code rebasin.node.seed-nodes}.
   *
   * @param config the whole configuration
   * @throws IllegalArgumentException naming what is no {@code host:port}
   */
  static SeedNodes of(Config config) {
    return new SeedNodes(
        config.getStringList("rebasin.node.seed-nodes").stream().map(SeedNodes::address).toList());
  }

  private static Address address(String text) {
    int colon = text.lastIndexOf(':');
    try {
      int port = Integer.parseInt(text.substring(colon + 1));
      if (colon > 0 && port > 0 && port <= LARGEST_PORT) {
        return new Address("akka", ClusterNode.SYSTEM, text.substring(0, colon), port);
      }
    } catch (NumberFormatException problem) {
      throw new IllegalArgumentException(refusal(text), problem);
    }
    throw new IllegalArgumentException(refusal(text));
  }

  private static String refusal(String text) {
    return "rebasin.node.seed-nodes: expected HOST:PORT, found '" + text + "'";
  }
}
