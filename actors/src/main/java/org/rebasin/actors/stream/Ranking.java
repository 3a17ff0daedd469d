package org.rebasin.actors.stream;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorRefResolver;
import akka.actor.typed.ActorSystem;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.zip.CRC32C;
import org.rebasin.actors.store.ModelId;

/**
 * Which nodes are first in line for a model: all nodes agree, the models spread evenly, and a node
 * that comes or goes changes no order among the others (rendezvous hashing, Thaler and Ravishankar
 * 1998).
 */
final class Ranking {
  private Ranking() {}

  /** The nodes, the first in line first. */
  static List<ActorRef<ModelExchange.Command>> of(
      ModelId id, Collection<ActorRef<ModelExchange.Command>> nodes, ActorSystem<?> system) {
    return nodes.stream()
        .sorted(
            Comparator.<ActorRef<ModelExchange.Command>>comparingLong(
                    node -> weight(id, text(node, system)))
                .thenComparing(node -> text(node, system)))
        .toList();
  }

  /** With the address that other nodes know it by, even on its own. */
  private static String text(ActorRef<ModelExchange.Command> node, ActorSystem<?> system) {
    return ActorRefResolver.get(system).toSerializationFormat(node);
  }

  private static long weight(ModelId id, String node) {
    CRC32C hash = new CRC32C();
    hash.update((id + node).getBytes(StandardCharsets.UTF_8));
    return hash.getValue();
  }
}
