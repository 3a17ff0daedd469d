package org.rebasin.actors.federation;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.cluster.sharding.typed.ShardingEnvelope;
import akka.cluster.sharding.typed.javadsl.ClusterSharding;
import akka.cluster.sharding.typed.javadsl.Entity;
import akka.cluster.sharding.typed.javadsl.EntityTypeKey;
import akka.cluster.typed.ClusterSingleton;
import akka.cluster.typed.ClusterSingletonSettings;
import akka.cluster.typed.SingletonActor;
import org.rebasin.actors.job.JobEnvironment;
import org.rebasin.actors.job.JobsOnCluster;
import org.rebasin.actors.work.WorkQueue;

/**
 * The federations of a cluster: sharded by their names over the coordinators, which remember in the
 * journal which of them have not closed, so that they go on by themselves wherever the cluster is
 * started again. A node that coordinates nothing asks those that do.
 */
public final class FederationsOnCluster {
  private static final EntityTypeKey<Federation.Command> TYPE =
      EntityTypeKey.create(Federation.Command.class, "federation");

  private FederationsOnCluster() {}

  /**
   * Starts this node's part; once on each node, after {@link
   * org.rebasin.actors.job.JournalSchema#create}.
   *
   * @param queue takes the tasks of all federations
   */
  public static Federations start(ActorSystem<?> system, ActorRef<WorkQueue.Command> queue) {
    ClusterSharding sharding = ClusterSharding.get(system);
    ActorRef<FederationIndex.Command> index =
        ClusterSingleton.get(system)
            .init(
                SingletonActor.of(
                        FederationIndex.create(
                            JobEnvironment.Limits.of(system),
                            JobEnvironment.snapshotEvery(system, FederationEnvironment.SNAPSHOTS),
                            (name, command) ->
                                sharding.entityRefFor(TYPE, name.value()).tell(command)),
                        "federation-index")
                    .withStopMessage(new FederationIndex.Stop())
                    .withSettings(
                        ClusterSingletonSettings.create(system)
                            .withRole(JobsOnCluster.COORDINATOR)));
    FederationEnvironment environment = FederationEnvironment.of(system, queue, index);
    ActorRef<ShardingEnvelope<Federation.Command>> federations =
        sharding.init(
            Entity.of(
                    TYPE,
                    context ->
                        Federation.create(
                            new FederationName(context.getEntityId()),
                            environment.in(context.getShard())))
                .withRole(JobsOnCluster.COORDINATOR)
                .withStopMessage(new Federation.Stop())
                .withSettings(JobsOnCluster.remembered(system)));
    return new AskedFederations(system, federations, index);
  }
}
