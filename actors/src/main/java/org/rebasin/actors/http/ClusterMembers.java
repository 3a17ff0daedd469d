package org.rebasin.actors.http;

import akka.actor.typed.ActorSystem;
import akka.cluster.ClusterEvent.CurrentClusterState;
import akka.cluster.typed.Cluster;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.StreamSupport;

/** The members of the cluster that an actor system belongs to, in the order of their addresses. */
public final class ClusterMembers implements ClusterInfo {
  private final Cluster cluster;

  /** The members of a system's cluster. */
  public ClusterMembers(ActorSystem<?> system) {
    this.cluster = Cluster.get(system);
  }

  @Override
  public List<Member> members() {
    CurrentClusterState state = cluster.state();
    return StreamSupport.stream(state.getMembers().spliterator(), false)
        .map(
            member ->
                new Member(
                    member.address().toString(),
                    member.getRoles().stream()
                        .filter(role -> !role.startsWith("dc-"))
                        .sorted()
                        .toList(),
                    member.status().toString().toLowerCase(Locale.ROOT),
                    !state.getUnreachable().contains(member)))
        .sorted(Comparator.comparing(Member::address))
        .toList();
  }
}
