package org.rebasin.actors.http;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.AskPattern;
import akka.cluster.ClusterEvent.CurrentClusterState;
import akka.cluster.typed.Cluster;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.stream.StreamSupport;
import org.rebasin.actors.work.QueueLoad;
import org.rebasin.actors.work.WorkQueue;

/** The members of the cluster that an actor system belongs to, in the order of their addresses. */
public final class ClusterMembers implements ClusterInfo {
  /** Less than anybody waits who watches. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final ActorSystem<?> system;
  private final Cluster cluster;
  private final ActorRef<WorkQueue.Command> queue;

  /**
   * The members of a system's cluster.
   *
   * @param queue of the cluster
   */
  public ClusterMembers(ActorSystem<?> system, ActorRef<WorkQueue.Command> queue) {
    this.system = system;
    this.cluster = Cluster.get(system);
    this.queue = queue;
  }

  @Override
  public CompletionStage<Optional<QueueLoad>> load() {
    return AskPattern.<WorkQueue.Command, QueueLoad>ask(
            queue, WorkQueue.Measure::new, PATIENCE, system.scheduler())
        .handle((load, late) -> Optional.ofNullable(load));
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
