package org.rebasin.actors.federation;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.cluster.sharding.typed.javadsl.ClusterSharding;
import java.time.Clock;
import java.util.Optional;
import org.rebasin.actors.job.JobEnvironment;
import org.rebasin.actors.work.WorkQueue;

/**
 * What a federation has around it.
 *
 * @param queue takes its tasks
 * @param index of all federations
 * @param shard what holds its actor, if it is sharded
 * @param limits of its tasks, as of a job's
 * @param snapshotEvery how many events after the last snapshot there is another; 0 for none
 */
public record FederationEnvironment(
    ActorRef<WorkQueue.Command> queue,
    ActorRef<FederationIndex.Command> index,
    Optional<ActorRef<ClusterSharding.ShardCommand>> shard,
    JobEnvironment.Limits limits,
    FederationBounds bounds,
    int snapshotEvery,
    Clock clock) {
  /** The setting that says how often there is a snapshot. */
  static final String SNAPSHOTS = "rebasin.federation.snapshot-every";

  /** As the configuration says. */
  static FederationEnvironment of(
      ActorSystem<?> system,
      ActorRef<WorkQueue.Command> queue,
      ActorRef<FederationIndex.Command> index) {
    return new FederationEnvironment(
        queue,
        index,
        Optional.empty(),
        JobEnvironment.Limits.of(system),
        FederationBounds.of(system.settings().config().getConfig("rebasin.federation")),
        JobEnvironment.snapshotEvery(system, SNAPSHOTS),
        Clock.systemUTC());
  }

  /** The same for one that is sharded. */
  FederationEnvironment in(ActorRef<ClusterSharding.ShardCommand> holder) {
    return new FederationEnvironment(
        queue, index, Optional.of(holder), limits, bounds, snapshotEvery, clock);
  }

  /** Has a federation leave memory, when no message is under way; one that is alone stays. */
  void sleep(ActorRef<Federation.Command> federation) {
    shard.ifPresent(holder -> holder.tell(new ClusterSharding.Passivate<>(federation)));
  }
}
