package org.rebasin.actors.stream;

import akka.actor.typed.ActorRef;
import java.util.Collection;
import java.util.List;

/** The other nodes that have models, as last heard. Thread-safe. */
final class Peers {
  private volatile List<ActorRef<ModelExchange.Command>> others = List.of();

  /** Takes in the exchanges of all nodes, this one's among them. */
  void update(
      Collection<ActorRef<ModelExchange.Command>> all, ActorRef<ModelExchange.Command> self) {
    others = all.stream().filter(each -> !each.equals(self)).sorted().toList();
  }

  List<ActorRef<ModelExchange.Command>> others() {
    return others;
  }
}
